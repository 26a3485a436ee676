"""Why an answer ended, in Cohere's words and the hub's.

Source: https://docs.cohere.com/reference/chat (`finish_reason`); ERROR_TOXIC, ERROR_LIMIT and USER_CANCEL are version 1's.
"""

from __future__ import annotations

from limen.dialects.rendering import Rendering
from limen.model.response import FinishReason

_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop_sequence",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_TOXIC": "content_filter",
    "ERROR_LIMIT": "length",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "COMPLETE",
    "stop_sequence": "STOP_SEQUENCE",
    "length": "MAX_TOKENS",
    "tool_calls": "TOOL_CALL",
    "error": "ERROR",
}
_NEAREST: dict[FinishReason, str] = {"content_filter": "ERROR"}
"""An answer that was stopped must not look like a whole one."""


def parse_reason(raw: str) -> FinishReason:
    """The hub's reason; `other` for a word that is not known."""
    return _REASONS.get(raw, "other")


def render_reason(reason: FinishReason, raw: str | None, rendering: Rendering) -> str:
    """Cohere's word: the one that was there, else the nearest; a lossy one is noted."""
    if rendering.same and raw is not None:
        return raw
    word = _WORDS.get(reason)
    if word is None:
        word = _NEAREST.get(reason, "COMPLETE")
        rendering.lose("finish_reason", f"{raw or reason} is said as {word}")
    return word
