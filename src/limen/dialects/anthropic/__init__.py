"""The dialects of Anthropic's Messages API: conversations, and the count of their tokens."""
