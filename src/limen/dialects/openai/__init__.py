"""The dialects of OpenAI and of the many servers that took them over."""
