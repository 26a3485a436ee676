"""Full answers of Cohere's chat."""

import json

import pytest

from cohere_wire import COHERE
from limen.dialects.seal import open_id
from limen.errors import MalformedReply
from limen.model.content import Proof, Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from openai_wire import exact, response_again


def test_an_answer_comes_back() -> None:
    """Thoughts, text with citations, a plan, calls, log probabilities, and keys that nobody knows."""
    body = json.dumps(
        {
            "id": "a",
            "message": {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Yes", "x": 1}],
                "tool_plan": "I will",
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "null"}}],
                "citations": [{"start": 0, "end": 3, "text": "Yes", "sources": [], "content_index": 1}],
            },
            "finish_reason": "SOMETHING_NEW",
            "usage": {"billed_units": {"input_tokens": 1.0}},
            "logprobs": [{"text": "Yes", "token_ids": [1], "logprobs": [-0.1]}],
            "new": None,
        }
    ).encode()
    assert exact(response_again(COHERE, body)) == exact(body)
    text = COHERE.parse_response(body).choices[0].blocks[1]
    assert isinstance(text, Text)
    assert len(text.citations) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_what_is_no_object_is_malformed(body: bytes) -> None:
    """Only that."""
    with pytest.raises(MalformedReply):
        COHERE.parse_response(body)


def test_a_clients_tool_loop_carries_the_proofs_of_others() -> None:
    """In the id of the first call; the next request has the thought with its proof again, once."""
    thought = Thinking("Hm", Proof("anthropic", "sig"))
    blocks = (thought, Text("Wait."), ToolCall("c1", "f", "{}"), ToolCall("c2", "g", "{}"))
    answer = ChatResponse("a", "m", (Choice(0, blocks, "tool_calls"),), "anthropic")
    losses = Losses()
    message = json.loads(COHERE.render_response(answer, losses))["message"]
    assert not losses
    name = message["tool_calls"][0]["id"]
    assert (open_id(name).id, message["tool_calls"][1]["id"]) == ("c1", "c2")
    turns = [{"role": "user", "content": "Hi"}, message, {"role": "tool", "tool_call_id": name, "content": "1"}]
    request = COHERE.parse_request(json.dumps({"messages": turns}).encode())
    assert request.messages[1].blocks == blocks
    assert request.messages[2].blocks[0].call_id == "c1"  # type: ignore[union-attr]


def test_a_proof_without_a_call_is_named() -> None:
    """There is no place for it."""
    answer = ChatResponse("a", "m", (Choice(0, (Thinking("Hm", Proof("anthropic", "s")),), "stop"),), "anthropic")
    losses = Losses()
    COHERE.render_response(answer, losses)
    assert list(losses) == ["choices[0].message.content[0].proof"]


def test_other_choices_are_named() -> None:
    """Cohere gives one answer."""
    choices = (Choice(0, (Text("a"),), "stop"), Choice(1, (Text("b"),), "stop"))
    losses = Losses()
    COHERE.render_response(ChatResponse("a", "m", choices, "test"), losses)
    assert list(losses) == ["choices[1]"]
