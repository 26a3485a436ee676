"""The full answer."""

import json
from typing import Any

import pytest

from bedrock_wire import ANSWER, DIALECT, exact, text
from limen.dialects.bedrock.response import (
    check_converse_response,
    parse_converse_response,
    read_object,
    render_converse_response,
)
from limen.errors import MalformedReply
from limen.model.content import Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage


@pytest.mark.parametrize(
    "change",
    [
        {"output": None},
        {"output": {}},
        {"output": {"message": {}}},
        {"output": {"message": {"role": "user", "content": None}, "x": 1}},
        {"output": {"message": {"role": "assistant", "content": ["odd", None, {}], "y": 2}}},
        {"output": {"message": {"role": "assistant", "content": [{"citationsContent": {"content": [{"text": "a"}]}}]}}},
        {
            "output": {
                "message": {"role": "assistant", "content": [{"citationsContent": {"citations": []}}, {"text": ""}]}
            }
        },
        {"stopReason": 3},
        {"usage": []},
        {"serviceTier": {"type": "a", "x": 1}},
    ],
)
def test_odd_answers_come_back(change: dict[str, Any]) -> None:
    """Never an error, never another spelling."""
    body = text({**ANSWER, **change})
    assert exact(DIALECT.render_response(parse_converse_response(body), Losses())) == exact(body)


def test_what_is_no_object_is_refused() -> None:
    """No JSON, and JSON of another kind."""
    for body in (b"", b"<html>", b"[]"):
        with pytest.raises(MalformedReply):
            read_object(body)
        with pytest.raises(MalformedReply):
            check_converse_response(body)


def test_an_answer_of_another_dialect() -> None:
    """It has all that Bedrock's clients require; what it has more is named."""
    blocks = (Thinking("Hm."), Text("One."), ToolCall("call_1", "t", '{"a":1}'))
    choices = (Choice(0, blocks, "tool_calls", "tool_calls", stop_sequence="X", logprobs={}), Choice(1, ()))
    usage = Usage(input_uncached=3, output_text=4, dialect="other")
    losses = Losses()
    response = ChatResponse("id", "m", choices, "other", usage, 1, "scale", {"odd": 1})
    told = json.loads(render_converse_response(response, losses))
    assert told == {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm."}}},
                    {"text": "One."},
                    {"toolUse": {"toolUseId": "call_1", "name": "t", "input": {"a": 1}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
        "metrics": {"latencyMs": 0},
    }
    assert set(losses) == {"choices[1]", "service_tier", "stop_sequence", "choices[0].logprobs", "odd"}
    assert json.loads(render_converse_response(ChatResponse("", "", (), "other"), Losses()))["stopReason"] == "end_turn"
