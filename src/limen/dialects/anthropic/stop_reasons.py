"""Why an answer ended, in Anthropic's words and the hub's.

Source: platform.claude.com, "Handling stop reasons".
"""

from __future__ import annotations

from limen.dialects.rendering import Rendering
from limen.model.response import FinishReason

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "content_filter",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_calls": "tool_use",
    "pause": "pause_turn",
    "content_filter": "refusal",
}


def parse_reason(raw: str) -> FinishReason:
    """The hub's reason; `other` for a word that is not known."""
    return _REASONS.get(raw, "other")


def render_reason(reason: FinishReason, raw: str | None, rendering: Rendering, *, calls: bool, refused: bool) -> str:
    """Anthropic's word: this wire's own one if there was one, else the nearest; a lossy one is noted.

    `calls`: the answer calls tools, which some servers end with a plain stop, and Anthropic's clients go by the
    reason alone. `refused`: the model declined in its own words.
    """
    if rendering.same and raw is not None:
        return raw
    if reason == "stop" and calls:
        return "tool_use"
    if reason == "stop" and refused:
        return "refusal"
    word = _WORDS.get(reason)
    if word is None:
        rendering.lose("stop_reason", f"{raw or reason} is said as end_turn")
        return "end_turn"
    return word
