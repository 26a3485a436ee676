"""The kinds of work a gateway is asked for, and their names as types of endpoints: MLflow's three, and limen's own for rerank."""

from __future__ import annotations

from enum import StrEnum


class Operation(StrEnum):
    """One kind of work. The value is the word used in messages, headers and the catalog."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    RERANK = "rerank"
    COUNT_TOKENS = "count_tokens"


ENDPOINT_TYPES = {
    "llm/v1/chat": Operation.CHAT,
    "llm/v1/completions": Operation.COMPLETIONS,
    "llm/v1/embeddings": Operation.EMBEDDINGS,
    "llm/v1/rerank": Operation.RERANK,
}
