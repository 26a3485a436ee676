"""Why an answer ended, in Ollama's words and the hub's. An answer that calls tools ends with ``stop`` there.

Source: github.com/ollama/ollama, llm/server.go (`DoneReason`: stop, length), server/routes.go (load, unload).
"""

from __future__ import annotations

from limen.dialects.rendering import Rendering
from limen.model.response import FinishReason

_WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "tool_calls": "stop",
    "length": "length",
}


def parse_reason(raw: str, *, calls: bool) -> FinishReason:
    """The hub's reason; `calls` says that tools were called."""
    if raw == "stop":
        return "tool_calls" if calls else "stop"
    return "length" if raw == "length" else "other"


def render_reason(reason: FinishReason, raw: str | None, stop_sequence: str | None, rendering: Rendering) -> str:
    """Ollama's word: its own one if there was one, else the nearest; a lossy one is named."""
    if rendering.same and raw is not None:
        return raw
    if stop_sequence is not None:
        rendering.lose("stop_sequence", "Ollama does not tell which one was hit")
    word = _WORDS.get(reason)
    if word is None:
        rendering.lose("finish_reason", f"{raw or reason} is said as stop")
    return word or "stop"
