"""Streams that are pulled piece by piece."""

from collections.abc import AsyncIterator

import pytest

from limen.answers import EventStream, read_events
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.model.content import Text
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Failure, Finish, Start
from limen.model.losses import Losses
from limen.model.request import ChatRequest

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


async def pulled(source: EventStream) -> bytes:
    return b"".join([piece async for piece in pieces(source)])


async def pieces(source: EventStream) -> AsyncIterator[bytes]:
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


async def test_a_parsed_reply_that_ends_early_is_broken_and_closed() -> None:
    """Bytes that end before the dialect's end marker are a cut answer; the connection is let go of."""
    reply = Recorded(b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
    with pytest.raises(MalformedReply, match="end marker"):
        [event async for event in read_events(reply, CHAT.stream_framer(), CHAT.stream_parser())]
    assert reply.closed


async def test_closing_a_stream_closes_its_source() -> None:
    """A stream that is given up lets go of the provider's connection."""
    reply = Recorded(b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', b": x\n\n")
    renderer = CHAT.stream_renderer(ChatRequest("m", (), "openai_chat", stream=True), Losses())
    source = EventStream.from_reply(reply, CHAT, renderer, CHAT, [])
    assert await source.pull()
    await source.close()
    assert reply.closed
