"""Why an answer ended, in OpenAI's words and the hub's."""

from __future__ import annotations

from limen.dialects.rendering import Rendering
from limen.model.response import FinishReason

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",  # Together, for some models.
    "length": "length",
    "model_length": "length",  # Mistral, at the end of the context.
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "insufficient_system_resource": "error",  # DeepSeek.
}
_WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}


def parse_reason(raw: str) -> FinishReason:
    """The hub's reason; `other` for a word that is not known."""
    return _REASONS.get(raw, "other")


def render_reason(reason: FinishReason, raw: str | None, rendering: Rendering, *, calls: bool = True) -> str:
    """OpenAI's word: this wire's own one if there was one, else the nearest; a lossy one is noted.

    `calls` says that this dialect knows calls of tools.
    """
    if rendering.same and raw is not None:
        return raw
    word = _WORDS.get(reason)
    if word is None or (reason == "tool_calls" and not calls):
        rendering.lose("finish_reason", f"{raw or reason} is said as stop")
        return "stop"
    return word
