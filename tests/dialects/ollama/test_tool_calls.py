"""Calls of tools."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.members import LenientMembers, Members
from limen.dialects.ollama.tool_calls import (
    answer_texts,
    answered_id,
    conversation_texts,
    numbered_id,
    render_call,
    take_calls,
)
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import ToolCall
from limen.model.losses import Losses

ARGUMENTS = b'{"z": 123456789012345678901234567890, "a": 1.50, "n": {"k": [1,  2]}, "e": 1E5}'


def read(call: Any, text: bytes = b"", members: type[Members] = Members) -> ToolCall:
    return take_calls(members({"tool_calls": [call]}), [text])[0]


def test_the_very_text_of_the_arguments_is_found() -> None:
    """Key order, spacing and long numbers, by message and by call."""
    call = b'{"function":{"name":"f","arguments":' + ARGUMENTS + b"}}"
    body = b'{"messages":[{"role":"user"},{"role":"assistant","tool_calls":[' + call + b"]}]}"
    assert conversation_texts(body) == [[], [ARGUMENTS]]
    assert answer_texts(b'{"message":{"tool_calls":[' + call + b"]}}", chat=True) == [ARGUMENTS]
    assert answer_texts(b'{"tool_calls":[' + call + b"]}", chat=False) == [ARGUMENTS]
    assert conversation_texts(b'{"messages":[7]}') == answer_texts(b"[", chat=True) == []


def test_arguments_are_that_text() -> None:
    """And go back as they are."""
    value = {"function": {"name": "f", "arguments": json.loads(ARGUMENTS)}}
    call = read(value, ARGUMENTS)
    assert call.arguments == ARGUMENTS.decode()
    built = render_call(call, 0, "", Rendering("o", "o", Losses()))
    assert bytes(built["function"]["arguments"]) == ARGUMENTS
    assert built.keys() == {"function"}


def test_a_call_without_arguments_has_none() -> None:
    """The hub has an empty object; the wire gets back what it had."""
    for inner in ({"name": "f"}, {"name": "f", "arguments": None}):
        call = read({"type": "function", "function": dict(inner)})
        assert call.arguments == "{}"
        assert render_call(call, 0, "", Rendering("o", "o", Losses())) == {"type": "function", "function": inner}


def test_a_call_is_an_object_with_a_named_function() -> None:
    """In a request anything else is refused, with its place."""
    for value, place in (
        (7, "tool_calls[0]"),
        ({}, "tool_calls[0].function"),
        ({"function": {}}, "tool_calls[0].function.name"),
        ({"function": {"name": "f", "arguments": "x"}}, "tool_calls[0].function.arguments"),
    ):
        with pytest.raises(BadRequest) as caught:
            read(value)
        assert caught.value.param == place


def test_an_odd_call_of_a_provider_is_kept() -> None:
    """The list stays where it was if one of it can't be read; text in the place of an object is text."""
    message = LenientMembers({"tool_calls": [7]})
    assert take_calls(message, []) == []
    assert message.rest == {"tool_calls": [7]}
    assert read({"function": {"name": "f", "arguments": "x"}}, members=LenientMembers).arguments == "x"


def test_made_up_ids_suit_every_provider() -> None:
    """Nine letters and digits; in answers another one at another time, in the same the same."""
    call = ToolCall("", "f", "{}")
    made = [numbered_id(1), answered_id("t", 0, call), answered_id("t", 1, call), answered_id("u", 0, call)]
    assert len(set(made)) == 4
    assert all(len(name) == 9 and name.isalnum() for name in made)
    assert answered_id("t", 0, call) == made[1]


def test_an_answer_tells_the_position() -> None:
    """As Ollama does; a request need not."""
    call = ToolCall("c", "f", '{"a":1}')
    asked = render_call(call, 3, "", Rendering("o", "x", Losses()))
    answered = render_call(call, 3, "", Rendering("o", "x", Losses(), answer=True))
    assert "index" not in asked["function"]
    assert answered["function"]["index"] == 3


@given(st.text(max_size=20).filter(lambda text: not text.strip().startswith("{")))
def test_arguments_that_are_no_object_are_put_into_one(text: str) -> None:
    """Nothing that a model wrote vanishes, and broken arguments do not become none."""
    losses = Losses()
    built = render_call(ToolCall("c", "f", text), 0, "p", Rendering("o", "x", losses))
    if text.strip():
        assert built["function"]["arguments"] == {"arguments": text}
        assert list(losses) == ["p.arguments"]
    else:
        assert built["function"]["arguments"] == {}


def test_arguments_in_several_lines_are_written_in_one() -> None:
    """A line of a stream is an event, and some models indent; numbers and order stay."""
    written = render_call(
        ToolCall("c", "f", '{\n  "b": 1.50,\r\n  "a": "x\\ny"\n}'), 0, "m", Rendering("ollama_chat", "other", Losses())
    )
    assert bytes(written["function"]["arguments"]) == b'{"b":1.50,"a":"x\\ny"}'
