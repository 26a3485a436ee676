"""The frames of a streamed answer, read."""

import msgspec
import pytest

from cohere_wire import COHERE
from limen.errors import MalformedReply
from limen.model.content import Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Failure, Finish, OpaqueEvent, Start
from limen.wire.sse import Frame

START = {"id": "a", "type": "message-start", "delta": {"message": {"role": "assistant"}}}


def read(*told: object) -> list[Event]:
    parser = COHERE.stream_parser()
    frames = [Frame(msgspec.json.encode(each), b"", "x") for each in told]
    return [event for frame in frames for event in parser.feed(frame)] + parser.close()


def test_a_plan_ends_where_a_call_begins() -> None:
    """It has no frames for its own beginning and end."""
    plan = {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I"}}}
    item = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
    call = {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": item}}}
    more = {
        "type": "tool-call-delta",
        "index": 0,
        "delta": {"message": {"tool_calls": {"function": {"arguments": "}"}}}},
    }
    found = read(START, plan, call, more, {"type": "tool-call-end", "index": 0})
    assert [type(event) for event in found] == [
        *(Start, BlockStart, BlockDelta, BlockStop, BlockStart, BlockDelta, BlockDelta, BlockStop)
    ]
    assert isinstance(found[1].shell, Thinking)  # type: ignore[union-attr]
    assert isinstance(found[4].shell, ToolCall)  # type: ignore[union-attr]
    assert "".join(event.text for event in found[5:7]) == "{}"  # type: ignore[union-attr]


def test_a_citation_belongs_to_the_text_that_is_open() -> None:
    """It is a piece of its own."""
    text = {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}
    cited = {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"start": 0}}}}
    found = read(START, text, cited, {"type": "citation-end", "index": 0})
    assert isinstance(found[1], BlockStart)
    assert found[1].shell == Text("")
    assert isinstance(found[2], BlockDelta)
    assert found[2].citation == {"start": 0}
    assert isinstance(found[3], OpaqueEvent)
    assert found[3].empty


def test_an_error_at_the_end_is_a_failure() -> None:
    """So that no client takes it for an answer."""
    delta = {"finish_reason": "ERROR", "usage": {}, "error": "invalid tool generation", "error_type": "X"}
    found = read(START, {"type": "message-end", "delta": delta})
    assert isinstance(found[-1], Failure)
    assert found[-1].fault.message == "invalid tool generation"


def test_a_bare_error_is_a_failure() -> None:
    """An error of the API in the place of an event."""
    assert isinstance(read({"message": "no"})[-1], Failure)


def test_a_stream_without_a_beginning_gets_one() -> None:
    """Events of the hub begin with Start."""
    found = read({"type": "debug", "prompt": "x"}, {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}})
    assert [type(event) for event in found] == [Start, OpaqueEvent, Finish]


@pytest.mark.parametrize("data", [b"{", b"[]", b"1"])
def test_what_is_no_object_is_malformed(data: bytes) -> None:
    """Nothing else is."""
    with pytest.raises(MalformedReply):
        COHERE.stream_parser().feed(Frame(data, b""))
