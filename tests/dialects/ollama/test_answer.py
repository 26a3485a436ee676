"""Full answers."""

import json
from typing import Any

import pytest

from limen.dialects.ollama.answer import parse_answer, render_answer
from limen.dialects.rendering import Rendering
from limen.errors import MalformedReply
from limen.model.content import Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from ollama_wire import HEAD, PNG

WIRE = "ollama_chat"
METRICS = {"total_duration": 9, "prompt_eval_count": 3, "eval_count": 4, "eval_duration": 2}
CALL = {"id": "c", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}


def again(body: dict[str, Any], *, chat: bool = True) -> Any:
    losses = Losses()
    response = parse_answer(json.dumps(body).encode(), WIRE, chat=chat)
    text = render_answer(response, Rendering(WIRE, WIRE, losses, answer=True), chat=chat)
    assert not losses
    return json.loads(text)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**HEAD, "message": {"role": "assistant", "content": "x", "thinking": "t"}, "done": True, **METRICS},
        {
            **HEAD,
            "message": {"role": "assistant", "content": "", "tool_calls": [CALL]},
            "done_reason": "stop",
            "done": True,
        },
        {**HEAD, "message": {"role": "tool", "content": None, "tool_calls": [7]}, "done": False, "done_reason": ""},
        {"model": "", "created_at": "soon", "message": {"images": [PNG], "content": 7}, "done": 1, "eval_count": 1.0},
        {
            **HEAD,
            "message": "x",
            "logprobs": [{"token": "x", "logprob": -1.0}],
            "odd": {"a": None},
            "remote_model": "r",
        },
    ],
)
def test_answers_come_back(body: dict[str, Any]) -> None:
    """To the last key, whatever shape it has."""
    assert again(body) == body


@pytest.mark.parametrize(
    "body",
    [
        {**HEAD, "response": "x", "thinking": "t", "done": True, "done_reason": "stop", "context": [1, 2], **METRICS},
        {**HEAD, "response": "", "done": True, "done_reason": "load"},
        {**HEAD, "response": "", "tool_calls": [CALL], "done": True},
    ],
)
def test_generated_answers_come_back(body: dict[str, Any]) -> None:
    """Their text stands at the top."""
    assert again(body, chat=False) == body


def test_only_what_is_no_object_is_malformed() -> None:
    """All else is read as far as it can be."""
    for body in (b"", b"[]", b"<html>"):
        with pytest.raises(MalformedReply):
            parse_answer(body, WIRE, chat=True)


def test_a_call_without_an_id_gets_one() -> None:
    """And an answer that calls ends for the tools."""
    body = {**HEAD, "message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "done_reason": "stop"}
    (choice,) = parse_answer(json.dumps(body).encode(), WIRE, chat=True).choices
    assert isinstance(choice.blocks[0], ToolCall)
    assert len(choice.blocks[0].id) == 9
    assert choice.finish == "tool_calls"


def test_another_dialects_answer() -> None:
    """Has what Ollama's have; pieces of one text are joined; what it has no place for is named."""
    blocks = (Thinking("Hm."), Text("One"), Text(" two", citations=({"x": 1},)), ToolCall("c", "f", '{"a": 1}'))
    choices = (
        Choice(0, blocks, "tool_calls", "tool_use", logprobs={"content": [{"token": "x", "logprob": -1.0}]}),
        Choice(1, ()),
    )
    response = ChatResponse("id", "m", choices, "other", Usage(input_uncached=3, output_text=4), 86400, "tier")
    losses = Losses()
    body = render_answer(response, Rendering(WIRE, "other", losses, answer=True), chat=True)
    assert json.loads(body) == {
        "model": "m",
        "created_at": "1970-01-02T00:00:00Z",
        "message": {"role": "assistant", "content": "One two", "thinking": "Hm.", "tool_calls": [CALL]},
        "done": True,
        "done_reason": "stop",
        "logprobs": [{"token": "x", "logprob": -1.0}],
        "prompt_eval_count": 3,
        "eval_count": 4,
    }
    assert list(losses) == ["choices[1]", "choices[0].message.content[2].citations", "service_tier"]


def test_log_probabilities_of_another_shape_are_named() -> None:
    """Only OpenAI's items are as Ollama's."""
    response = ChatResponse("", "m", (Choice(0, (), logprobs={"tokens": []}),), "other")
    losses = Losses()
    render_answer(response, Rendering(WIRE, "other", losses, answer=True), chat=False)
    assert list(losses) == ["choices[0].message.logprobs"]
