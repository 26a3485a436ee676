"""The items of a conversation, written."""

from typing import Any

import pytest

from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.dialects.responses.item_writer import TurnWriter, render_message
from limen.dialects.responses.items import parse_items
from limen.model.content import CacheMark, Image, Opaque, Proof, Source, Text, Thinking, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import Message
from openai_wire import exact
from responses_wire import WIRE, call, message, thought

ITEMS: list[Any] = [
    {"role": "user", "content": "Q"},
    {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Q"}],
        "id": "m",
        "status": "completed",
    },
    {"role": "system", "content": [], "x": 1},
    {"role": "developer"},
    {"role": "user", "content": None},
    {"role": "user", "content": [{"type": "hologram"}]},
    {"role": "assistant", "content": "A"},
    {"role": "assistant", "content": ""},
    message(phase="commentary"),
    message(content=[{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}]),
    thought(),
    thought(content=[{"type": "reasoning_text", "text": "A"}], encrypted_content=None),
    call(),
    call(arguments={"a": 1}, namespace="n"),
    {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "text"},
    {"type": "function_call_output", "call_id": "c", "output": "a"},
    {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "a"}], "status": None},
    {"type": "custom_tool_call_output", "call_id": "c", "output": "a"},
    {"type": "web_search_call", "id": "ws_1"},
    {"type": "mcp_approval_response", "approve": True},
    {"id": "msg_1"},
]


def test_items_come_back() -> None:
    """Alone, and all together in turns."""
    for items in [[item] for item in ITEMS] + [ITEMS]:
        losses = Losses()
        rendering = Rendering(WIRE, WIRE, losses)
        messages = parse_items(list(items), "input", WIRE)
        again = [item for i, m in enumerate(messages) for item in render_message(m, i, rendering)]
        assert exact(encode(again)) == exact(encode(items))
        assert not losses


def write(*blocks: Any, role: Any = "assistant", plain: bool = False) -> tuple[list[Any], list[str]]:
    losses = Losses()
    found = render_message(Message(role, blocks, plain=plain), 0, Rendering(WIRE, "other", losses))
    return found, list(losses)


def test_another_dialects_turn_becomes_items() -> None:
    """Texts in a row are one message; a thought goes only where it is from, a call's proof too."""
    own, foreign = Proof(WIRE, "gAAAA", "rs_1"), Proof("anthropic", "sig")
    blocks = (
        Thinking("T", own),
        Thinking("F", foreign),
        Thinking("N"),
        Text("a"),
        Text("b"),
        ToolCall("c", "f", "{}", proof=foreign),
    )
    found, lost = write(*blocks)
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in "ab"]
    assert found == [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "T"}],
            "encrypted_content": "gAAAA",
        },
        {"role": "assistant", "content": parts},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ]
    assert lost == ["messages[0].content[1]", "messages[0].content[2]", "messages[0].content[5].proof"]


def test_what_has_no_item_is_lost_by_name() -> None:
    """Another dialect's own blocks, a picture that a model made, a call of an unknown kind."""
    found, lost = write(Opaque("other", {}), Image(Source(url="u")), ToolCall("c", "f", "", "laser"))
    assert (found, lost) == ([], [f"messages[0].content[{index}]" for index in range(3)])


def test_results_beside_text_become_items_of_their_own() -> None:
    """As other dialects have them in a user's turn."""
    result = ToolResult("c", (Text("a"),), is_error=True, cache=CacheMark())
    found, lost = write(result, ToolResult("d", ()), Text("Q"), role="user")
    assert found == [
        {"type": "function_call_output", "call_id": "c", "output": "a"},
        {"type": "function_call_output", "call_id": "d", "output": ""},
        {"role": "user", "content": "Q"},
    ]
    assert lost == ["messages[0].content[0].is_error", "messages[0].content[0].cache_control"]


@pytest.mark.parametrize("same", [True, False])
def test_a_writer_keeps_to_its_wire(same: bool) -> None:
    """A foreign proof never goes to a provider, though this wire's own envelope is round it."""
    block = parse_items([thought()], "input", WIRE)[0].blocks[0]
    foreign = Thinking("Hm.", Proof("anthropic", "sig"), extra=block.extra)  # type: ignore[union-attr]
    losses = Losses()
    assert TurnWriter(Rendering(WIRE, WIRE if same else "other", losses), "m").write([foreign]) == []
    assert list(losses) == ["m.content[0]"]
