"""Cohere's own dialects: chat (v2), embeddings and rerank."""
