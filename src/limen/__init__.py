"""A gateway for large language models: one URL in front of every provider."""
