"""Voyage's dialects: embeddings and rerank."""
