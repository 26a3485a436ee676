"""The rerank of Jina, which vLLM, llama.cpp, Infinity, Together and others took over, some with version 1 of Cohere's in mind.

So its answers have what a client of either looks for: `usage`, and `meta` where Cohere gave one.

Sources: https://api.jina.ai/redoc, https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (re-rank API), and
recordings of llama.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.openai.errors import parse_error, render_error
from limen.dialects.rerank import RerankDialect, input_usage
from limen.errors import LimenError, ProviderReply
from limen.model.rerank import RerankResponse
from limen.model.usage import Usage


class JinaRerank(RerankDialect):
    """``POST /v1/rerank``."""

    name: ClassVar[str] = "jina_rerank"
    wire: ClassVar[str] = "jina_rerank"
    takes_objects: ClassVar[bool] = True

    def parse_usage(self, raw: dict[str, Any]) -> Usage:
        """All tokens went in."""
        return input_usage(raw, self.wire)

    def put_usage(self, built: dict[str, Any], usage: Usage) -> None:
        """As `usage`, and what Cohere billed as `meta`."""
        if usage.dialect == self.wire:
            built["usage"] = usage.raw
            return
        built["usage"] = {"prompt_tokens": usage.input_total, "total_tokens": usage.total}
        if "billed_units" in usage.raw:
            built["meta"] = usage.raw

    def put_head(self, built: dict[str, Any], response: RerankResponse) -> None:
        """The model and, where there is one, an id."""
        built["object"] = "list"
        if response.id:
            built["id"] = response.id
        built["model"] = response.model

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """As servers of OpenAI's dialect, most of those that speak this one, tell it."""
        return render_error(error)
