"""Calls of functions, and their results."""

from typing import Any

import pytest

from gemini_wire import rendering
from limen.dialects.gemini.call_ids import Pairing, is_made
from limen.dialects.gemini.function_parts import number_call, render_call, render_result, take_call, take_result
from limen.dialects.seal import seal_id
from limen.model.content import CacheMark, Document, Image, Opaque, Proof, Refusal, Source, Text, ToolCall, ToolResult


@pytest.mark.parametrize(
    "call",
    [
        {"name": "f", "args": {"a": 1, "b": 10**30}},
        {"name": "f", "args": {}, "id": "x"},
        {"name": "f"},
        {"args": {}},
        {"name": "f", "args": None, "id": ""},
        {"name": "f", "args": {}, "will_continue": False, "more": [1]},
    ],
)
def test_calls_come_back(call: dict[str, Any]) -> None:
    """With and without what they may lack."""
    part = {"functionCall": call, "more": 1}
    taken = take_call(dict(part), [], None, Pairing())
    assert taken is not None
    rendered = render_call(taken, rendering("gemini"), "")
    if "args" in rendered["functionCall"] and not isinstance(call.get("args"), type(None)):
        rendered["functionCall"]["args"] = call["args"]
    assert rendered == part


@pytest.mark.parametrize("call", [None, [], {"args": "{}"}])
def test_other_shapes_are_no_call(call: Any) -> None:
    """They stay where they are."""
    assert take_call({"functionCall": call}, [], None, "") is None


def test_a_call_keeps_its_proof_or_brings_it_in_its_id() -> None:
    """A client that changed its dialect has it there."""
    name = seal_id("x", [], Proof("anthropic", "p"))
    taken = take_call({"functionCall": {"name": "f", "args": {}, "id": name}}, [], None, Pairing())
    assert taken is not None
    assert (taken.id, taken.proof) == ("x", Proof("anthropic", "p"))
    assert render_call(ToolCall("x", "f", "{}", proof=Proof("gemini", "s")), rendering(), "")["thoughtSignature"] == "s"


def test_calls_of_an_answer_are_numbered() -> None:
    """Those that Gemini gave no id."""
    taken = take_call({"functionCall": {"name": "f", "args": {}}}, [], None, "r1")
    assert taken is not None
    first, second = (number_call(taken, "r1", position) for position in (0, 1))
    assert first.id != second.id
    assert is_made(second.id)
    assert number_call(ToolCall("given", "f", ""), "r1", 2).id == "given"


@pytest.mark.parametrize(
    ("call", "args", "lost"),
    [
        (ToolCall("c", "f", ""), {}, []),
        (ToolCall("c", "f", ' {"a": 1}'), {"a": 1}, []),
        (ToolCall("c", "f", "[1]"), {"input": "[1]"}, ["at.arguments"]),
        (ToolCall("c", "f", "{oops"), {"input": "{oops"}, ["at.arguments"]),
        (ToolCall("c", "f", "*** patch", kind="custom"), {"input": "*** patch"}, ["at.arguments"]),
        (ToolCall("c", "f", "{}", cache=CacheMark()), {}, ["at.cache_control"]),
    ],
)
def test_arguments_are_an_object(call: ToolCall, args: Any, lost: list[str]) -> None:
    """Text that is none has a key of its own, and is named."""
    found = rendering()
    assert render_call(call, found, "at") == {"functionCall": {"name": "f", "args": args, "id": "c"}}
    assert list(found.losses) == lost


@pytest.mark.parametrize(
    ("response", "content", "is_error"),
    [
        ({"result": "fine"}, "fine", None),
        ({"output": "fine"}, "fine", None),
        ({"error": "bad"}, "bad", True),
        ({"error": {"x": 1}}, '{"error":{"x":1}}', True),
        ({"a": 1}, '{"a":1}', None),
        ({}, "{}", None),
    ],
)
def test_results_come_back(response: dict[str, Any], content: str, is_error: bool | None) -> None:
    """Text is taken out of the usual keys; anything else is its own JSON."""
    part = {"functionResponse": {"name": "f", "response": response}}
    taken = take_result({"functionResponse": dict(part["functionResponse"])}, [], Pairing())
    assert taken is not None
    assert (taken.content, taken.is_error, taken.name) == ((Text(content),), is_error, "f")
    rendered = render_result(taken, {}, rendering("gemini"), "")
    if isinstance(rendered["functionResponse"]["response"], dict):
        assert rendered == part
    else:
        assert bytes(rendered["functionResponse"]["response"]) == content.encode()


def test_media_in_results_are_blocks() -> None:
    """Each part of a result is a picture, a file, or kept whole."""
    parts = [{"inline_data": {"mime_type": "image/png", "data": "AA"}}, {"text": "x"}]
    part = {"functionResponse": {"name": "f", "id": "i", "parts": parts}}
    taken = take_result(dict(part), [], Pairing())
    assert taken is not None
    assert [type(block) for block in taken.content] == [Image, Opaque]
    assert render_result(taken, {}, rendering("gemini"), "") == part


@pytest.mark.parametrize("result", [None, {"response": "text"}])
def test_other_shapes_are_no_result(result: Any) -> None:
    """They stay where they are."""
    assert take_result({"functionResponse": result}, [], Pairing()) is None


@pytest.mark.parametrize(
    ("result", "response"),
    [
        (ToolResult("c", (Text("fine"),)), {"output": "fine"}),
        (ToolResult("c", (Text("a"), Text("b"))), {"output": "a\nb"}),
        (ToolResult("c", (Text('{"t": 5}'),)), {"t": 5}),
        (ToolResult("c", (Text('{"t": 5}'),), is_error=True), {"error": '{"t": 5}'}),
        (ToolResult("c", ()), {"output": ""}),
    ],
)
def test_other_dialects_results_are_wrapped(result: ToolResult, response: Any) -> None:
    """Text under `output`, errors under `error`; a JSON object is a response already."""
    part = render_result(result, {"c": "f"}, rendering(), "")
    assert part == {"functionResponse": {"name": "f", "response": response, "id": "c"}}


def test_what_a_result_can_not_hold_is_named() -> None:
    """A file of another provider's, a block of another kind, a mark for a cache."""
    content: Any = (Document(Source(file_id="f")), Refusal("no"), Image(Source(data="AA", media_type="image/png")))
    found = rendering()
    part = render_result(ToolResult("c", content, cache=CacheMark()), {}, found, "at")
    assert part["functionResponse"]["name"] == "c"
    assert part["functionResponse"]["parts"] == [{"inlineData": {"data": "AA", "mimeType": "image/png"}}]
    assert list(found.losses) == ["at.content[0]", "at.content[1]", "at.cache_control"]
