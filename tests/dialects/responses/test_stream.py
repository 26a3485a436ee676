"""The events of a stream, read."""

from typing import Any

import pytest

from limen.errors import FaultKind, MalformedReply
from limen.model.content import Refusal, ServerTool, Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart, Event, Failure, Finish, OpaqueEvent, Start, UsageReport
from openai_wire import collect, frames, said
from responses_wire import DIALECT, WIRE, answer, call, message, sse, told

PLACE = {"item_id": "i", "output_index": 0, "content_index": 0}
CREATED = told("response.created", response=answer(status="in_progress", usage=None))
END = told("response.completed", response=answer(message()))


def read(*events: dict[str, Any]) -> list[Event]:
    parser = DIALECT.stream_parser()
    found = [event for frame in frames(sse(*events)) for event in parser.feed(frame)]
    return [*found, *parser.close()]


def blocks(*events: dict[str, Any]) -> Any:
    return said(collect(read(CREATED, *events, END)))[0]


def test_what_was_not_announced_begins_with_its_first_piece() -> None:
    """Servers leave out parts, items, or all but the pieces."""
    text, no = (
        told("response.output_text.delta", delta="a", **PLACE),
        told("response.refusal.delta", delta="no", **PLACE),
    )
    arguments = told("response.function_call_arguments.delta", delta="{}", item_id="fc", output_index=0)
    think = told("response.reasoning_text.delta", delta="T", **PLACE)
    assert blocks(text) == [("Text", "a")]
    assert blocks(no) == [("Refusal", "no")]
    assert blocks(arguments) == [("ToolCall", "fc", "", "{}")]
    assert blocks(think) == [("Thinking", "T")]


def test_what_was_only_told_when_done_is_told_then() -> None:
    """Arguments, texts, whole items, or the whole answer at its end."""
    added = told("response.output_item.added", output_index=0, item=call(arguments=""))
    done = told("response.function_call_arguments.done", output_index=0, item_id="fc_1", arguments="{}")
    whole = told("response.output_item.done", output_index=0, item=call(arguments="{}"))
    assert blocks(added, done, whole) == blocks(added, whole) == blocks(whole) == [("ToolCall", "call_1", "add", "{}")]
    assert blocks(told("response.output_item.done", item=message())) == [("Text", "Hello")] == blocks()
    web = {"type": "web_search_call", "id": "w"}
    found = read(CREATED, told("response.output_item.done", output_index=0, item=web))
    assert BlockStart(0, ServerTool(WIRE, web)) in found
    part = told("response.content_part.added", **PLACE, part={"type": "output_text", "text": ""})
    assert blocks(part, told("response.output_text.done", **PLACE, text="a")) == [("Text", "a")]


def test_a_call_that_came_with_its_arguments_is_not_told_twice() -> None:
    """Nor is its first piece lost."""
    added = told("response.output_item.added", output_index=0, item=call())
    done = told("response.output_item.done", output_index=0, item=call())
    assert blocks(added, done) == [("ToolCall", "call_1", "add", '{"a":1}')]


def test_paragraphs_of_a_summary_are_apart() -> None:
    """As they are in the full answer; a second kind of thought is not mixed in."""
    place = {"item_id": "rs", "output_index": 0}
    pieces = [
        told("response.reasoning_summary_text.delta", **place, summary_index=0, delta="A"),
        told("response.reasoning_summary_part.added", **place, summary_index=1, part={}),
        told("response.reasoning_summary_text.delta", **place, summary_index=1, delta="B"),
        told("response.reasoning_text.delta", **place, content_index=0, delta="C"),
    ]
    assert blocks(*pieces) == [("Thinking", "A\n\nB")]


def test_citations_and_log_probabilities_come_with_their_text() -> None:
    """Each in the event of its frame."""
    note = told(
        "response.output_text.annotation.added", **PLACE, annotation={"type": "url_citation"}, annotation_index=0
    )
    piece = told("response.output_text.delta", **PLACE, delta="a", logprobs=[{"token": "a"}])
    deltas = [event for event in read(CREATED, piece, note) if isinstance(event, BlockDelta)]
    assert [(d.text, d.logprobs, d.citation) for d in deltas] == [
        ("a", [{"token": "a"}], None),
        ("", None, {"type": "url_citation"}),
    ]


def test_a_stream_begins_once_and_ends_with_its_last_event() -> None:
    """What follows is not read; an end without a beginning is both."""
    found = read(CREATED, CREATED, END, told("response.output_text.delta", **PLACE, delta="late"))
    assert [type(event) for event in found if not isinstance(event, BlockStart | BlockDelta)].count(Start) == 1
    assert isinstance(found[-1], OpaqueEvent)
    assert found[-1].empty
    ends = [event for event in read(END) if isinstance(event, Start | Finish | UsageReport)]
    assert [type(event) for event in ends] == [Start, Finish, UsageReport]


@pytest.mark.parametrize(
    "failure",
    [
        told("error", error={"code": "context_length_exceeded", "message": "too long"}),
        told("error", code="context_length_exceeded", message="too long", param=None),
        told(
            "response.failed",
            response=answer(status="failed", error={"code": "context_length_exceeded", "message": "too long"}),
        ),
    ],
)
def test_a_failure_is_told_once(failure: dict[str, Any]) -> None:
    """Though OpenAI tells it twice."""
    last = told("response.failed", response=answer(status="failed", error={"code": "server_error", "message": "m"}))
    faults = [event.fault for event in read(CREATED, failure, last) if isinstance(event, Failure)]
    assert [(fault.kind, fault.message) for fault in faults] == [(FaultKind.CONTEXT_TOO_LONG, "too long")]


def test_unknown_events_are_kept() -> None:
    """One that says something is no empty one; progress is."""
    found = read(CREATED, told("response.hologram", x=1), told("response.web_search_call.searching"), told("keepalive"))
    assert [(e.data["type"], e.empty) for e in found if isinstance(e, OpaqueEvent)] == [
        ("response.hologram", False),
        ("response.web_search_call.searching", True),
        ("keepalive", True),
    ]


def test_a_cut_stream_never_looks_whole() -> None:
    """Its open blocks are closed, but it has not ended; what can't be read is malformed."""
    parser = DIALECT.stream_parser()
    for frame in frames(sse(CREATED, told("response.output_text.delta", **PLACE, delta="a"))):
        parser.feed(frame)
    assert len(parser.close()) == 1
    assert not parser.ended
    for text in (b"data: {\n\n", b"data: []\n\n"):
        with pytest.raises(MalformedReply):
            parser.feed(frames(text)[0])
    assert next(parser.feed(frame) for frame in frames(b": hi\n\ndata: [DONE]\n\n")) == []


def test_shells_are_without_what_deltas_bring() -> None:
    """So that a block put together has its text once."""
    shells = [event.shell for event in read(CREATED, END) if isinstance(event, BlockStart)]
    assert [getattr(shell, "text", None) for shell in shells] == [""]
    assert not any(isinstance(shell, Refusal | Thinking | ToolCall) for shell in shells)
    assert isinstance(shells[0], Text)
