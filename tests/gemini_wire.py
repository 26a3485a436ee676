"""What the tests of Gemini's dialect share: short conversations, answers and streams, and the dialect's frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from limen.dialects.base import AnyDialect
from limen.dialects.gemini.chat import GeminiChat
from limen.dialects.rendering import Rendering
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from openai_wire import frames

DIALECT: AnyDialect = GeminiChat()


def dumped(value: Any) -> bytes:
    """A value as JSON."""
    return json.dumps(value).encode()


def asking(*parts: Any, **more: Any) -> bytes:
    """A request with one turn of the user's."""
    return dumped({"contents": [{"role": "user", "parts": list(parts) or [{"text": "Hi"}]}], **more})


def answering(*parts: Any, **more: Any) -> dict[str, Any]:
    """An answer with one candidate."""
    candidate = {"content": {"parts": list(parts), "role": "model"}, "finishReason": "STOP", "index": 0, **more}
    return {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1"}


def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
    """A chunk of a stream, which goes on."""
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}
    return {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1"}


def streamed(*chunks: Any) -> bytes:
    """Chunks as server-sent events."""
    return b"".join([b"data: " + dumped(each) + b"\r\n\r\n" for each in chunks])


def said(stream: bytes) -> list[Any]:
    """The chunks of a stream."""
    return [json.loads(frame.data) for frame in frames(stream) if frame.data]


def written(request: ChatRequest, losses: Losses | None = None) -> dict[str, Any]:
    """A request as this dialect's body."""
    body: dict[str, Any] = json.loads(DIALECT.render_request(request, Losses() if losses is None else losses))
    return body


def rendering(origin: str = "other", *, answer: bool = False, losses: Losses | None = None) -> Rendering:
    """A rendering into this wire."""
    return Rendering("gemini", origin, Losses() if losses is None else losses, answer=answer)


def rendered(found: Sequence[Event], dialect: AnyDialect = DIALECT, losses: Losses | None = None) -> bytes:
    """Events as a stream."""
    renderer = dialect.stream_renderer(ChatRequest("m", (), "test"), Losses() if losses is None else losses)
    return b"".join([renderer.render(event) for event in found]) + renderer.end()


def parsed(stream: bytes, cuts: Iterable[int] = ()) -> list[Event]:
    """The events of a stream."""
    parser = DIALECT.stream_parser()
    found = [event for frame in frames(stream, cuts) for event in parser.feed(frame)]
    return found + parser.close()
