"""Why an answer ended, in Gemini's words and the hub's. Source: https://ai.google.dev/api/generate-content#FinishReason."""

from __future__ import annotations

from typing import Any

from limen.dialects.rendering import Rendering
from limen.model.response import FinishReason

NUMBER = "number"
"""Mark: the reason was written as a number of the enumeration, as clients with ``enum-encoding=int`` get it."""

_REFUSED: FinishReason = "content_filter"
_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "1": "stop",
    "MAX_TOKENS": "length",
    "2": "length",
    "SAFETY": _REFUSED,
    "3": _REFUSED,
    "RECITATION": _REFUSED,
    "4": _REFUSED,
    "BLOCKLIST": _REFUSED,
    "PROHIBITED_CONTENT": _REFUSED,
    "SPII": _REFUSED,
    "MODEL_ARMOR": _REFUSED,
    "IMAGE_SAFETY": _REFUSED,
    "IMAGE_PROHIBITED_CONTENT": _REFUSED,
    "IMAGE_RECITATION": _REFUSED,
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "error": "OTHER",
    "other": "OTHER",
}


def take_reason(candidate: dict[str, Any]) -> tuple[str | None, bool]:
    """The word of `candidate`, taken out of it, and whether it was a number. None if the candidate goes on."""
    value = candidate.get("finishReason")
    if isinstance(value, str) and value and not value.isdecimal():
        del candidate["finishReason"]
        return value, False
    if type(value) is int and value > 0:
        del candidate["finishReason"]
        return str(value), True
    return None, False


def parse_reason(raw: str, *, calls: bool) -> FinishReason:
    """The hub's reason. Gemini says STOP for an answer that ends in calls, too."""
    reason = _REASONS.get(raw, "other")
    return "tool_calls" if calls and reason == "stop" else reason


def render_reason(reason: FinishReason, raw: str | None, rendering: Rendering, *, number: bool = False) -> Any:
    """Gemini's own word if there was one, else the nearest; a lossy one is noted."""
    if rendering.same and raw is not None:
        return int(raw) if number and raw.isdecimal() else raw
    word = _WORDS.get(reason)
    if word is None or reason == "error":
        rendering.lose("finish_reason", f"{raw or reason} is said as {word or 'STOP'}")
    return word or "STOP"
