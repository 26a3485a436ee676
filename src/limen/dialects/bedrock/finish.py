"""Why an answer ended, in Bedrock's words and the hub's. Source: the API reference of Converse, `stopReason`."""

from __future__ import annotations

from limen.dialects.rendering import Rendering
from limen.model.response import FinishReason

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    "model_context_window_exceeded": "length",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}


def parse_reason(raw: str) -> FinishReason:
    """The hub's reason; `other` for a word that is not known."""
    return _REASONS.get(raw, "other")


def render_reason(reason: FinishReason, raw: str | None, rendering: Rendering) -> str:
    """Bedrock's word: its own one if there was one, else the nearest; a lossy one is noted."""
    if rendering.same and raw is not None:
        return raw
    word = _WORDS.get(reason)
    if word is None:
        rendering.lose("finish_reason", f"{raw or reason} is said as end_turn")
        return "end_turn"
    return word
