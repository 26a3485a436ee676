"""The events of a stream, written."""

from typing import Any

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from limen.dialects.responses.stream_writer import write_frame
from limen.errors import TransportFault
from limen.model.content import Image, Opaque, Proof, Refusal, Source, Text, Thinking, ToolCall
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
from limen.model.losses import Losses
from limen.model.usage import Usage
from openai_wire import events, frames
from responses_wire import DIALECT, WIRE, answer, ask, datas, streamed, told, written

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
START = Start("chatcmpl-1", "m", "other", 7, "flex", Usage(input_uncached=3))
MIXED: list[Event] = [
    START,
    BlockStart(0, Thinking("")),
    BlockDelta(0, "Hm"),
    BlockDelta(0, "."),
    BlockDelta(0, proof=Proof("anthropic", "sig")),
    BlockStop(0),
    BlockStart(1, Text("")),
    BlockStart(2, ToolCall("c", "f", "")),
    BlockDelta(1, "He \u2028"),
    BlockDelta(2, '{"a"'),
    BlockDelta(1, "llo"),
    BlockDelta(2, ":1}"),
    BlockStop(2),
    BlockStop(1),
    BlockStart(3, Text("")),
    BlockStart(4, Refusal("")),
    BlockDelta(4, "no"),
    UsageReport(Usage(input_uncached=3, output_text=4)),
    Finish("tool_calls", "tool_use"),
]


def test_a_stream_has_the_whole_life_of_a_response() -> None:
    """Every event is one of OpenAI's own types, named and numbered in order; interleaved blocks keep their places."""
    said = written(MIXED)
    for number, frame in enumerate(said):
        event = EVENT.validate_json(frame.data)
        assert (event.sequence_number, event.type) == (number, frame.event)
    found = datas(said)
    last = found[-1]["response"]
    assert [item["type"] for item in last["output"]] == ["reasoning", "message", "function_call", "message"]
    assert [part.get("text", part.get("refusal")) for part in last["output"][3]["content"]] == ["", "no"]
    assert (last["output"][1]["content"][0]["text"], last["output"][2]["arguments"]) == ("He \u2028llo", '{"a":1}')
    assert (last["id"], last["status"], last["usage"]["total_tokens"], last["service_tier"]) == (
        "resp_1",
        "completed",
        7,
        "flex",
    )
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    assert sorted(done, key=lambda item: item["id"][-1]) == last["output"]


def test_half_a_surrogate_pair_is_written() -> None:
    """A server cut its stream inside an emoji."""
    found = written([START, BlockStart(0, Text("")), BlockDelta(0, "\ud83d"), Finish("stop")])
    assert any(b'"\\ud83d"' in frame.data for frame in found)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("length", "incomplete"), ("content_filter", "incomplete"), ("error", "failed"), ("other", "completed")],
)
def test_the_last_event_says_how_it_ended(reason: Any, kind: str) -> None:
    """A stream without a start or an end is given both."""
    losses = Losses()
    found = datas(written([BlockStart(0, Text("")), Finish(reason, stop_sequence="X")], losses=losses))
    assert (found[0]["type"], found[-1]["type"]) == ("response.created", f"response.{kind}")
    assert ("finish_reason" in losses, "stop_sequence" in losses) == (reason == "other", True)
    assert [event["type"] for event in datas(written([]))][-1] == "response.completed"


def test_what_has_no_place_is_lost_by_name() -> None:
    """Other choices, other dialects' blocks and events, pictures, log probabilities, late proofs."""
    losses = Losses()
    call = ToolCall("c", "f", "", extra={"odd": 1})
    found: list[Event] = [
        START,
        BlockStart(0, Text(""), choice=1),
        BlockDelta(0, "x", choice=1),
        Finish("stop", choice=1),
        BlockStart(0, Opaque("x", {})),
        BlockStart(1, Image(Source(url="u"))),
        BlockStart(2, call),
        BlockDelta(2, "{}", proof=Proof("gemini", "s")),
        BlockStart(3, Text("")),
        BlockDelta(3, "a", logprobs={}, citation={"page": 1}),
        BlockDelta(3, citation={"url": "u"}),
        OpaqueEvent("x", {}, "ping"),
        OpaqueEvent("x", {}, empty=True),
    ]
    said = datas(written(found, losses=losses))
    names = {"choices[1]", "choices[0].content[0]", "choices[0].content[1]", "choices[0].content[2].odd"}
    assert set(losses) == names | {"proof", "logprobs", "citations", "ping"}
    assert "response.output_text.annotation.added" in [event["type"] for event in said]


def test_an_item_of_this_wire_in_a_foreign_stream_is_told_at_once() -> None:
    """A provider that answers by itself may make one."""
    item = {"type": "web_search_call", "id": "w", "status": "completed"}
    found = datas(written([START, BlockStart(0, Opaque(WIRE, item)), BlockStop(0), Finish("stop")]))
    assert [event["type"] for event in found[2:4]] == ["response.output_item.added", "response.output_item.done"]
    assert found[-1]["response"]["output"] == [item]


def test_a_failure_ends_a_stream() -> None:
    """With both events, and the items that were whole; nothing follows."""
    text = [BlockStart(0, Thinking("")), BlockStop(0), Failure(TransportFault("reset"))]
    found = datas(written([START, *text]))
    assert [event["type"] for event in found[-2:]] == ["error", "response.failed"]
    assert (found[-1]["response"]["status"], len(found[-1]["response"]["output"])) == ("failed", 1)
    own = events(DIALECT, streamed())[:3]
    renderer = DIALECT.stream_renderer(ask(), Losses())
    out = b"".join([renderer.render(event) for event in [*own, Failure(TransportFault("reset"))]]) + renderer.end()
    assert [event["type"] for event in datas(frames(out))[-2:]] == ["error", "response.failed"]


def test_this_wires_own_failure_is_told_as_it_was() -> None:
    """Once."""
    parser = DIALECT.stream_parser()
    failed = told("response.failed", response=answer(status="failed", error={"code": "x", "message": "m"}))
    stream = write_frame("response.created", told("response.created", response=answer())) + write_frame(
        "response.failed", failed
    )
    found = [event for frame in frames(stream) for event in parser.feed(frame)]
    assert datas(written(found)) == datas(frames(stream))


def test_names_and_end_marks_are_kept() -> None:
    """A server that names no events, and one that ends as chat completions do."""
    stream = b"".join([b"data: " + frame.data + b"\n\n" for frame in frames(streamed())]) + b"data: [DONE]\n\n"
    again = written(events(DIALECT, stream))
    assert [(f.event, f.data == b"[DONE]") for f in again] == [(None, f.data == b"[DONE]") for f in frames(stream)]
