"""The frames of Cohere's chat stream as Cohere writes them; shared by what reads them and what writes them.

Source: https://docs.cohere.com/docs/streaming, and recordings.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.json_text import encode

FRAME = "frame"
"""In an event's `extra`: the whole frame it came from, where it is not written as below."""
SILENT = "silent"
"""In an event's `extra`: another event tells the frame that it came from."""
UNNAMED = "unnamed"
"""In the `extra` of Start: the frames came without ``event:`` lines."""

_START: dict[str, Any] = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}


def message_start(name: str) -> dict[str, Any]:
    """The first frame."""
    return {"id": name, "type": "message-start", "delta": {"message": _START}}


def content_start(index: int, kind: str) -> dict[str, Any]:
    """A text or a thought begins; `kind` is its type, and the key of its text."""
    return _framed("content-start", {"content": {"type": kind, kind: ""}}, index)


def content_delta(index: int, kind: str, text: str) -> dict[str, Any]:
    """More of it."""
    return _framed("content-delta", {"content": {kind: text}}, index)


def plan_delta(text: str) -> dict[str, Any]:
    """More of the plan."""
    return {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": text}}}


def call_start(index: int, call: dict[str, Any]) -> dict[str, Any]:
    """A call begins."""
    return _framed("tool-call-start", {"tool_calls": call}, index)


def call_delta(index: int, text: str) -> dict[str, Any]:
    """More of its arguments."""
    return _framed("tool-call-delta", {"tool_calls": {"function": {"arguments": text}}}, index)


def citation_start(index: int, citation: Any) -> dict[str, Any]:
    """A citation, whole."""
    return _framed("citation-start", {"citations": citation}, index)


def block_end(kind: str, index: int) -> dict[str, Any]:
    """A text, thought, call or citation ends; `kind` is the frame's type."""
    return {"type": kind, "index": index}


def message_end(reason: str, usage: Any) -> dict[str, Any]:
    """The last frame."""
    delta = {"finish_reason": reason} if usage is None else {"finish_reason": reason, "usage": usage}
    return {"type": "message-end", "delta": delta}


def _framed(kind: str, message: dict[str, Any], index: int) -> dict[str, Any]:
    return {"type": kind, "index": index, "delta": {"message": message}}


def written(frame: Any, name: str | None) -> bytes:
    """`frame` as bytes, under an ``event:`` line where it has a `name`."""
    head = b"data: " if name is None else b"event: " + name.encode() + b"\ndata: "
    return head + encode(frame) + b"\n\n"


DONE = b"data: [DONE]\n\n"
"""What follows the last frame."""
