"""Streams, read."""

import pytest

from limen.dialects.ollama.stream import OllamaStreamParser
from limen.errors import MalformedReply
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
from limen.wire.sse import Frame
from ollama_wire import HEAD, lines

WIRE = "ollama_chat"
SAID = {"role": "assistant", "content": ""}
CALL = {"function": {"name": "f", "arguments": {"b": 1, "a": 10**30}}}


def read(*values: object) -> tuple[list[Event], OllamaStreamParser]:
    parser = OllamaStreamParser(WIRE, chat=True)
    found = [event for line in lines(*values).splitlines() for event in parser.feed(Frame(line, line))]
    return found + parser.close(), parser


def test_a_stream_becomes_blocks() -> None:
    """Thoughts, text and whole calls, each a block; then the reason and the counts."""
    found, parser = read(
        {**HEAD, "message": {**SAID, "thinking": "Hm"}, "done": False},
        {**HEAD, "message": {**SAID, "thinking": "."}, "done": False},
        {**HEAD, "message": {**SAID, "content": "x"}, "done": False},
        {**HEAD, "message": {**SAID, "tool_calls": [CALL, CALL]}, "done": False},
        {**HEAD, "message": SAID, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4},
    )
    assert parser.ended
    assert [type(event) for event in found] == [
        *(Start, BlockStart, BlockDelta, BlockDelta, BlockStop),
        *(BlockStart, BlockDelta, BlockStop),
        *(BlockStart, BlockDelta, BlockStop, BlockStart, BlockDelta, BlockStop),
        *(Finish, UsageReport),
    ]
    shells = [event.shell for event in found if isinstance(event, BlockStart)]
    assert shells[:2] == [Thinking(""), Text("")]
    assert isinstance(shells[2], ToolCall)
    assert isinstance(shells[3], ToolCall)
    assert shells[2].id != shells[3].id
    assert "".join(event.text for event in found if isinstance(event, BlockDelta) and event.block == 2) == (
        '{"b": 1, "a": 1000000000000000000000000000000}'
    )
    assert [(event.reason, event.raw) for event in found if isinstance(event, Finish)] == [("tool_calls", "stop")]


def test_a_line_that_says_nothing_is_kept() -> None:
    """For the same wire; others may skip it."""
    found, parser = read({**HEAD, "message": SAID, "done": False})
    assert isinstance(found[1], OpaqueEvent)
    assert found[1].empty
    assert not parser.ended


def test_an_error_is_a_failure() -> None:
    """At any point."""
    found, _ = read({"error": "no", "status": 400})
    assert isinstance(found[0], Failure)
    assert found[0].fault.status == 400


def test_what_follows_the_end_is_nothing() -> None:
    """The last line is the last."""
    found, _ = read({"done": True}, {"error": "late"})
    assert not any(isinstance(event, Failure) for event in found)


@pytest.mark.parametrize("data", [b"7", b"{", b"data: {}"])
def test_what_is_no_object_is_malformed(data: bytes) -> None:
    """A line that can't be read is not passed over."""
    with pytest.raises(MalformedReply):
        OllamaStreamParser(WIRE, chat=True).feed(Frame(data, data))
