"""Counting tokens."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from corpus import bodies
from gemini_wire import dumped
from limen.dialects.gemini.count_tokens import GeminiCountTokens
from limen.errors import BadRequest, MalformedReply, NotFound
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, Message
from limen.model.token_count import TokenCount
from limen.wire.edit import Fields
from openai_wire import exact, request_again, response_again

DIALECT = GeminiCountTokens()
CONTENTS = [{"parts": [{"text": "a"}], "role": "user"}]


@pytest.mark.parametrize(
    "body",
    [
        {"contents": CONTENTS},
        {"contents": CONTENTS, "generation_config": {"max_output_tokens": 1}, "systemInstruction": {"parts": []}},
        {"generateContentRequest": {"model": "models/m", "contents": CONTENTS, "tools": []}},
        {"generate_content_request": {"contents": CONTENTS, "top": 1}, "other": 1},
    ],
)
def test_requests_come_back(body: dict[str, Any]) -> None:
    """Bare contents, a whole request inside, and Vertex AI's form with everything side by side."""
    assert exact(request_again(DIALECT, dumped(body))) == exact(dumped(body))


@pytest.mark.parametrize(
    "answer",
    [
        {"totalTokens": 11, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 11}]},
        {"totalTokens": 0},
        {},
        {"totalBillableCharacters": 1},
    ],
)
def test_answers_come_back(answer: dict[str, Any]) -> None:
    """With their details; a zero may be left out."""
    assert exact(response_again(DIALECT, dumped(answer))) == exact(dumped(answer))
    assert DIALECT.parse_response(dumped(answer)).input_tokens == answer.get("totalTokens", 0)


@pytest.mark.parametrize("body", [b'{"totalTokens": "11"}', b'{"error": {}}', b"1"])
def test_what_is_no_count_is_malformed(body: bytes) -> None:
    """A number must be one."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(body)


def test_recordings_come_back() -> None:
    """Google's, from either door."""
    known = ("contents", "generateContentRequest")
    ours = [body for _, body in bodies("count_tokens", "request") if any(f'"{key}"'.encode() in body for key in known)]
    assert len(ours) >= 4
    for body in ours:
        assert exact(request_again(DIALECT, body)) == exact(body)
    for _, body in bodies("count_tokens", "response"):
        if b"totalTokens" in body:
            assert exact(response_again(DIALECT, body)) == exact(body)


def test_another_dialects_question() -> None:
    """The Gemini API wants it inside an object that names the model, Vertex AI bare."""
    request = ChatRequest("m", (Message("user", (Text("a"),)),), "other")
    built = {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}
    assert json.loads(DIALECT.render_request(request, Losses())) == {
        "generateContentRequest": {"model": "models/m", **built}
    }
    assert json.loads(GeminiCountTokens(wraps=False).render_request(request, Losses())) == built


def test_the_model_inside_is_the_one_that_is_asked() -> None:
    """Not what a client calls it."""
    asked = DIALECT.parse_request(dumped({"generateContentRequest": {"model": "models/ours", "contents": CONTENTS}}))
    told = json.loads(DIALECT.render_request(replace(asked, model="real"), Losses()))
    assert told["generateContentRequest"]["model"] == "models/real"


def test_another_dialects_count() -> None:
    """What it has besides is named."""
    losses = Losses()
    assert json.loads(DIALECT.render_response(TokenCount(5, "other", {"odd": 1}), losses)) == {"totalTokens": 5}
    assert list(losses) == ["odd"]


def test_there_must_be_something_to_count() -> None:
    """Before it is relayed."""
    DIALECT.validate_relay(Fields.parse(b'{"generate_content_request": {}}'))
    with pytest.raises(BadRequest):
        DIALECT.validate_relay(Fields.parse(b"{}"))


def test_errors_are_googles() -> None:
    """Both ways."""
    assert DIALECT.operation is Operation.COUNT_TOKENS
    told = DIALECT.render_error(NotFound("m"))
    assert DIALECT.parse_error(404, (), told).message == "m"
