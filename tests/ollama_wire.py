"""What the tests of Ollama's dialects share: bodies, streams in any split, and what crosses to another dialect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from limen.dialects.base import AnyDialect
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest

HEAD = {"model": "m", "created_at": "2026-01-02T03:04:05.678901234Z"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def lines(*values: Any) -> bytes:
    """Values as lines of JSON."""
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def events(dialect: AnyDialect, data: bytes, cuts: Iterable[int] = ()) -> list[Event]:
    """The events of a whole stream, fed in pieces that end at `cuts`."""
    framer, parser, start = dialect.stream_framer(), dialect.stream_parser(), 0
    frames = []
    for end in [*sorted(cuts), len(data)]:
        frames += framer.feed(data[start:end])
        start = end
    rest = framer.close()
    found = [event for frame in (*frames, *([rest] if rest else [])) for event in parser.feed(frame)]
    found += parser.close()
    assert parser.ended
    return found


def rendered(dialect: AnyDialect, found: Sequence[Event], losses: Losses | None = None) -> list[Any]:
    """Events as the lines that a client gets."""
    renderer = dialect.stream_renderer(ChatRequest("m", (), "test"), Losses() if losses is None else losses)
    return parsed(b"".join(renderer.render(event) for event in found) + renderer.end())


def parsed(data: bytes) -> list[Any]:
    """The value of each line."""
    return [json.loads(line) for line in data.splitlines() if line.strip()]
