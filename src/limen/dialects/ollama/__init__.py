"""Ollama's own API: chat, generate and two kinds of embeddings. Streams are lines of JSON."""
