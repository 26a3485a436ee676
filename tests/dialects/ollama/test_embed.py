"""Embeddings, new and old."""

import json
from typing import Any

import pytest

from corpus import recordings
from limen.dialects.base import AnyDialect
from limen.dialects.ollama.embed import OllamaEmbed, OllamaEmbeddings
from limen.errors import BadRequest, MalformedReply
from limen.model.losses import Losses
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.model.usage import Usage
from limen.wire.edit import Fields

NEW, OLD = OllamaEmbed(), OllamaEmbeddings()


def request_again(dialect: AnyDialect, body: Any) -> Any:
    losses = Losses()
    text = dialect.render_request(dialect.parse_request(json.dumps(body).encode()), losses)
    assert not losses
    return json.loads(text)


def response_again(dialect: AnyDialect, body: Any) -> Any:
    losses = Losses()
    text = dialect.render_response(dialect.parse_response(json.dumps(body).encode()), losses)
    assert not losses
    return json.loads(text)


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (NEW, {"model": "m", "input": "x", "options": {"temperature": 0}, "keep_alive": "1m", "truncate": True}),
        (NEW, {"model": "m", "input": ["x"], "dimensions": 3, "options": {}}),
        (NEW, {"input": []}),
        (OLD, {"model": "m", "prompt": "x", "options": {"num_ctx": 8}, "keep_alive": None}),
    ],
)
def test_requests_come_back(dialect: AnyDialect, body: dict[str, Any]) -> None:
    """To the last key."""
    assert request_again(dialect, body) == body


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (NEW, {"model": "m", "embeddings": [[1, 0.5], []], "total_duration": 7, "prompt_eval_count": 3}),
        (NEW, {"embeddings": []}),
        (OLD, {"embedding": [1.0, 2]}),
    ],
)
def test_answers_come_back(dialect: AnyDialect, body: dict[str, Any]) -> None:
    """So do answers."""
    assert response_again(dialect, body) == body


def test_recorded_exchanges_come_back() -> None:
    """Every one that spoke this wire."""
    found = [each for each in recordings("embeddings") if "embeddings" in (each.get("response") or {})]
    for each in found:
        if each["provider"] == "ollama":
            assert response_again(NEW, each["response"]) == each["response"]
            assert each["request"] is None or request_again(NEW, each["request"]) == each["request"]


def test_what_is_no_vector_is_malformed() -> None:
    """And what is nothing to embed is refused."""
    for body in (b"{}", b'{"embeddings":[7]}', b'{"embeddings":[["x"]]}'):
        with pytest.raises(MalformedReply):
            NEW.parse_response(body)
    with pytest.raises(MalformedReply):
        OLD.parse_response(b"{}")
    for dialect in (NEW, OLD):
        with pytest.raises(BadRequest):
            dialect.parse_request(b"{}")
        with pytest.raises(BadRequest):
            dialect.validate_relay(Fields.parse(b"{}"))
    with pytest.raises(BadRequest):
        NEW.parse_request(b'{"input":[1]}')


def test_another_dialects_request() -> None:
    """Texts alone; the old path takes one."""
    request = EmbeddingRequest("m", ("a", [1, 2], "b"), "other", dimensions=3, encoding_format="base64", user="u")
    losses = Losses()
    assert json.loads(NEW.render_request(request, losses)) == {"model": "m", "input": ["a", "b"], "dimensions": 3}
    assert list(losses) == ["input[1]", "encoding_format", "user"]
    losses = Losses()
    assert json.loads(OLD.render_request(request, losses)) == {"model": "m", "prompt": "a"}
    assert list(losses) == ["input[1]", "dimensions", "encoding_format", "user"]


def test_another_dialects_answer() -> None:
    """Vectors in order; the old path tells one and nothing beside it."""
    vectors = (Embedding(0, (1.0,)), Embedding(1, (2.0,)))
    response = EmbeddingResponse("m", vectors, "other", Usage(input_uncached=3))
    losses = Losses()
    body = json.loads(NEW.render_response(response, losses))
    assert body == {"model": "m", "embeddings": [[1.0], [2.0]], "prompt_eval_count": 3}
    assert not losses
    assert json.loads(OLD.render_response(response, losses)) == {"embedding": [1.0]}
    assert list(losses) == ["embeddings[1]", "model", "usage"]
    with pytest.raises(MalformedReply):
        NEW.render_response(EmbeddingResponse("m", (Embedding(0, "AAAA"),), "other"), losses)


def test_errors_are_ollamas() -> None:
    """One text."""
    assert NEW.render_error(NEW.parse_error(404, [], b'{"error":"no"}')) == b'{"error":"no"}'
    NEW.check_response(b'{"embeddings":[]}')
