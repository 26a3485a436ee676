"""What the frames of OpenAI's streams have in common, written."""

import json
from typing import Any

from msgspec.structs import replace

from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.stream_writer import is_bare
from limen.model.content import Proof, Text, ToolCall
from limen.model.events import BlockDelta, BlockStart, BlockStop, Finish, OpaqueEvent, Start, UsageReport
from limen.model.losses import Losses
from limen.model.usage import Usage
from openai_wire import chunks, collect, events, fixture, frames, rendered, said

DIALECT = OpenAIChat()
START = Start("i", "m", "other", 7)
HELLO = [START, BlockStart(0, Text("")), BlockDelta(0, "Hi"), BlockStop(0), Finish("stop", "end")]


def told(found: Any, **options: Any) -> list[Any]:
    return [json.loads(text) for text in chunks(rendered(DIALECT, found, **options))[:-1]]


def test_each_event_of_another_dialect_is_a_frame() -> None:
    """Starts and stops of text are unsaid; the envelope is in every frame."""
    said = told(HELLO)
    assert [{key: value for key, value in chunk.items() if key != "choices"} for chunk in said] == [
        {"id": "i", "object": "chat.completion.chunk", "created": 7, "model": "m"}
    ] * 3
    assert [chunk["choices"][0] for chunk in said] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None},
        {"index": 0, "delta": {"content": "Hi"}, "logprobs": None, "finish_reason": None},
        {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"},
    ]


def test_the_text_is_encoded_whatever_it_is() -> None:
    """The bytes round it are made once; quotes, controls, half surrogate pairs and the cutting mark itself go through."""
    texts = ['"\\\n\x00\u2028', "\ud83d", "", "\x00limen\x00", "é" * 1000]
    found = [START, BlockStart(0, Text("")), *[BlockDelta(0, text) for text in texts], Finish("stop")]
    assert [chunk["choices"][0]["delta"].get("content") for chunk in told(found)[1:-1]] == texts


def test_another_wires_envelope_means_nothing_here() -> None:
    """Its events are frames of their own, whatever their extra says."""
    found = events(DIALECT, fixture("tools", "stream.sse"))
    assert isinstance(found[0], Start)
    told_twice = [replace(found[0], dialect="other"), *found[1:]]
    again = events(DIALECT, rendered(DIALECT, told_twice))
    assert said(collect(again)) == said(collect(found))
    assert rendered(DIALECT, told_twice).count(b'"role"') == 1


def test_usage_comes_last_and_only_if_it_was_asked_for() -> None:
    """Other dialects report it at the start and in between; here it is one frame, with the latest figures."""
    found = [
        replace(START, usage=Usage(input_uncached=5)),
        *HELLO[1:],
        UsageReport(Usage(input_uncached=5, output_text=1)),
    ]
    last = told(found)[-1]
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 6)
    assert all("usage" not in chunk for chunk in told(found, usage=False))


def test_usage_of_the_same_wire_is_hidden_where_it_was_not_asked_for() -> None:
    """The frame that was there for it alone goes; one that says more stays."""
    stream = fixture("plain", "stream.sse")
    shown = chunks(rendered(DIALECT, events(DIALECT, stream), usage=False))
    assert shown == [*chunks(stream)[:-2], "[DONE]"]
    both = {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}
    found = events(DIALECT, f"data: {json.dumps(both)}\n\ndata: [DONE]\n\n".encode())
    del both["usage"]
    assert told(found, usage=False) == [both]


def test_a_changed_event_is_written_as_changed() -> None:
    """A policy that rewrites text is not undone by what was kept of the wire."""
    found = events(DIALECT, fixture("reasoning", "stream.sse"))
    changed = [replace(event, text="***") if isinstance(event, BlockDelta) and event.text else event for event in found]
    out = rendered(DIALECT, changed)
    assert b"***" in out
    assert b'"content":"6"' not in out


def test_a_frame_whose_rest_was_taken_out_is_told() -> None:
    """A policy may drop the last of the events that came together."""
    both = {"id": "c", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}
    found = events(DIALECT, f"data: {json.dumps(both)}\n\n".encode())
    left = [event for event in found if not isinstance(event, Finish)]
    assert told(left)[0]["choices"][0]["delta"] == {"content": "a"}


def test_opaque_events_go_home_only() -> None:
    """Verbatim to their own wire; elsewhere a loss, unless they say nothing."""
    losses = Losses()
    own = OpaqueEvent("openai_chat", {"ping": 1}, "ping")
    others = [OpaqueEvent("other", {}, "ping"), OpaqueEvent("other", {}, empty=True)]
    assert told([START, own, *others], losses=losses) == [{"ping": 1}]
    assert [name for name, _ in losses.items()] == ["ping"]


def test_what_has_no_place_is_named_once() -> None:
    """A stop sequence, a citation, log probabilities, a reason that bends."""
    losses = Losses()
    found = [
        START,
        BlockStart(0, Text("", extra={"odd": 1})),
        BlockDelta(0, "a", citation={"x": 1}),
        BlockDelta(0, "b", logprobs=[1]),
        Finish("pause", "pause_turn", stop_sequence="X"),
    ]
    assert [chunk["choices"][0]["delta"].get("content") for chunk in told(found, losses=losses)] == ["", "a", "b", None]
    assert sorted(name for name, _ in losses.items()) == [
        "choices[0].content[0].odd",
        "content.citations",
        "finish_reason",
        "logprobs",
        "stop_sequence",
    ]


def test_a_stream_of_nothing_still_ends() -> None:
    """With the end marker."""
    assert rendered(DIALECT, []) == b"data: [DONE]\n\n"
    assert [frame.data for frame in frames(rendered(DIALECT, [START]))] == [b"[DONE]"]


def test_only_text_is_bare() -> None:
    """Whatever else came with it needs a frame of its own making."""
    assert is_bare(BlockDelta(0, "x"))
    assert not is_bare(BlockDelta(0, "x", proof=Proof("i", "v")))
    assert not is_bare(BlockDelta(0, citation=1))


def test_parallel_choices_each_have_a_role() -> None:
    """Told before their first piece, a call as well as a text."""
    found = [
        START,
        BlockStart(0, Text(""), 0),
        BlockStart(0, ToolCall("c", "f", ""), 1),
        BlockDelta(0, "{}", 1),
        BlockDelta(0, "a", 0),
        Finish("stop", choice=0),
        Finish("tool_calls", choice=1),
        Finish("length", choice=2),
    ]
    roles = [(c["choices"][0]["index"], c["choices"][0]["delta"].get("role")) for c in told(found)]
    assert [index for index, role in roles if role] == [0, 1, 2]
    assert roles[1] == (1, "assistant")
