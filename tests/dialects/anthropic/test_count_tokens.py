"""The count of tokens."""

import json

import pytest
from anthropic.types import MessageTokensCount

from corpus import bodies
from limen.dialects.anthropic.count_tokens import AnthropicTokenCount
from limen.errors import BadRequest, MalformedReply, NotFound
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Reasoning, Sampling, Tool
from limen.model.token_count import TokenCount
from limen.wire.edit import Fields
from openai_wire import exact, request_again, response_again

DIALECT = AnthropicTokenCount()
BODY = b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "system": "s"}'


def test_requests_and_answers_come_back() -> None:
    """A request of a conversation, but for the bound on output."""
    assert exact(request_again(DIALECT, BODY)) == exact(BODY)
    answer = b'{"input_tokens": 7, "context_management": {"original_input_tokens": 9}}'
    assert exact(response_again(DIALECT, answer)) == exact(answer)


def test_recordings_come_back() -> None:
    """Anthropic's own, and those of servers of its dialect."""
    for name, body in bodies("count_tokens", "request"):
        if b'"messages"' in body and b"contents" not in body and b'"converse"' not in body:
            assert exact(request_again(DIALECT, body)) == exact(body), name
    for name, body in bodies("count_tokens", "response"):
        if set(json.loads(body)) == {"input_tokens"}:
            assert exact(response_again(DIALECT, body)) == exact(body), name


def test_a_request_of_another_dialect() -> None:
    """Only what goes into the model is counted, and leaving out the rest is no loss."""
    request = ChatRequest(
        "claude-opus-4-8",
        (Message("system", (Text("s"),)), Message("user", (Text("x"),))),
        "other",
        tools=(Tool("f"),),
        sampling=Sampling(temperature=0.5),
        max_tokens=9,
        reasoning=Reasoning("low"),
        stream=True,
    )
    losses = Losses()
    body = json.loads(DIALECT.render_request(request, losses))
    assert body.keys() == {"model", "system", "messages", "tools", "thinking", "output_config"}
    assert not losses


def test_an_answer_satisfies_anthropics_types() -> None:
    """And one that is none is malformed."""
    text = DIALECT.render_response(TokenCount(3, "other", {"odd": 1}), Losses())
    assert MessageTokensCount.model_validate_json(text).input_tokens == 3
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(b'{"input_tokens": "3"}')


def test_it_is_one_of_anthropics() -> None:
    """Errors and checks of the same family; nothing is streamed."""
    assert b"not_found_error" in DIALECT.render_error(NotFound("m"))
    assert DIALECT.parse_error(529, (), b"{}").status == 529
    with pytest.raises(BadRequest):
        DIALECT.validate_relay(Fields.parse(b"{}"))
    with pytest.raises(ValueError, match="stream"):
        DIALECT.stream_parser()
