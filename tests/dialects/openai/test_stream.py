"""What the frames of OpenAI's streams have in common, read."""

import json
from typing import Any

import pytest

from limen.dialects.openai.chat_stream import ChatStreamParser
from limen.dialects.openai.stream import BEFORE, CHOICES, FRAME, JOINED, Open, says_nothing, with_extra
from limen.errors import FaultKind, MalformedReply
from limen.model.content import Text
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

WIRE = "openai_chat"


def frame(value: Any, event: str | None = None) -> Frame:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Frame(data, b"", event)


def chunk(*choices: Any, **more: Any) -> Frame:
    return frame({"id": "c", "model": "m", "choices": list(choices), **more})


def delta(content: str | None = None, finish: str | None = None, index: int = 0) -> dict[str, Any]:
    return {"index": index, "delta": {} if content is None else {"content": content}, "finish_reason": finish}


def read(*frames: Frame, parser: ChatStreamParser | None = None) -> list[Event]:
    reader = parser or ChatStreamParser(WIRE)
    return [event for one in frames for event in reader.feed(one)]


def test_a_stream_has_one_start() -> None:
    """Whatever the number of choices."""
    found = read(chunk(delta("a"), delta("b", index=1)), chunk(delta("c")))
    assert [type(event) for event in found] == [Start, BlockStart, BlockDelta, BlockStart, BlockDelta, BlockDelta]
    assert [event.choice for event in found[1:]] == [0, 0, 1, 1, 0]  # type: ignore[union-attr]


def test_most_frames_are_one_event_with_no_extra() -> None:
    """The envelope is kept only where it differs from the first."""
    found = read(chunk(delta("a"), x=1), chunk(delta("b"), x=1), chunk(delta("c"), x=2))
    assert found[3] == BlockDelta(0, "b")
    assert found[4] == BlockDelta(0, "c", extra={FRAME: {"id": "c", "model": "m", "x": 2}})


def test_events_of_one_frame_know_of_each_other() -> None:
    """A renderer of the same wire puts them together again."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    found = read(chunk(delta("a")), chunk(delta("b", "stop"), usage=usage))
    assert [event.extra.get(JOINED, False) for event in found[3:] if not isinstance(event, BlockStop)] == [
        True,
        True,
        False,
    ]  # type: ignore[union-attr]
    assert isinstance(found[-1], UsageReport)


def test_an_answer_begins_when_it_has_a_name() -> None:
    """Azure tells about its prompt filter first, in a frame without id and model."""
    early = {"id": "", "model": "", "choices": [], "prompt_filter_results": [1]}
    found = read(frame(early), chunk(delta("a")))
    assert isinstance(found[0], Start)
    assert (found[0].id, found[0].model, found[0].extra[BEFORE]) == ("c", "m", [early])


def test_frames_that_say_nothing() -> None:
    """The first is part of the start; a later one is an event that nobody misses, unless something unknown is in it."""
    role = {"index": 0, "delta": {"role": "assistant", "content": ""}}
    odd = {"index": 0, "delta": {"sound": "QQ=="}}
    found = read(chunk(role), chunk(role), chunk(odd))
    assert found[0].extra[CHOICES] == [role]  # type: ignore[union-attr]
    assert [(event.empty, event.data["choices"]) for event in found[1:] if isinstance(event, OpaqueEvent)] == [
        (True, [role]),
        (False, [odd]),
    ]
    assert says_nothing({"text": ""})


def test_the_first_frame_may_say_nothing_at_all() -> None:
    """It is kept with the start, and comes back."""
    found = read(chunk(), chunk(delta("a")))
    assert found[0].extra[CHOICES] == []  # type: ignore[union-attr]


def test_the_end_marker_ends_a_stream() -> None:
    """What is open is closed, and what follows is not read."""
    parser = ChatStreamParser(WIRE)
    assert read(chunk(delta("a")), frame(b"[DONE] "), frame(b"not JSON"), parser=parser)[-1] == BlockStop(0)
    assert parser.ended
    assert parser.close() == []


@pytest.mark.parametrize(("last", "ended"), [((0, 1), True), ((0,), False), ((), False)])
def test_without_a_marker_every_choice_must_have_ended(last: tuple[int, ...], ended: bool) -> None:
    """Some servers leave it out; a cut answer must not pass for a whole one."""
    parser = ChatStreamParser(WIRE)
    read(chunk(delta("a"), delta("b", index=1)), *[chunk(delta(None, "stop", index)) for index in last], parser=parser)
    assert not parser.ended
    stops = parser.close()
    assert parser.ended == ended
    assert len(stops) == 2 - len(last)


def test_a_stream_of_nothing_has_not_ended() -> None:
    """No frame, no answer."""
    parser = ChatStreamParser(WIRE)
    assert parser.close() == []
    assert not parser.ended


@pytest.mark.parametrize(
    ("value", "event", "kind", "status"),
    [
        ({"error": {"message": "m", "code": 429}}, None, FaultKind.RATE_LIMITED, 429),
        ({"error": {"message": "m", "type": "overloaded_error"}}, "error", FaultKind.OVERLOADED, 502),
        ({"error": "m", "choices": []}, None, FaultKind.OVERLOADED, 502),
        ({"message": "m"}, "error", FaultKind.OVERLOADED, 502),
    ],
)
def test_an_error_frame_is_a_failure(value: Any, event: str | None, kind: FaultKind, status: int) -> None:
    """With the kind and status that it tells, and its bytes."""
    (found,) = read(frame(value, event))
    assert isinstance(found, Failure)
    assert (found.fault.message, found.fault.kind, found.fault.status) == ("m", kind, status)


def test_an_error_beside_choices_is_no_failure() -> None:
    """A null, or a warning next to an answer."""
    assert isinstance(read(chunk(delta("a"), error=None))[0], Start)
    assert isinstance(read(chunk(delta("a"), error={"message": "slow"}))[0], Start)


@pytest.mark.parametrize("data", [b"{", b"[1]", b"1", b"\xff", b'{"choices":[1]}', b'{"choices":["x"],"id":"y"}'])
def test_a_frame_that_cannot_be_read_is_malformed(data: bytes) -> None:
    """It is not skipped: something of the answer would be missing."""
    with pytest.raises(MalformedReply):
        read(frame(data))


def test_comments_and_unknown_frames() -> None:
    """A comment is nothing; a frame without choices is kept whole, with its name."""
    assert read(frame(b"")) == []
    assert read(frame({"ping": 1}, "ping")) == [OpaqueEvent(WIRE, {"ping": 1}, "ping")]


def test_blocks_open_and_close_in_turn() -> None:
    """Text of the same kind goes on in the same block."""
    state, out = Open(2), []
    assert state.block("a", Text(""), out) == 0
    assert state.block("a", Text(""), out) == 0
    assert state.block("b", Text(""), out) == 1
    state.stop(out)
    state.stop(out)
    assert out == [BlockStart(0, Text(""), 2), BlockStop(0, 2), BlockStart(1, Text(""), 2), BlockStop(1, 2)]


def test_extras_add_up() -> None:
    """An event may get more of them."""
    assert with_extra(Finish("stop", extra={"a": 1}), {"b": 2}) == Finish("stop", extra={"a": 1, "b": 2})
