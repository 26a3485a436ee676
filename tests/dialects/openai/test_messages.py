"""Messages, to and from the hub."""

import json
from typing import Any

import pytest

from limen.dialects.openai.messages import parse_message, render_message
from limen.dialects.openai.thinking import wrap
from limen.dialects.rendering import Rendering
from limen.dialects.seal import seal_id
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    Block,
    Document,
    Image,
    Opaque,
    Proof,
    Refusal,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from limen.model.losses import Losses
from limen.model.request import Message

WIRE = "openai_chat"
CITATION = {"type": "url_citation", "url_citation": {"url": "https://x.org"}}


def again(value: Any, losses: Losses | None = None) -> Any:
    rendering = Rendering(WIRE, WIRE, losses if losses is not None else Losses())
    (built,) = render_message(parse_message(value, 0, WIRE), 0, rendering)
    return built


def sent(message: Message, losses: Losses | None = None, thinking_key: str | None = None) -> list[dict[str, Any]]:
    rendering = Rendering(WIRE, "other", losses if losses is not None else Losses())
    return render_message(message, 3, rendering, thinking_key)


@pytest.mark.parametrize(
    ("value", "blocks"),
    [
        ({"role": "user", "content": "x", "name": "n", "odd": [1]}, (Text("x"),)),
        ({"role": "user", "content": ""}, (Text(""),)),
        ({"role": "user", "content": []}, ()),
        ({"role": "user", "content": None}, ()),
        ({"role": "developer", "content": [{"type": "text", "text": "x"}]}, (Text("x"),)),
        ({"role": "assistant", "content": ""}, ()),
        ({"role": "assistant"}, ()),
        ({"role": "assistant", "content": "x", "annotations": [CITATION]}, (Text("x", citations=(CITATION,)),)),
        ({"role": "assistant", "content": "x", "annotations": []}, (Text("x"),)),
        ({"role": "assistant", "content": None, "refusal": "no"}, (Refusal("no"),)),
        ({"role": "assistant", "content": "x", "refusal": ""}, (Text("x"),)),
        ({"role": "assistant", "audio": {"id": "a"}}, (Audio(Source(file_id="a")),)),
        (
            {"role": "tool", "tool_call_id": "c", "content": "x", "name": "f"},
            (ToolResult("c", (Text("x"),), name="f"),),
        ),
        ({"role": "tool", "content": None}, (ToolResult("", ()),)),
        ({"role": "tool", "tool_call_id": None, "content": []}, (ToolResult("", ()),)),
        ({"role": "function", "name": "f", "content": "x"}, (ToolResult("call_f", (Text("x"),), name="f"),)),
    ],
)
def test_messages_become_blocks_and_come_back(value: dict[str, Any], blocks: tuple[Block, ...]) -> None:
    """Empty strings, nulls, lists and missing keys all come back as they were."""
    text, losses = json.dumps(value), Losses()
    assert parse_message(json.loads(text), 0, WIRE).blocks == blocks
    assert again(json.loads(text), losses) == json.loads(text)
    assert not losses


def test_fields_become_blocks_in_the_order_models_write_them() -> None:
    """Thoughts, text, refusal, sound, calls."""
    message = parse_message(
        {
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}],
            "audio": {"id": "a"},
            "refusal": "no",
            "content": "x",
            "reasoning": "hm",
            "role": "assistant",
        },
        0,
        WIRE,
    )
    assert [type(block) for block in message.blocks] == [Thinking, Text, Refusal, Audio, ToolCall]


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ("x", "messages[4]"),
        ({}, "messages[4].role"),
        ({"role": "bishop"}, "messages[4].role"),
        ({"role": 1}, "messages[4].role"),
        ({"role": "user", "content": 1}, "messages[4].content"),
        ({"role": "user", "content": "x", "name": 1}, "messages[4].name"),
        ({"role": "user", "content": [{"type": "text"}, {"type": "text", "text": []}]}, "messages[4].content[1].text"),
        ({"role": "assistant", "tool_calls": {"id": "c"}}, "messages[4].tool_calls"),
        ({"role": "assistant", "tool_calls": [1]}, "messages[4].tool_calls[0]"),
        ({"role": "assistant", "refusal": 1}, "messages[4].refusal"),
        ({"role": "tool", "tool_call_id": 1}, "messages[4].tool_call_id"),
    ],
)
def test_a_wrong_message_names_its_place(value: Any, param: str) -> None:
    """Down to the part."""
    with pytest.raises(BadRequest) as told:
        parse_message(value, 4, WIRE)
    assert told.value.param == param


@pytest.mark.parametrize("more", [{"name": "f"}, {"tool_call_id": "c"}, {"tool_call_id": "c", "name": None}])
def test_a_functions_result_stays_one(more: dict[str, Any]) -> None:
    """Whether it has the id of a tool's result or not."""
    value = {"role": "function", "content": "5", **more}
    assert again(dict(value)) == value


def test_what_a_result_had_beside_it_is_named() -> None:
    """Where another dialect's message has no place here."""
    losses = Losses()
    sent(Message("tool", (ToolResult("c", (Text("5"),)),), extra={"odd": 1}), losses)
    assert list(losses) == ["messages[3].odd"]


def test_results_in_a_users_turn_become_messages_of_their_own() -> None:
    """Anthropic has them beside the text; here each is a message, and the text follows."""
    losses = Losses()
    turn = Message(
        "user", (ToolResult("a", (Text("1"),), is_error=True), ToolResult("b", (Text("2"), Text("3"))), Text("go on"))
    )
    assert sent(turn, losses) == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {
            "role": "tool",
            "tool_call_id": "b",
            "content": [{"type": "text", "text": "2"}, {"type": "text", "text": "3"}],
        },
        {"role": "user", "content": "go on"},
    ]
    assert [name for name, _ in losses.items()] == ["messages[3].content[0].is_error"]


def test_another_dialects_assistant() -> None:
    """Text is one string, calls follow; what has no place is named."""
    losses = Losses()
    blocks = (
        Thinking("hm", Proof("anthropic", "sig")),
        Text("a"),
        ToolCall("c", "f", "{}"),
        Text("b"),
        Image(Source(data="QQ==", media_type="image/png")),
        Opaque("anthropic", {"x": 1}),
    )
    assert sent(Message("assistant", blocks, extra={"odd": 1}), losses) == [
        {
            "role": "assistant",
            "content": "ab",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        }
    ]
    assert sorted(name for name, _ in losses.items()) == [
        "messages[3].content[0]",
        "messages[3].content[4]",
        "messages[3].content[5]",
        "messages[3].odd",
    ]


def test_thoughts_go_back_where_a_provider_wants_them() -> None:
    """DeepSeek refuses the next turn of a tool loop without them."""
    message = Message("assistant", (Thinking("hm"), Text("x")))
    assert sent(message, thinking_key="reasoning_content") == [
        {"role": "assistant", "reasoning_content": "hm", "content": "x"}
    ]


def test_an_empty_turn_of_another_dialect_is_an_empty_string() -> None:
    """Servers of this family want a `content`."""
    assert sent(Message("user", ())) == [{"role": "user", "content": ""}]
    assert sent(Message("assistant", ())) == [{"role": "assistant", "content": None}]


def test_what_an_id_carried_comes_back_as_blocks() -> None:
    """Thoughts and proofs of another dialect's provider ride in the ids of calls, and each is taken in once."""
    thought, proof = Thinking("hm", Proof("anthropic", "sig")), Proof("gemini", "c2ln")
    ids = [seal_id("a", [thought], None), seal_id("b", [], proof)]
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in ids]
    message = parse_message({"role": "assistant", "content": "x", "tool_calls": calls}, 0, "openai_chat")
    assert message.blocks == (thought, Text("x"), ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}", proof=proof))
    details = [wrap(Proof("anthropic", "sig"), "hm", 0, redacted=False)]
    again = parse_message({"role": "assistant", "reasoning_details": details, "tool_calls": calls}, 0, "openai_chat")
    assert again.blocks.count(thought) == 1
    result = parse_message({"role": "tool", "tool_call_id": ids[0], "content": "1"}, 1, "openai_chat")
    assert result.blocks == (ToolResult("a", (Text("1"),)),)


def test_a_turn_of_which_nothing_is_left_is_left_out() -> None:
    """Another dialect's thought alone has no place here, and no provider takes an empty turn; an empty text is one."""
    losses = Losses()
    assert sent(Message("assistant", (Thinking("Hm."),)), losses) == []
    assert list(losses) == ["messages[3].content[0]"]
    assert sent(Message("assistant", (Text(""),))) == [{"role": "assistant", "content": ""}]


def test_what_stands_beside_a_result_is_named_at_its_own_place() -> None:
    """A turn of another dialect has results among other blocks, and is split here."""
    losses = Losses()
    beside = Message("user", (ToolResult("c", (Text("1"),)), Document(Source(url="https://x.org/a.pdf"))))
    assert [each["role"] for each in sent(beside, losses)] == ["tool", "user"]
    assert list(losses) == ["messages[3].content[1]"]
