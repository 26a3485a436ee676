"""Streams that are pulled piece by piece."""

from collections.abc import AsyncIterator, Callable

import pytest

from limen.answers import EventStream, RelayedStream, Translation
from limen.dialects.base import StreamParser
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.model.content import Text
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Failure, Finish, Start
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.sse import Frame

CHAT = OpenAIChat()
FAULT = ProviderReply("gone", status=503, kind=FaultKind.OVERLOADED)
START: list[Event] = [Start("id", "m", "openai_chat"), BlockStart(0, Text("")), BlockDelta(0, "Hi")]


class Recorded:
    """A reply whose bytes are known."""

    status = 200
    headers = ()
    closed = False

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = [*chunks, b""]
        self.flowing: list[bytes] = []

    async def flow(self, sink: Callable[[bytes], bool]) -> None:
        while self.flowing and sink(self.flowing.pop(0)):
            pass

    async def read(self, limit: int | None = None) -> bytes:
        return b"".join(self.chunks)

    async def chunk(self) -> bytes:
        return self.chunks.pop(0)

    def close(self) -> None:
        self.closed = True


def stream(*events: Event) -> EventStream:
    async def given() -> AsyncIterator[Event]:
        for event in events:
            yield event

    renderer = CHAT.stream_renderer(ChatRequest("m", (), "openai_chat", stream=True), Losses())
    return EventStream(given(), renderer, CHAT)


async def pulled(source: EventStream | RelayedStream) -> bytes:
    return b"".join([piece async for piece in pieces(source)])


async def pieces(source: EventStream | RelayedStream) -> AsyncIterator[bytes]:
    while piece := await source.pull():
        yield piece


async def test_events_become_frames_and_the_end_marker() -> None:
    """A whole stream of events is a whole stream of the client's dialect."""
    out = await pulled(stream(*START, BlockStop(0), Finish("stop", "stop")))
    assert b'"content":"Hi"' in out
    assert out.endswith(b"data: [DONE]\n\n")


async def test_a_failure_event_is_raised() -> None:
    """A failure inside the events is the stream's failure; what came before it was given."""
    source = stream(*START, Failure(FAULT))
    with pytest.raises(ProviderReply):
        await pulled(source)


CUT = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
WHOLE = (
    CUT + b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


def translated(*chunks: bytes, parser: StreamParser | None = None) -> tuple[RelayedStream, Recorded]:
    reply = Recorded(*chunks)
    renderer = CHAT.stream_renderer(ChatRequest("m", (), "openai_chat", stream=True), Losses())
    translation = Translation(CHAT.stream_framer(), parser or CHAT.stream_parser(), renderer)
    return RelayedStream(reply, translation, CHAT, []), reply


async def test_a_translation_is_the_same_however_it_is_split() -> None:
    """Byte by byte as well as whole."""
    whole, _ = translated(WHOLE)
    pieces, _ = translated(*[WHOLE[at : at + 1] for at in range(len(WHOLE))])
    assert await pulled(whole) == await pulled(pieces)


async def test_a_translation_that_ends_early_is_broken_and_closed() -> None:
    """Bytes that end before the dialect's end marker are a cut answer; the connection is let go of."""
    source, reply = translated(CUT)
    assert await source.pull()
    with pytest.raises(MalformedReply, match="end marker"):
        await source.pull()
    await source.close()
    assert reply.closed


async def test_an_error_inside_a_translated_stream_is_its_fault() -> None:
    """What came before it was given; nothing after it is."""
    source, _ = translated(CUT + b'data: {"error":{"message":"no","code":"overloaded"}}\n\n' + CUT)
    assert (await source.pull()).count(b'"a"') == 1
    with pytest.raises(ProviderReply):
        await source.pull()


async def test_a_failure_of_limens_own_is_not_lost() -> None:
    """It comes out where somebody waits, not in the event loop that delivers the bytes."""

    class Broken:
        ended = False

        def feed(self, frame: Frame) -> list[Event]:
            raise ZeroDivisionError

        def close(self) -> list[Event]:
            return []

    source, _ = translated(CUT, parser=Broken())
    with pytest.raises(ZeroDivisionError):
        await source.pull()
    flowing, reply = translated(parser=Broken())
    reply.flowing = [CUT]
    await flowing.flow(lambda piece: True)
    with pytest.raises(ZeroDivisionError):
        await flowing.pull()
