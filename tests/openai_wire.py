"""What the tests of OpenAI's dialects share: fixtures, exact comparison, streams in any split, and streams put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from limen.dialects.base import AnyDialect
from limen.model.content import NOTHING, Block
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start, UsageReport
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from limen.wire.sse import Frame, Framer

FIXTURES = Path(__file__).parent / "fixtures" / "openai"
CHAT = sorted(
    path.name for path in FIXTURES.iterdir() if path.is_dir() and path.name not in ("completion", "embeddings")
)
STREAMED = [name for name in CHAT if (FIXTURES / name / "stream.sse").exists()]


def fixture(case: str, name: str) -> bytes:
    """The bytes of a fixture."""
    return (FIXTURES / case / name).read_bytes()


def exact(text: bytes) -> str:
    """JSON in one canonical spelling: key order aside, 1 is not 1.0 and null is not absent."""
    return json.dumps(json.loads(text), sort_keys=True, ensure_ascii=True)


def request_again(dialect: AnyDialect, body: bytes) -> bytes:
    """A request, parsed and rendered; nothing may be lost."""
    losses = Losses()
    rendered = dialect.render_request(dialect.parse_request(body), losses)
    assert not losses, losses
    return rendered


def response_again(dialect: AnyDialect, body: bytes) -> bytes:
    """A full answer, parsed and rendered; nothing may be lost."""
    losses = Losses()
    rendered = dialect.render_response(dialect.parse_response(body), losses)
    assert not losses, losses
    return rendered


def frames(data: bytes, cuts: Iterable[int] = ()) -> list[Frame]:
    """The frames of `data`, fed in pieces that end at `cuts`."""
    framer, found, start = Framer(), [], 0
    for end in [*sorted(cuts), len(data)]:
        found += framer.feed(data[start:end])
        start = end
    rest = framer.close()
    return found if rest is None else [*found, rest]


def events(dialect: AnyDialect, data: bytes, cuts: Iterable[int] = ()) -> list[Event]:
    """The events of a whole stream, which must have come to its end."""
    parser = dialect.stream_parser()
    found = [event for frame in frames(data, cuts) for event in parser.feed(frame)]
    found += parser.close()
    assert parser.ended
    return found


def rendered(dialect: AnyDialect, found: Sequence[Event], *, usage: bool = True, losses: Losses | None = None) -> bytes:
    """Events as a stream for a client that wants usage, or does not."""
    request = ChatRequest("m", (), "test", stream_usage=usage)
    renderer = dialect.stream_renderer(request, losses if losses is not None else Losses())
    return b"".join(renderer.render(event) for event in found) + renderer.end()


def chunks(data: bytes) -> list[str]:
    """What a stream says, frame by frame, in the canonical spelling; the end marker is there whether it was sent or not."""
    said = [frame.data.strip() for frame in frames(data) if frame.data]
    return [exact(text) for text in said if text != b"[DONE]"] + ["[DONE]"]


class _Building:
    """One choice of a stream that is being put together."""

    def __init__(self) -> None:
        self.shells: dict[int, Block] = {}
        self.texts: dict[int, str] = {}
        self.more: dict[int, list[BlockDelta]] = {}
        self.finish: Finish | None = None

    def blocks(self) -> tuple[Block, ...]:
        """The blocks, whole."""
        return tuple(self._block(number) for number in self.shells)

    def _block(self, number: int) -> Block:
        shell: Any = self.shells[number]
        text = self.texts.get(number)
        if text is None:
            return shell  # type: ignore[no-any-return]
        name = "arguments" if hasattr(shell, "arguments") else "text"
        return msgspec.structs.replace(shell, **{name: text})  # type: ignore[no-any-return]


def collect(found: Sequence[Event]) -> ChatResponse:
    """A stream put together, as far as the tests need it: blocks in order, reasons, the last usage."""
    start: Start | None = None
    usage: Usage | None = None
    choices: dict[int, _Building] = {}
    for event in found:
        match event:
            case Start():
                assert start is None
                start = event
            case BlockStart():
                building = choices.setdefault(event.choice, _Building())
                assert event.block not in building.shells
                building.shells[event.block] = event.shell
            case BlockDelta():
                building = choices[event.choice]
                building.texts[event.block] = building.texts.get(event.block, "") + event.text
            case BlockStop():
                assert event.block in choices[event.choice].shells
            case Finish():
                choices.setdefault(event.choice, _Building()).finish = event
            case UsageReport():
                usage = event.usage
    assert start is not None
    whole = tuple(_choice(index, building) for index, building in sorted(choices.items()))
    return ChatResponse(start.id, start.model, whole, start.dialect, usage, start.created, start.service_tier)


def _choice(index: int, building: _Building) -> Choice:
    end = building.finish
    return Choice(index, building.blocks(), end and end.reason, end and end.raw)


def said(response: ChatResponse) -> list[list[tuple[str, ...]]]:
    """The text of each block of each choice, without extras, for comparing a stream with a full answer."""
    return [[_said(block) for block in choice.blocks] for choice in response.choices]


def _said(block: Any) -> tuple[str, ...]:
    kind = type(block).__name__
    if kind == "ToolCall":
        return kind, block.id, block.name, block.arguments
    return kind, getattr(block, "text", "")


def bare(block: Any) -> Any:
    """`block` without its extra."""
    if not hasattr(block, "extra"):
        return block
    return msgspec.structs.replace(block, extra=NOTHING)
