"""What passes as it is, and what is bent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.bedrock.converse import BedrockConverse
from limen.dialects.openai.chat import OpenAIChat
from limen.model.losses import Losses
from limen.providers.earlier_thoughts import (
    are_signed,
    begins_with_thoughts,
    calls_are_signed,
    fit,
    fits,
    without_thinking,
    without_unsigned,
)
from limen.wire.edit import Fields

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
ASK = {"role": "user", "content": "Hi"}
ENABLED = {"type": "enabled", "budget_tokens": 1024}


def fields(**members: Any) -> Fields:
    """A request's members."""
    return Fields.parse(json.dumps({"model": "m", **members}).encode())


def said(**members: Any) -> dict[str, Any]:
    """An assistant's message of OpenAI's dialect."""
    return {"role": "assistant", "content": "Yes.", **members}


@pytest.mark.parametrize(
    ("message", "key", "refused", "fine"),
    [
        (said(reasoning="Hm."), None, False, True),
        (said(reasoning="Hm."), None, True, False),
        (said(), None, True, True),
        (said(reasoning_content="Hm.", tool_calls=[CALL]), "reasoning_content", False, True),
        (said(reasoning="Hm.", tool_calls=[CALL]), "reasoning_content", False, False),
        (said(tool_calls=[CALL]), "reasoning_content", False, False),
    ],
)
def test_messages_that_fit(message: Any, key: str | None, refused: bool, fine: bool) -> None:
    """Thoughts stand where the server wants them, or nowhere if it refuses them, or anywhere if nothing is known."""
    assert fits(fields(messages=[ASK, message]), key, refused=refused) is fine


def test_thoughts_are_moved_or_left_out() -> None:
    """To the server's own member, with an empty one for calls that have none; or left out, and named."""
    dialect = OpenAIChat()
    body = json.dumps({"model": "m", "messages": [ASK, said(reasoning="Hm.")]}).encode()
    request, losses = dialect.parse_request(body), Losses()
    moved = json.loads(dialect.render_request(fit(request, "reasoning_content", losses, refused=False), losses))
    assert moved["messages"][1] == said(reasoning_content="Hm.")
    assert not losses
    without = json.loads(dialect.render_request(fit(request, None, losses, refused=True), losses))
    assert without["messages"][1] == said()
    assert list(losses) == ["messages[1].content[0]"]


@pytest.mark.parametrize(
    ("blocks", "thinking", "fine"),
    [
        ([THOUGHT, USE], ENABLED, True),
        ([USE], ENABLED, False),
        ([USE], {"type": "adaptive"}, True),
        ([USE], None, True),
        ([{"type": "text", "text": "Hm."}], ENABLED, True),
    ],
)
def test_a_turn_that_calls_tools_begins_with_thoughts(blocks: Any, thinking: Any, fine: bool) -> None:
    """Where Claude thinks within a budget; else thinking is switched off, and that is named."""
    messages = [ASK, {"role": "assistant", "content": blocks}]
    more = {} if thinking is None else {"thinking": thinking}
    found = fields(messages=messages, max_tokens=5000, **more)
    assert begins_with_thoughts(found) is fine
    losses = Losses()
    request = without_thinking(AnthropicMessages().parse_request(found.body), losses)
    assert (request.reasoning is None) is (thinking is None or not fine)
    assert list(losses) == ([] if fine else ["thinking"])


def test_what_can_not_be_read_passes() -> None:
    """The provider says what is wrong with it."""
    assert begins_with_thoughts(fields(messages='"tool_use"', thinking=ENABLED))
    assert begins_with_thoughts(fields(messages=[["tool_use"]], thinking=ENABLED))
    assert calls_are_signed(fields(contents=["functionCall"]))


def test_bedrock_takes_signed_thoughts_alone() -> None:
    """Thoughts of others come back without a signature, and are left out."""
    unsigned = {"reasoningContent": {"reasoningText": {"text": "Hm."}}}
    use = {"toolUse": {"toolUseId": "c", "name": "f", "input": {}}}
    ask = {"role": "user", "content": [{"text": "Hi"}]}
    found = fields(
        messages=[ask, {"role": "assistant", "content": [unsigned, use]}],
        additionalModelRequestFields={"thinking": ENABLED},
    )
    assert not are_signed(found)
    assert begins_with_thoughts(found)
    losses = Losses()
    request = without_unsigned(BedrockConverse().parse_request(found.body), losses)
    assert len(request.messages[1].blocks) == 1
    assert list(losses) == ["messages[1].thinking"]


@pytest.mark.parametrize("signature", ["thoughtSignature", "thought_signature", None])
def test_calls_of_the_turn_are_signed(signature: str | None) -> None:
    """The first of each step since the user's last words; those before don't count."""
    call = {"functionCall": {"name": "f", "args": {}}}
    signed = call if signature is None else {**call, signature: "cw=="}
    result = {"functionResponse": {"name": "f", "response": {}}}
    ask = {"role": "user", "parts": [{"text": "Hi"}]}
    turn = [ask, {"role": "model", "parts": [signed, call]}, {"role": "user", "parts": [result, result]}]
    assert calls_are_signed(fields(contents=turn)) is (signature is not None)
    assert calls_are_signed(fields(contents=[*turn, ask]))
