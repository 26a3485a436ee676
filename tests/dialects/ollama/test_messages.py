"""Messages of a conversation."""

import json
from copy import deepcopy
from typing import Any

import pytest

from limen.dialects.json_text import encode
from limen.dialects.ollama.messages import parse_messages, render_messages
from limen.dialects.rendering import Rendering
from limen.dialects.seal import seal_id
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    CacheMark,
    Document,
    Image,
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
from ollama_wire import PNG


def parse(*values: Any) -> tuple[Message, ...]:
    return parse_messages(deepcopy(list(values)), [])


def again(*values: Any) -> list[Any]:
    losses = Losses()
    built = render_messages(parse(*values), Rendering("ollama_chat", "ollama_chat", losses))
    assert not losses
    return [*json.loads(encode(built))]


def put(*messages: Message, answer: bool = False) -> tuple[list[Any], list[str]]:
    losses = Losses()
    return render_messages(messages, Rendering("ollama_chat", "other", losses, answer=answer)), list(losses)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "Be brief."},
        {"role": "User", "content": "x"},
        {"role": "control", "content": "thinking"},
        {"role": "user", "content": "", "images": [PNG]},
        {"role": "user", "content": "x", "images": []},
        {"role": "user"},
        {"role": "user", "content": None, "name": "x", "odd": {"a": [1]}},
        {"role": "assistant", "content": "", "thinking": "", "tool_calls": []},
        {"role": "assistant", "content": "a", "thinking": "t", "images": None},
        {"role": "tool", "content": "5", "tool_name": "add", "tool_call_id": "c"},
        {"role": "tool", "content": "5"},
        {"role": "tool", "tool_name": "", "tool_call_id": ""},
    ],
)
def test_messages_come_back(message: dict[str, Any]) -> None:
    """To the last key, whatever is left out, empty or unknown."""
    assert again(message) == [message]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (7, "messages[0]"),
        ({}, "messages[0].role"),
        ({"role": 7}, "messages[0].role"),
        ({"role": "user", "content": ["x"]}, "messages[0].content"),
        ({"role": "user", "images": "x"}, "messages[0].images"),
        ({"role": "assistant", "tool_calls": {"a": 1}}, "messages[0].tool_calls"),
    ],
)
def test_what_ollama_would_refuse_is_refused(value: Any, place: str) -> None:
    """With its place."""
    with pytest.raises(BadRequest) as caught:
        parse(value)
    assert caught.value.param == place


def call(name: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": {}}, **more}]}


def results(messages: tuple[Message, ...]) -> list[str]:
    return [block.call_id for message in messages for block in message.blocks if isinstance(block, ToolResult)]


def test_results_without_an_id_are_paired() -> None:
    """By the tool's name where it is given, else in order; a stranger gets an id of its own."""
    both = {
        "role": "assistant",
        "tool_calls": [{"function": {"name": name, "arguments": {}}} for name in ("add", "mul", "add")],
    }
    said = [{"role": "tool", "tool_name": "mul"}, {"role": "tool"}, {"role": "tool"}, {"role": "tool"}]
    assert results(parse(both, *said)) == ["call00002", "call00001", "call00003", "call00004"]
    assert again(both, *said) == [both, *said]


def test_results_with_an_id_keep_it() -> None:
    """And the call that it names waits no longer."""
    said = (call("f", id="a"), {"role": "tool", "tool_call_id": "a"}, call("f"), {"role": "tool", "tool_name": "f"})
    assert results(parse(*said)) == ["a", "call00002"]


def test_another_dialects_results_are_messages_of_their_own() -> None:
    """Each with the name of the tool that was called; what stands beside them follows."""
    blocks = (ToolResult("c", (Text("5"), Image(Source(data=PNG, media_type="image/png")))), Text("Go on."))
    built, lost = put(Message("assistant", (ToolCall("c", "add", '{"a":1}'),)), Message("user", blocks))
    assert [message["role"] for message in built] == ["assistant", "tool", "user"]
    assert built[1] == {"role": "tool", "content": "5", "images": [PNG], "tool_name": "add", "tool_call_id": "c"}
    assert built[2] == {"role": "user", "content": "Go on."}
    assert lost == []


def test_several_texts_are_paragraphs() -> None:
    """Ollama has one text in a message."""
    assert put(Message("user", (Text("a"), Text("b"))))[0] == [{"role": "user", "content": "a\n\nb"}]


def test_what_has_no_place_is_named() -> None:
    """Speakers, developers, files, sound, refusals, marks of caches, failures of tools."""
    built, lost = put(
        Message("developer", (Text("d", cache=CacheMark()),)),
        Message("user", (Document(Source(file_id="f")), Audio(Source(data="x"))), name="bo"),
        Message("assistant", (Refusal("No."),)),
        Message("tool", (ToolResult("c", (), is_error=True),)),
    )
    assert [message["role"] for message in built] == ["system", "user", "assistant", "tool"]
    assert lost == [
        "messages[0].role",
        "messages[0].content[0].cache_control",
        "messages[1].content[0]",
        "messages[1].content[1]",
        "messages[1].name",
        "messages[2].content[0].refusal",
        "messages[3].content[0].is_error",
    ]


THOUGHT = Thinking("Hm.", Proof("anthropic", "sig"))
CALL = ToolCall("c", "f", "{}", proof=Proof("gemini", "own"))


def test_a_provider_gets_no_foreign_proofs() -> None:
    """The thoughts remain."""
    built, lost = put(Message("assistant", (THOUGHT, CALL)))
    assert built[0]["thinking"] == "Hm."
    assert lost == ["messages[0].content[0].proof", "messages[0].content[1].proof"]


def test_a_client_carries_them_in_the_id_of_a_call() -> None:
    """And brings them back, before the call; the unsigned copy of the thought gives way."""
    built, lost = put(Message("assistant", (THOUGHT, CALL)), answer=True)
    assert lost == []
    name = built[0]["tool_calls"][0]["id"]
    assert name == seal_id("c", [THOUGHT], CALL.proof)
    built[0]["tool_calls"][0]["function"]["arguments"] = {}
    message, result = parse(built[0], {"role": "tool", "tool_call_id": name, "tool_name": "f"})
    assert message.blocks[0] == THOUGHT
    assert isinstance(message.blocks[1], ToolCall)
    assert (message.blocks[1].id, message.blocks[1].proof) == ("c", CALL.proof)
    assert results((result,)) == ["c"]


def test_a_proof_that_no_call_carries_is_named() -> None:
    """There is no other place for it."""
    assert put(Message("assistant", (THOUGHT,)), answer=True)[1] == ["messages[0].content[0].proof"]
