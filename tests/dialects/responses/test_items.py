"""The items of a conversation, read."""

from typing import Any

import pytest

from limen.dialects.members import LenientMembers
from limen.dialects.responses.items import parse_item, parse_items
from limen.dialects.seal import seal_id, seal_proof
from limen.errors import BadRequest
from limen.model.content import Opaque, Proof, ServerTool, Text, Thinking, ToolCall, ToolResult
from openai_wire import bare
from responses_wire import WIRE, call, message, thought

FOREIGN = Proof("anthropic", "sig")


def read(*items: Any) -> list[tuple[str, tuple[Any, ...]]]:
    return [(m.role, tuple([bare(block) for block in m.blocks])) for m in parse_items(list(items), "input", WIRE)]


def test_items_of_the_model_in_a_row_are_one_turn() -> None:
    """What a client says ends it."""
    web = {"type": "web_search_call", "id": "ws_1"}
    assert read(
        {"role": "user", "content": "Q"}, thought(), message(), call(), web, {"role": "developer", "content": []}
    ) == [
        ("user", (Text("Q"),)),
        (
            "assistant",
            (
                Thinking("Hm.", Proof(WIRE, "gAAAA", "rs_1")),
                Text("Hello"),
                ToolCall("call_1", "add", '{"a":1}'),
                ServerTool(WIRE, web),
            ),
        ),
        ("developer", ()),
    ]


def test_outputs_are_results() -> None:
    """A string or parts; a custom tool's too; other outputs are kept whole."""
    parts = [{"type": "input_text", "text": "b"}]
    shell = {"type": "local_shell_call_output", "id": "s", "output": "x"}
    found = read(
        {"type": "function_call_output", "call_id": "c", "output": "a"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": parts, "id": "o"},
        shell,
    )
    assert found == [
        ("tool", (ToolResult("c", (Text("a"),)),)),
        ("tool", (ToolResult("c", (Text("b"),)),)),
        ("user", (Opaque(WIRE, shell),)),
    ]


def test_a_thought_is_what_is_shown_of_it() -> None:
    """Its content before its summary; sealed ones belong to who issued them; nothing but a proof is redacted."""
    content = [{"type": "reasoning_text", "text": "A"}, {"type": "reasoning_text", "text": "B"}]
    foreign = thought(encrypted_content=seal_proof(FOREIGN), summary=[])
    found = parse_items([thought(content=content, encrypted_content=None), foreign], "input", WIRE)[0].blocks
    assert [bare(block) for block in found] == [Thinking("A\n\nB"), Thinking("", FOREIGN, redacted=True)]
    assert dict(found[0].extra) == {"summary": "Hm."}  # type: ignore[union-attr]


def test_what_travelled_in_a_calls_id_is_opened() -> None:
    """Thoughts come before the call, once, and the call has its proof again; so does the output's id."""
    sealed = seal_id("c", [Thinking("Hm.", FOREIGN)], FOREIGN)
    output = {"type": "function_call_output", "call_id": sealed, "output": ""}
    found = read(call(call_id=sealed), call(call_id=sealed), output)
    bound = ToolCall("c", "add", '{"a":1}', proof=FOREIGN)
    assert found == [("assistant", (Thinking("Hm.", FOREIGN), bound, bound)), ("tool", (ToolResult("c", (Text(""),)),))]


WRONG: list[tuple[Any, str]] = [
    (1, "input[0]"),
    ({}, "input[0].type"),
    ({"type": 3}, "input[0].type"),
    ({"role": "robot", "content": ""}, "input[0].role"),
    ({"type": "message", "content": ""}, "input[0].role"),
    ({"role": "user", "content": 1}, "input[0].content"),
    ({"role": "user", "content": [{}]}, "input[0].content[0].type"),
    ({"type": "function_call", "name": "f", "arguments": ""}, "input[0].call_id"),
    ({"type": "function_call", "call_id": "c", "name": "f"}, "input[0].arguments"),
    ({"type": "function_call_output", "output": ""}, "input[0].call_id"),
    ({"type": "function_call_output", "call_id": "c", "output": {}}, "input[0].output"),
]


@pytest.mark.parametrize(("item", "param"), WRONG)
def test_a_client_is_told_where_it_is_wrong(item: Any, param: str) -> None:
    """A provider's odd item is kept whole."""
    with pytest.raises(BadRequest) as error:
        parse_items([item], "input", WIRE)
    assert error.value.param == param
    assert parse_item(item, "output", WIRE, LenientMembers).blocks == (Opaque(WIRE, item),)


def test_a_message_of_unknown_parts_is_kept_whole() -> None:
    """A lone part would be taken for an item; the same for one without content."""
    odd = message(content=[{"type": "output_text", "text": "a"}, {"type": "output_hologram"}])
    for item in (odd, message(content=[]), message(content=None)):
        assert read(item) == [("assistant", (Opaque(WIRE, item),))]
