"""Voyage's rerank: `top_k` bounds a list named `data`, and documents are given back as bare strings.

Source: https://docs.voyageai.com/reference/reranker-api, and recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.openai.errors import check_response, parse_error, render_error
from limen.dialects.rerank import RerankDialect, input_usage, text_of
from limen.errors import LimenError, ProviderReply
from limen.model.rerank import RerankResponse
from limen.model.usage import Usage


class VoyageRerank(RerankDialect):
    """``POST /v1/rerank`` at Voyage."""

    name: ClassVar[str] = "voyage_rerank"
    wire: ClassVar[str] = "voyage_rerank"
    top: ClassVar[str] = "top_k"
    also_top: ClassVar[str] = "top_n"
    results: ClassVar[str] = "data"
    also: ClassVar[tuple[str, ...]] = ("truncation",)

    def check_response(self, body: bytes) -> None:
        """Refuse a relayed answer that is none."""
        check_response(body)

    def parse_usage(self, raw: dict[str, Any]) -> Usage:
        """All tokens went in."""
        return input_usage(raw, self.wire)

    def put_usage(self, built: dict[str, Any], usage: Usage) -> None:
        """Their sum."""
        built["usage"] = usage.raw if usage.dialect == self.wire else {"total_tokens": usage.total}

    def put_head(self, built: dict[str, Any], response: RerankResponse) -> None:
        """The model."""
        built["object"] = "list"
        built["model"] = response.model

    def echo(self, document: Any) -> Any:
        """The bare text."""
        return text_of(document)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """OpenAI's shape."""
        return render_error(error)
