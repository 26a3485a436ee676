"""The events of a stream, read."""

from typing import Any

import pytest

from bedrock_wire import DIALECT, STREAM, encoded, events, messages, rendered, said
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.model.content import Text, Thinking, ToolCall
from limen.model.events import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    Finish,
    OpaqueEvent,
    Start,
    UsageReport,
)
from limen.wire.event_stream import encode_event, encode_exception, encode_message, header_block


def test_blocks_have_a_beginning_and_an_end() -> None:
    """Though the wire has no event for the beginning of a text or a thought."""
    found = events(encoded(STREAM))
    assert [type(event) for event in found] == [
        *(Start, BlockStart, BlockDelta, BlockDelta, BlockStop),
        *(BlockStart, BlockDelta, BlockDelta, BlockStop),
        *(BlockStart, BlockDelta, BlockDelta, BlockStop, Finish, UsageReport),
    ]
    shells = [type(event.shell) for event in found if isinstance(event, BlockStart)]
    assert shells == [Thinking, Text, ToolCall]
    assert [event.block for event in found if isinstance(event, BlockStop)] == [0, 1, 2]


def delta(index: Any, **what: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": what}


END = [("messageStop", {"stopReason": "end_turn"}), ("metadata", {"usage": {}})]


@pytest.mark.parametrize(
    "told",
    [
        [delta(0, text="a"), delta(1, text="b"), delta(0, text="c"), *END],
        [delta(0, reasoningContent={"text": "a"}), delta(0, text="b"), delta(5, text="c"), *END],
        [delta(0, text="a"), delta(0, citation={"location": {}}), delta(1, citation={}), delta(1, text="x"), *END],
        [delta(0, reasoningContent={"redactedContent": "aGk="}), *END],
        [delta(0, new=1), delta(0), delta("x", text="a"), delta(0, toolUse={"input": "x"}), *END],
        [("contentBlockStart", {"contentBlockIndex": 0, "start": {}}), delta(0, text="a"), *END],
        [
            ("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolResult": {"toolUseId": "i"}}}),
            delta(0, toolResult=[{"text": "x"}]),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            *END,
        ],
        [("contentBlockStop", {"contentBlockIndex": 9}), ("tomorrow", {"x": 1}), *END],
        [("messageStart", {"role": "user"}), END[1], END[0]],
        [("messageStart", {"role": "assistant"}), ("messageStop", {}), *END],
        [("metadata", {"metrics": {}}), END[0]],
    ],
)
def test_odd_streams_come_back(told: list[tuple[str, dict[str, Any]]]) -> None:
    """Blocks side by side, kinds that change under one index, tools that Bedrock runs, events of tomorrow."""
    data = encoded(told)
    found = events(data)
    assert said(rendered(found)) == said(data)
    open_blocks: set[int] = set()
    for event in found:
        if isinstance(event, BlockStart):
            assert event.block not in open_blocks
            open_blocks.add(event.block)
        elif isinstance(event, BlockStop):
            open_blocks.remove(event.block)
        elif isinstance(event, BlockDelta):
            assert event.block in open_blocks
    assert not open_blocks


def test_an_empty_beginning_tells_nothing() -> None:
    """Another dialect does without it, and nothing is missed."""
    found = events(encoded([("contentBlockStart", {"contentBlockIndex": 0, "start": {}}), *END]))
    assert [event.empty for event in found if isinstance(event, OpaqueEvent)] == [True]


def test_a_cut_stream_does_not_look_whole() -> None:
    """Up to the event that ends the message; the usage alone may be missing, as from those who imitate Bedrock."""
    for cut in range(len(STREAM)):
        parser = DIALECT.stream_parser()
        for message in messages(encoded(STREAM[:cut])):
            parser.feed(message)
        parser.close()
        assert parser.ended == (cut > 11), cut


def feed(data: bytes) -> list[Event]:
    parser = DIALECT.stream_parser()
    return [event for message in messages(data) for event in parser.feed(message)]


def test_an_exception_ends_the_stream() -> None:
    """With the kind and the status that its name tells."""
    (failure,) = feed(encode_exception("throttlingException", b'{"message":"slow down"}'))
    assert isinstance(failure, Failure)
    fault = failure.fault
    assert isinstance(fault, ProviderReply)
    assert (fault.kind, fault.status, fault.message) == (FaultKind.RATE_LIMITED, 429, "slow down")
    error = encode_message(header_block({":message-type": "error", ":error-code": "X", ":error-message": "oh"}), b"")
    (failure,) = feed(error)
    assert isinstance(failure, Failure)
    assert failure.fault.message == "oh"


def test_what_can_not_be_read_is_refused() -> None:
    """A payload that is no JSON object."""
    for payload in (b"{", b"[]"):
        with pytest.raises(MalformedReply):
            feed(encode_event("contentBlockDelta", payload))
    assert feed(encode_event("contentBlockDelta", b"")) == []
