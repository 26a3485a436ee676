"""Embeddings as a whole."""

import json
from typing import Any

import pytest
from openai.types import CreateEmbeddingResponse

from corpus import recordings
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.errors import BadRequest, MalformedReply
from limen.model.losses import Losses
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.model.usage import Usage
from limen.wire.edit import Fields
from openai_wire import exact, fixture, request_again, response_again

DIALECT = OpenAIEmbeddings()


def is_openais(exchange: dict[str, Any]) -> bool:
    """Whether an exchange is on this wire; Gemini, Cohere, Bedrock and Ollama have their own, recorded under the same name."""
    answer, asked = exchange.get("response") or {}, exchange.get("request") or {"input": ""}
    return exchange["status"] == 200 and answer.get("object") == "list" and "data" in answer and "input" in asked


def test_the_fixture_comes_back() -> None:
    """Request and answer, numbers and base64."""
    for render, name in ((request_again, "request.json"), (response_again, "response.json")):
        body = fixture("embeddings", name)
        assert exact(render(DIALECT, body)) == exact(body)


def test_recorded_embeddings_come_back() -> None:
    """All that are on this wire, and there are some."""
    found = [exchange for exchange in recordings("embeddings") if is_openais(exchange)]
    assert len(found) > 10
    for exchange in found:
        for key, render in (("request", request_again), ("response", response_again)):
            if exchange.get(key):
                body = json.dumps(exchange[key]).encode()
                assert exact(render(DIALECT, body)) == exact(body), exchange["id"]


@pytest.mark.parametrize("members", [{}, {"input": None}, {"input": {"text": "x"}}, {"input": [1, "a"]}])
def test_an_input_must_be_text_or_tokens(members: dict[str, Any]) -> None:
    """The place is named."""
    with pytest.raises(BadRequest) as told:
        DIALECT.parse_request(json.dumps(members).encode())
    assert told.value.param == "input"


def test_a_wrong_type_names_its_place() -> None:
    """As in chat."""
    with pytest.raises(BadRequest) as told:
        DIALECT.parse_request(b'{"input":"x","dimensions":"5"}')
    assert told.value.param == "dimensions"


@pytest.mark.parametrize(
    "body", [b"{}", b'{"data":[1]}', b'{"data":[{}]}', b'{"data":[{"embedding":["x"]}]}', b'{"data":{}}']
)
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    """A vector is numbers or base64 text."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(body)


def test_odd_answers_come_back() -> None:
    """Without index or model, with whole numbers, with more in the usage."""
    body = b'{"data":[{"embedding":[0,1.0,-2],"x":null}],"usage":{"prompt_tokens":1,"cost":0.5},"model":null}'
    assert exact(response_again(DIALECT, body)) == exact(body)


def test_another_dialects_answer_satisfies_openais_types() -> None:
    """With a usage of two figures, and named losses."""
    losses = Losses()
    vectors = (Embedding(0, (0.5, 1.0)), Embedding(1, "QQ=="))
    response = EmbeddingResponse("m", vectors, "other", Usage(input_uncached=3), extra={"odd": 1})
    body = DIALECT.render_response(response, losses)
    found = CreateEmbeddingResponse.model_validate(
        {**json.loads(body), "data": [entry for entry in json.loads(body)["data"] if entry["index"] == 0]}
    )
    assert (found.object, found.data[0].object, found.data[0].embedding) == ("list", "embedding", [0.5, 1.0])
    assert json.loads(body)["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    assert [name for name, _ in losses.items()] == ["odd"]


def test_another_dialects_request() -> None:
    """Plain where it was, a list where it was."""
    for plain, sent in ((True, "a"), (False, ["a"])):
        request = EmbeddingRequest("m", ("a",), "other", plain=plain)
        assert json.loads(DIALECT.render_request(request, Losses())) == {"model": "m", "input": sent}


def test_a_relayed_body_must_have_an_input() -> None:
    """Whatever it is."""
    DIALECT.validate_relay(Fields.parse(b'{"input":[{"image":"x"}]}'))
    with pytest.raises(BadRequest):
        DIALECT.validate_relay(Fields.parse(b'{"input":null}'))


def test_embeddings_do_not_stream() -> None:
    """There is nothing to stream."""
    with pytest.raises(ValueError, match="does not stream"):
        DIALECT.stream_parser()
    with pytest.raises(ValueError, match="does not stream"):
        DIALECT.stream_renderer(EmbeddingRequest("m", ("a",), "x"), Losses())
    fault = DIALECT.parse_error(501, (), b'{"error":{"message":"not here"}}')
    assert b"not here" in DIALECT.render_error(fault)
