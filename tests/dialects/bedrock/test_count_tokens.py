"""The count of tokens."""

import json
from typing import Any

import pytest

from bedrock_wire import REQUEST, exact, text
from corpus import bodies
from limen.dialects.bedrock.count_tokens import BedrockTokenCount
from limen.errors import BadRequest, MalformedReply
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Sampling, Tool
from limen.model.token_count import TokenCount
from limen.wire.edit import Fields

DIALECT = BedrockTokenCount()
CONVERSATION = {key: REQUEST[key] for key in ("messages", "system", "toolConfig", "additionalModelRequestFields")}


@pytest.mark.parametrize(
    "told",
    [
        {"converse": CONVERSATION},
        {"converse": CONVERSATION, "odd": 1},
        {"invokeModel": {"body": "eyJh"}},
    ],
)
def test_a_question_comes_back(told: dict[str, Any]) -> None:
    """A conversation, and a body that only its model can read."""
    body = text({"input": told})
    DIALECT.validate_relay(Fields.parse(body))
    assert exact(DIALECT.render_request(DIALECT.parse_request(body), Losses())) == exact(body)


def test_recorded_exchanges_come_back() -> None:
    """Questions and answers."""
    for name, body in bodies("count_tokens", "request"):
        if b'"input"' in body and b'"converse"' in body:
            assert exact(DIALECT.render_request(DIALECT.parse_request(body), Losses())) == exact(body), name
    for name, body in bodies("count_tokens", "response"):
        if b"inputTokens" in body:
            assert exact(DIALECT.render_response(DIALECT.parse_response(body), Losses())) == exact(body), name


def test_another_dialects_question() -> None:
    """Only what goes into the model is sent, and the rest is no loss."""
    losses = Losses()
    turns = (Message("user", (Text("hi"),)),)
    request = ChatRequest(
        "m", turns, "other", (Tool("t"),), sampling=Sampling(0.5, seed=1), max_tokens=5, user="u", n=2
    )
    told = json.loads(DIALECT.render_request(request, losses))
    assert set(told["input"]["converse"]) == {"messages", "toolConfig"}
    assert not losses


def test_a_count_is_read_and_written() -> None:
    """One number."""
    assert DIALECT.parse_response(b'{"inputTokens":5}').input_tokens == 5
    assert DIALECT.render_response(TokenCount(7, "other"), Losses()) == b'{"inputTokens":7}'
    for body in (b"{}", b"x", b'{"inputTokens":"5"}'):
        with pytest.raises(MalformedReply):
            DIALECT.parse_response(body)
    for body in (b"{}", b'{"input":3}'):
        with pytest.raises(BadRequest):
            DIALECT.parse_request(body)


def test_errors_are_bedrocks() -> None:
    """With the kind in the header."""
    fault = DIALECT.parse_error(429, [(b"x-amzn-errortype", b"ThrottlingException")], b'{"message":"no"}')
    assert DIALECT.render_error(fault) == b'{"message":"no"}'
    assert DIALECT.error_headers(fault) == [(b"x-amzn-errortype", b"ThrottlingException")]
