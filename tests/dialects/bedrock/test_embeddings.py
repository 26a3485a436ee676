"""Embeddings of Titan, Nova and Cohere."""

import json
from typing import Any

import pytest

from bedrock_wire import exact, text
from corpus import recordings
from limen.dialects.bedrock.embeddings import BedrockEmbeddings, most_texts, packed
from limen.errors import BadRequest, MalformedReply
from limen.model.losses import Losses
from limen.model.request import EmbeddingRequest

DIALECT = BedrockEmbeddings()
TITAN, NOVA, COHERE = "amazon.titan-embed-text-v2:0", "amazon.nova-2-multimodal-embeddings-v1:0", "cohere.embed-v4:0"


def body(model: str, *inputs: Any, losses: Losses | None = None, **more: Any) -> Any:
    request = EmbeddingRequest(model, inputs, "openai_embeddings", **more)
    return json.loads(DIALECT.render_request(request, losses if losses is not None else Losses()))


def test_each_family_has_its_body() -> None:
    """And its own name for the number of dimensions."""
    assert body(TITAN, "a", dimensions=256) == {"inputText": "a", "dimensions": 256}
    nova = body(NOVA, "a", dimensions=256)["singleEmbeddingParams"]
    assert (nova["text"]["value"], nova["embeddingDimension"]) == ("a", 256)
    cohere = body(COHERE, "a", "b", dimensions=256)
    assert (cohere["texts"], cohere["output_dimension"], cohere["input_type"]) == (["a", "b"], 256, "search_document")
    assert "model" not in cohere


def test_parameters_of_a_family_pass() -> None:
    """What a client adds for the model; what is unknown, and what has no place, is named."""
    losses = Losses()
    built = body(TITAN, "a", losses=losses, user="u", extra={"normalize": False, "odd": 1})
    assert built == {"inputText": "a", "normalize": False}
    assert set(losses) == {"user", "odd"}
    losses = Losses()
    assert (
        body(COHERE, "a", losses=losses, extra={"input_type": "search_query", "odd": 1})["input_type"] == "search_query"
    )
    assert set(losses) == {"odd"}


def test_more_than_a_body_holds_is_refused() -> None:
    """The provider asks in parts; token ids no model takes."""
    assert (most_texts(TITAN), most_texts(f"us.{COHERE}")) == (1, 96)
    for inputs in (("a", "b"), ([1, 2],)):
        with pytest.raises(BadRequest):
            body(TITAN, *inputs)


@pytest.mark.parametrize(
    "told",
    [
        {"embedding": [1.5, 2], "inputTextTokenCount": 3, "embeddingsByType": {"float": [1.5, 2]}},
        {"embeddings": [[1.5, 2]], "id": "x", "response_type": "embeddings_floats", "texts": ["a"]},
        {"embeddings": {"float": [[1.5, 2]]}},
        {"embeddings": [{"embeddingType": "TEXT", "embedding": [1.5, 2]}]},
    ],
)
def test_vectors_are_found(told: dict[str, Any]) -> None:
    """Whatever the answer's shape."""
    found = DIALECT.parse_response(text(told))
    assert [each.vector for each in found.embeddings] == [(1.5, 2)]
    assert (found.usage.input_total if found.usage else None) == told.get("inputTextTokenCount")


@pytest.mark.parametrize(
    "told", [{}, {"embedding": "x"}, {"embedding": ["x"]}, {"embeddings": {"float": 1}}, {"embeddings": [1]}]
)
def test_an_answer_without_vectors_is_none(told: dict[str, Any]) -> None:
    """It is refused."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(text(told))


def test_titans_bodies_come_back() -> None:
    """A client of Titan's."""
    asked = {"inputText": "a", "dimensions": 256, "normalize": True}
    assert exact(DIALECT.render_request(DIALECT.parse_request(text(asked)), Losses())) == exact(asked)
    answer = {"embedding": [1.5], "inputTextTokenCount": 3, "embeddingsByType": {"float": [1.5]}}
    assert exact(DIALECT.render_response(DIALECT.parse_response(text(answer)), Losses())) == exact(answer)
    assert DIALECT.parse_request(b'{"texts":["a","b"],"input_type":"classification"}').inputs == ("a", "b")


def test_recorded_vectors_are_found() -> None:
    """Each recorded answer has one."""
    for exchange in recordings("invoke"):
        if "embed" in (exchange["url"] or "") and exchange["status"] == 200:
            assert DIALECT.parse_response(text(exchange["response"])).embeddings


def test_vectors_are_packed() -> None:
    """As float32, little-endian."""
    assert packed((1.0,)) == "AACAPw=="
    assert packed("AACAPw==") == "AACAPw=="


def test_errors_are_bedrocks() -> None:
    """With the kind in the header."""
    fault = DIALECT.parse_error(400, [(b"x-amzn-errortype", b"ValidationException")], b'{"message":"no"}')
    assert DIALECT.render_error(fault) == b'{"message":"no"}'
    assert DIALECT.error_headers(fault) == [(b"x-amzn-errortype", b"ValidationException")]
