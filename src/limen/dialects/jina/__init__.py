"""Jina's dialects: embeddings, and the rerank that other servers took over."""
