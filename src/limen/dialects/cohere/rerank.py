"""Cohere's rerank, version 2: texts in, places and scores out; documents are not given back.

Source: https://docs.cohere.com/reference/rerank.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.cohere.errors import check_answer, parse_error, render_error
from limen.dialects.cohere.usage import parse_usage, render_meta
from limen.dialects.rerank import RerankDialect
from limen.errors import LimenError, ProviderReply
from limen.model.rerank import RerankResponse
from limen.model.usage import Usage


class CohereRerank(RerankDialect):
    """``POST /v2/rerank``."""

    name: ClassVar[str] = "cohere_rerank"
    wire: ClassVar[str] = "cohere_rerank"
    usage: ClassVar[str] = "meta"
    returns_documents: ClassVar[bool] = False
    also: ClassVar[tuple[str, ...]] = ("max_tokens_per_doc", "relevant_spans", "priority")

    def check_response(self, body: bytes) -> None:
        """Refuse a relayed answer that is none."""
        check_answer(body, "results")

    def parse_usage(self, raw: dict[str, Any]) -> Usage:
        """`meta` counts searches, and sometimes tokens."""
        return parse_usage(raw, self.wire)

    def put_usage(self, built: dict[str, Any], usage: Usage) -> None:
        """As `meta`."""
        built["meta"] = render_meta(usage, self.wire)

    def put_head(self, built: dict[str, Any], response: RerankResponse) -> None:
        """An id; the model is not told."""
        built["id"] = response.id or ""

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"message": …}``."""
        return render_error(error)
