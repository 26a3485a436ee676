"""Messages of Cohere's chat."""

import json
from typing import Any

import pytest

from cohere_wire import COHERE
from limen.errors import BadRequest
from limen.model.content import Image, Proof, Source, Text, Thinking, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from openai_wire import exact, request_again

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "user"},
        {"role": "user", "content": []},
        {"role": "user", "content": ""},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "content": [], "tool_calls": [CALL], "tool_plan": None, "citations": []},
        {"role": "assistant", "tool_calls": [CALL], "tool_plan": "I will"},
        {"role": "assistant", "content": "a", "tool_plan": "", "tool_calls": []},
        {"role": "assistant", "content": "a", "citations": [{"start": 0}]},
        {"role": "assistant", "citations": [{"type": "PLAN"}], "tool_plan": "a"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            "citations": [{"content_index": 1, "n": 1}, {"content_index": 0, "n": 2}, {"content_index": 7}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "1"},
        {"role": "tool", "content": [{"type": "document", "document": {"id": "d", "data": {"a": [1.5]}}}]},
    ],
)
def test_messages_come_back(message: dict[str, Any]) -> None:
    """In every shape that a client writes."""
    body = json.dumps({"messages": [message]}).encode()
    assert exact(request_again(COHERE, body)) == exact(body)


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("a", "messages[0]"),
        ({}, "messages[0].role"),
        ({"role": "CHATBOT"}, "messages[0].role"),
        ({"role": "user", "content": 1}, "messages[0].content"),
        ({"role": "assistant", "tool_plan": 1}, "messages[0].tool_plan"),
        ({"role": "assistant", "tool_calls": [1]}, "messages[0].tool_calls[0]"),
        ({"role": "assistant", "tool_calls": {"a": 1}}, "messages[0].tool_calls"),
    ],
)
def test_what_is_wrong_is_named(message: Any, param: str) -> None:
    """The place of the fault is in `param`."""
    with pytest.raises(BadRequest) as raised:
        COHERE.parse_request(json.dumps({"messages": [message]}).encode())
    assert raised.value.param == param


def sent(*messages: Message) -> tuple[list[Any], list[str]]:
    losses = Losses()
    body = COHERE.render_request(ChatRequest("m", messages, "test"), losses)
    return json.loads(body)["messages"], list(losses)


def test_results_in_a_users_turn_become_messages_of_their_own() -> None:
    """Before what the user says beside them."""
    result = ToolResult("c", (Text("1"),))
    told, lost = sent(Message("user", (result, ToolResult("d", (Text("2"),)), Text("And?"))))
    assert [(each["role"], each["content"]) for each in told] == [("tool", "1"), ("tool", "2"), ("user", "And?")]
    assert lost == []


def test_instructions_of_a_developer_are_the_systems() -> None:
    """Cohere has no other role for them."""
    assert sent(Message("developer", (Text("Be brief"),)))[0] == [{"role": "system", "content": "Be brief"}]


def test_what_has_no_place_is_named() -> None:
    """Names, failed results, pictures from tools, proofs, other types of calls."""
    picture = ToolResult("c", (Image(Source(url="https://x")),), is_error=True, name="f")
    calls = (ToolCall("c", "f", "x", kind="custom"), Thinking("Hm", Proof("anthropic", "s")))
    told, lost = sent(
        Message("user", (Text("a"),), name="Ada"), Message("assistant", calls), Message("tool", (picture,))
    )
    assert set(lost) == {
        "messages[0].name",
        "messages[1].content[0]",
        "messages[1].content[1].proof",
        "messages[2].content[0].content[0]",
        "messages[2].content[0].is_error",
        "messages[2].content[0].name",
    }
    assert told[1]["content"] == [{"type": "thinking", "thinking": "Hm"}]
