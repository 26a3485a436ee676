"""The full chat answer, to and from the hub."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from limen.dialects.openai.chat_response import parse_chat_response, render_chat_response
from limen.dialects.rendering import Rendering
from limen.dialects.seal import seal_id
from limen.errors import MalformedReply
from limen.model.content import Proof, Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice

WIRE = "openai_chat"


def parse(*choices: Any, **members: Any) -> ChatResponse:
    return parse_chat_response(json.dumps({"choices": list(choices), **members}).encode(), WIRE)


def shown(response: ChatResponse, losses: Losses | None = None) -> dict[str, Any]:
    rendering = Rendering(WIRE, response.dialect, losses if losses is not None else Losses(), answer=True)
    found: dict[str, Any] = json.loads(render_chat_response(response, rendering))
    return found


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"choices":null}', b'{"choices":[1]}', b'{"choices":[{}]', b"\xff"]
)
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    """A 200 proves nothing."""
    with pytest.raises(MalformedReply):
        parse_chat_response(body, WIRE)


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"index": None, "message": None, "finish_reason": None, "logprobs": None},
        {"index": 5, "message": {"role": "model", "content": "x"}, "finish_reason": ""},
        {"message": {"content": {"a": [1, None]}}},
        {"message": {"role": "assistant", "content": {}, "reasoning": "hm"}, "logprobs": []},
        {"message": {"role": "assistant", "tool_calls": [1, {"id": "c", "function": {"name": "f"}}]}},
        {
            "message": {"role": "assistant", "content": [{"type": "text", "text": "x"}], "annotations": [{"a": 1}]},
            "delta": {},
        },
        {"message": {"role": "assistant", "content": [None, {"type": "text", "text": "x"}]}},
        {"text": "x", "finish_reason": 5},
    ],
)
def test_odd_choices_come_back(choice: dict[str, Any]) -> None:
    """A provider may leave out or get wrong nearly anything; nobody is served by refusing it."""
    assert shown(parse(choice)) == {"choices": [choice]}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"id": "", "model": None, "created": "2026", "object": None},
        {"id": 1, "usage": None},
        {"usage": []},
        {"created": 0, "service_tier": None},
    ],
)
def test_odd_envelopes_come_back(members: dict[str, Any]) -> None:
    """Nothing is added that the provider did not say."""
    assert shown(parse(**members)) == {"choices": [], **members}


def test_content_that_is_an_object_is_text_to_others() -> None:
    """Cloudflare answers so when asked for JSON; a policy may change it."""
    response = parse({"message": {"role": "assistant", "content": {"a": 1}}})
    (block,) = response.choices[0].blocks
    assert isinstance(block, Text)
    assert json.loads(block.text) == {"a": 1}
    choice = replace(response.choices[0], blocks=(replace(block, text="no JSON"),))
    assert shown(replace(response, choices=(choice,)))["choices"][0]["message"]["content"] == "no JSON"


def test_another_dialects_answer() -> None:
    """It has every key that OpenAI always has, a carried proof, and named losses."""
    losses = Losses()
    blocks = (Thinking("hm", Proof("anthropic", "sig")), Text("a", citations=({"x": 1},)), ToolCall("c", "f", "{}"))
    choice = Choice(0, blocks, "tool_calls", "tool_use", logprobs={"x": 1}, message_extra={"odd": 1})
    found = shown(ChatResponse("id", "m", (choice,), "anthropic"), losses)
    carrier = seal_id("c", [Thinking("hm", Proof("anthropic", "sig"))], None)
    assert found == {
        "id": "id",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "a",
                    "refusal": None,
                    "reasoning_content": "hm",
                    "reasoning_details": [
                        {
                            "type": "reasoning.text",
                            "signature": "sig",
                            "format": "limen1:anthropic",
                            "index": 0,
                            "text": "hm",
                        }
                    ],
                    "tool_calls": [{"id": carrier, "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
    }
    assert sorted(name for name, _ in losses.items()) == [
        "choices[0].logprobs",
        "choices[0].message.content[1].citations",
        "choices[0].message.odd",
    ]
