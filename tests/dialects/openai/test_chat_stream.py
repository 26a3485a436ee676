"""The deltas of a streamed chat answer, read."""

import json
from typing import Any

import pytest

from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.chat_stream import ChatStreamParser
from limen.model.content import Opaque, Proof, Refusal, Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish
from limen.wire.sse import Frame
from openai_wire import bare, chunks, collect, events, rendered

WIRE = "openai_chat"


def stream(*deltas: dict[str, Any], finish: str = "stop", **beside: Any) -> bytes:
    """Deltas as a whole stream, each in a frame."""
    choices = [{"index": 0, "delta": delta, **beside, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, **beside, "finish_reason": finish})
    said = [json.dumps({"id": "c", "model": "m", "choices": [choice]}) for choice in choices]
    return "".join(f"data: {text}\n\n" for text in [*said, "[DONE]"]).encode()


def blocks(*deltas: dict[str, Any]) -> list[Any]:
    """The blocks that deltas make, without extras; on the way, that they come back as they were."""
    data = stream(*deltas)
    found = events(OpenAIChat(), data)
    assert chunks(rendered(OpenAIChat(), found)) == chunks(data)
    return [bare(block) for block in collect(found).choices[0].blocks]


def call(index: int | None, arguments: str | None, **more: Any) -> dict[str, Any]:
    function = {} if arguments is None else {"arguments": arguments}
    if "name" in more:
        function["name"] = more.pop("name")
    return {**({} if index is None else {"index": index}), **more, "function": function}


def calls(*pieces: dict[str, Any]) -> dict[str, Any]:
    return {"tool_calls": list(pieces)}


def test_each_kind_of_text_has_its_block() -> None:
    """In the order in which they came; what is interrupted goes on in a new block."""
    assert blocks(
        {"role": "assistant", "content": ""},
        {"reasoning_content": "h", "content": None},
        {"reasoning_content": "m"},
        {"content": "a"},
        {"refusal": "no"},
        {"content": "b"},
    ) == [Thinking("hm"), Text("a"), Refusal("no"), Text("b")]


def test_thoughts_and_text_in_one_delta() -> None:
    """Thoughts come first."""
    assert blocks({"reasoning": "hm", "content": "a", "refusal": "no"}) == [Thinking("hm"), Text("a"), Refusal("no")]


@pytest.mark.parametrize(
    "pieces",
    [
        # OpenAI: id and name first, arguments in pieces.
        [
            calls(call(0, "", id="a", type="function", name="f")),
            calls(call(0, "{")),
            calls(call(0, "}")),
            calls(call(1, "[]", id="b", name="g")),
        ],
        # All at once, in one frame.
        [calls(call(0, "{}", id="a", type="function", name="f"), call(1, "[]", id="b", type="function", name="g"))],
        # Mistral: no index.
        [calls(call(None, "{}", id="a", name="f"), call(None, "[]", id="b", name="g"))],
        # The same index for all: the id tells.
        [calls(call(0, "{}", id="a", name="f")), calls(call(0, "[", id="b", name="g")), calls(call(0, "]", id="b"))],
        # Pieces with nulls, and without arguments.
        [
            calls(call(0, "{", id="a", name="f")),
            calls(call(0, "}", id=None, type=None, name=None)),
            calls(call(0, None)),
            calls(call(1, "[]", id="b", name="g")),
        ],
        # No index and no id in later pieces.
        [calls(call(None, "{", id="a", name="f")), calls(call(None, "}")), calls(call(None, "[]", id="b", name="g"))],
        # Indices that begin at one.
        [calls(call(1, "{}", id="a", name="f")), calls(call(2, "[]", id="b", name="g"))],
        # Arguments that are null at first.
        [
            calls({"index": 0, "id": "a", "function": {"name": "f", "arguments": None}}),
            calls(call(0, "{}")),
            calls(call(1, "[]", id="b", name="g")),
        ],
        # Pieces in turns.
        [
            calls(call(0, "", id="a", name="f")),
            calls(call(1, "[", id="b", name="g")),
            calls(call(0, "{}")),
            calls(call(1, "]")),
        ],
    ],
)
def test_calls_are_told_apart(pieces: list[dict[str, Any]]) -> None:
    """However a server numbers them, these are two calls; and they come back numbered as they were."""
    assert blocks(*pieces) == [ToolCall("a", "f", "{}"), ToolCall("b", "g", "[]")]


def test_calls_of_other_types() -> None:
    """Custom tools take free text; a type that is not known is kept as it is."""
    assert blocks(
        calls({"index": 0, "id": "a", "type": "custom", "custom": {"name": "note", "input": ""}}),
        calls({"index": 0, "custom": {"input": "x"}}),
        calls({"index": 1, "id": "b", "type": "computer", "computer": {"x": 1}}),
        calls({"index": 1, "computer": {"y": 1}}),
    ) == [ToolCall("a", "note", "x", kind="custom"), ToolCall("b", "computer", "", kind="computer")]


def test_the_call_of_old() -> None:
    """A call like any other, and back in old words; an empty one is none."""
    assert blocks(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": "{"}},
        {"function_call": {"arguments": "}"}},
    ) == [ToolCall("call_f", "f", "{}")]
    assert blocks({"function_call": {"name": "f"}}, {"function_call": {"arguments": "{}"}}) == [
        ToolCall("call_f", "f", "{}")
    ]
    assert blocks({"content": "a", "function_call": {"name": "", "arguments": ""}}) == [Text("a")]


def test_signed_thoughts_are_proof() -> None:
    """Alone or with the text; details that are open text are text where there is no other."""
    signed = [{"type": "reasoning.text", "signature": "s", "index": 0}]
    data = stream({"reasoning": "hm"}, {"content": "", "reasoning_details": signed}, {"content": "a"})
    proofs = [event.proof for event in events(OpenAIChat(), data) if isinstance(event, BlockDelta)]
    assert proofs == [None, Proof(WIRE, json.dumps(signed, separators=(",", ":"))), None]
    assert blocks({"reasoning_details": [{"text": "hm"}]}, {"reasoning_details": signed}, {"content": "a"}) == [
        Thinking("hm"),
        Text("a"),
    ]


def test_parts_in_content() -> None:
    """Mistral streams thoughts and references so."""
    assert blocks(
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}]},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "m"}], "closed": True},
                {"type": "text", "text": "a"},
            ]
        },
        {"content": [{"type": "reference", "ids": [1]}]},
        {"content": "b"},
    ) == [Thinking("hm"), Text("a"), Opaque(WIRE, {"type": "reference", "ids": [1]}), Text("b")]


def test_odd_parts_are_kept() -> None:
    """A list with something in it that is no part is not taken apart; a frame's pieces of one call stay apart."""
    assert blocks({"content": [None]}, {"content": [{"type": "text", "text": "a"}, 1]}, {"content": "b"}) == [Text("b")]
    assert blocks(calls(call(0, "{", id="a", name="f")), calls({"type": "function"}, call(0, "}"))) == [
        ToolCall("a", "f", "{}")
    ]


def test_annotations_belong_to_the_text() -> None:
    """Each is a citation of its own."""
    data = stream({"content": "a"}, {"content": "", "annotations": [{"x": 1}, {"x": 2}]})
    found = events(OpenAIChat(), data)
    assert [event.citation for event in found if isinstance(event, BlockDelta)] == [None, {"x": 1}, {"x": 2}]
    assert chunks(rendered(OpenAIChat(), found)) == chunks(data)


def test_logprobs_belong_to_the_piece_they_came_with() -> None:
    """Not to the frame."""
    data = stream({"content": "a"}, {"role": "assistant"}, logprobs={"content": [{"token": "a"}]})
    found = events(OpenAIChat(), data)
    assert [event.logprobs for event in found if isinstance(event, BlockDelta)] == [{"content": [{"token": "a"}]}]
    assert chunks(rendered(OpenAIChat(), found)) == chunks(data)


def test_the_last_text_may_come_with_the_reason() -> None:
    """The block closes before the choice does."""
    choice = {"index": 0, "delta": {"content": "a"}, "finish_reason": "length"}
    found = ChatStreamParser(WIRE).feed(Frame(json.dumps({"id": "c", "choices": [choice]}).encode(), b""))
    assert [type(event) for event in found[1:]] == [BlockStart, BlockDelta, BlockStop, Finish]
    finish: Event = found[-1]
    assert isinstance(finish, Finish)
    assert (finish.reason, finish.raw) == ("length", "length")


@pytest.mark.parametrize(
    "choice",
    [
        {"delta": None},
        {},
        {"delta": [1]},
        {"delta": {"content": 5, "tool_calls": "x", "refusal": [], "annotations": {}}},
        {"index": "0", "delta": {"tool_calls": [1]}},
    ],
)
def test_odd_choices_are_kept(choice: dict[str, Any]) -> None:
    """They say nothing that can be understood, and come back as they were, finished or not."""
    for finish in (None, "stop"):
        said = json.dumps({"id": "c", "choices": [{**choice, "finish_reason": finish}]})
        data = f"data: {stream_head()}\n\ndata: {said}\n\ndata: [DONE]\n\n".encode()
        assert chunks(rendered(OpenAIChat(), events(OpenAIChat(), data))) == chunks(data)


def stream_head() -> str:
    return json.dumps({"id": "c", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]})
