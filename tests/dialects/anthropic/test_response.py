"""Full answers."""

import json
from typing import Any

import pytest
from anthropic.types import Message

from anthropic_wire import DIALECT, RESPONSE
from limen.errors import MalformedReply
from limen.model.content import Proof, Refusal, Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from openai_wire import exact, response_again


@pytest.mark.parametrize(
    "changes",
    [
        {"stop_sequence": "END", "stop_reason": "stop_sequence", "stop_details": None},
        {"stop_reason": None, "usage": None},
        {"stop_reason": "", "id": "", "model": 1},
        {"content": None, "container": {"id": "c"}},
        {"content": ["x", {"type": "fallback"}], "role": "user", "type": None},
        {"context_management": {"applied_edits": []}, "stop_details": {"type": "refusal"}},
        {"usage": {"input_tokens": 1, "iterations": [], "x": 1.0}},
    ],
)
def test_odd_answers_come_back(changes: dict[str, Any]) -> None:
    """Whatever a server sends, to the last key."""
    body = json.dumps({**RESPONSE, **changes}).encode()
    assert exact(response_again(DIALECT, body)) == exact(body)
    assert exact(response_again(DIALECT, b"{}")) == "{}"


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"null"])
def test_what_is_no_answer(body: bytes) -> None:
    """Not JSON, or not an object."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(body)


def test_an_answer_of_another_dialect_satisfies_anthropics_types() -> None:
    """All that the SDK wants is there, and what has no place is named."""
    blocks = (Thinking("Hm.", Proof("gemini", "g")), Text("One"), ToolCall("c", "f", '{"a": 1}'))
    first = Choice(0, blocks, "stop", "stop", logprobs={"content": []}, message_extra={"odd": 1})
    usage = Usage(input_uncached=10, input_cache_read=5, output_text=3, output_reasoning=4, dialect="other")
    response = ChatResponse("r", "m", (first, Choice(1, ())), "other", usage, created=1, service_tier="default")
    losses = Losses()
    answer = Message.model_validate_json(DIALECT.render_response(response, losses))
    assert [block.type for block in answer.content] == ["thinking", "text", "tool_use"]
    assert (answer.stop_reason, answer.stop_sequence, answer.usage.service_tier) == ("tool_use", None, "standard")
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (10, 5, 7)
    assert set(losses) == {"choices[1]", "choices[0].logprobs", "choices[0].message.odd"}


def test_the_least_answer_satisfies_them_too() -> None:
    """Without usage, reason or content; and a refusal is one by its reason."""
    Message.model_validate_json(DIALECT.render_response(ChatResponse("", "", (), "other"), Losses()))
    refused = ChatResponse("", "", (Choice(0, (Refusal("No."),), "stop"),), "other", service_tier="flex")
    losses = Losses()
    answer = Message.model_validate_json(DIALECT.render_response(refused, losses))
    assert answer.stop_reason == "refusal"
    assert "service_tier" in losses
