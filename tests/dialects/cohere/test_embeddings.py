"""Cohere's embeddings."""

import json
from typing import Any

import cohere
import httpx
import pytest

from cohere_wire import recorded
from limen.dialects.cohere.embeddings import CohereEmbeddings
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.errors import BadRequest, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.wire.edit import Fields
from openai_wire import exact, request_again, response_again

DIALECT, OPENAI = CohereEmbeddings(), OpenAIEmbeddings()


def test_recorded_exchanges_come_back() -> None:
    """Those of version 1 too."""
    for _, value in recorded("embeddings", "request", version="/none/"):
        body = json.dumps(value).encode()
        assert exact(request_again(DIALECT, body)) == exact(body)
    for _, value in recorded("embeddings", "response", version="/none/"):
        body = json.dumps(value).encode()
        assert exact(response_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize(
    "more",
    [
        {"texts": ["a"], "embedding_types": ["float"], "output_dimension": 256, "truncate": "END"},
        {"texts": ["a"], "embedding_types": ["float", "int8"]},
        {"texts": [], "images": ["data:image/png;base64,AA"]},
        {"inputs": [{"content": [{"type": "text", "text": "a"}]}], "texts": None},
        {"texts": ["a"], "embedding_types": None},
    ],
)
def test_requests_come_back(more: dict[str, Any]) -> None:
    """Texts, pictures, or both."""
    body = json.dumps({"model": "m", "input_type": "image", **more}).encode()
    assert exact(request_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize(
    "embeddings",
    [
        {"float": [[0.5]], "int8": [[1]]},
        {"float": None, "ubinary": [[1]]},
        {"base64": ["AA=="], "int8": [[1]]},
        {"float": []},
        [[1, 2.5]],
        [],
    ],
)
def test_answers_come_back(embeddings: Any) -> None:
    """With every type of vectors."""
    body = json.dumps(
        {"id": "a", "embeddings": embeddings, "texts": [], "meta": {"billed_units": {"images": 1}}}
    ).encode()
    assert exact(response_again(DIALECT, body)) == exact(body)


def test_openais_request_is_understood() -> None:
    """Texts are documents unless the client says what they are for, in whoever's words."""
    asked = {"model": "m", "input": "a", "dimensions": 4, "encoding_format": "base64", "user": "u"}
    losses = Losses()
    body = json.loads(DIALECT.render_request(OPENAI.parse_request(json.dumps(asked).encode()), losses))
    assert body == {
        "model": "m",
        "texts": ["a"],
        "output_dimension": 4,
        "embedding_types": ["base64"],
        "input_type": "search_document",
    }
    assert list(losses) == ["user"]
    for key, word in (("input_type", "query"), ("task", "retrieval.query"), ("input_type", "search_query")):
        asked = {"input": ["a"], key: word}
        losses = Losses()
        body = json.loads(DIALECT.render_request(OPENAI.parse_request(json.dumps(asked).encode()), losses))
        assert (body["input_type"], body["embedding_types"]) == ("search_query", ["float"])
        assert not losses


def test_token_ids_are_refused() -> None:
    """Cohere embeds texts."""
    with pytest.raises(BadRequest) as raised:
        DIALECT.render_request(OPENAI.parse_request(b'{"input":[[1,2]]}'), Losses())
    assert raised.value.param == "input"


@pytest.mark.parametrize(("vector", "kind"), [([0.5, -1], "float"), ("AAAAPw==", "base64")])
def test_the_official_client_reads_openais_answer(vector: Any, kind: str) -> None:
    """In the order of the texts, under the type that they have."""
    data = [{"index": 1, "embedding": vector}, {"index": 0, "embedding": vector}]
    answer = OPENAI.parse_response(json.dumps({"data": data, "model": "m", "usage": {"prompt_tokens": 3}}).encode())
    losses = Losses()
    body = DIALECT.render_response(answer, losses)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = cohere.ClientV2(api_key="k", base_url="http://x", httpx_client=httpx.Client(transport=transport))
    got = client.v2.embed(model="m", input_type="search_query", texts=["a", "b"])
    assert getattr(got.embeddings, "float_" if kind == "float" else kind) == [vector, vector]
    assert got.meta.billed_units.input_tokens == 3  # type: ignore[union-attr]
    assert not losses


def test_an_answer_reaches_openais_client() -> None:
    """Vectors of other types are named."""
    body = b'{"embeddings":{"float":[[1],[2]],"int8":[[3],[4]]},"meta":{"billed_units":{"input_tokens":2}}}'
    losses = Losses()
    told = json.loads(OPENAI.render_response(DIALECT.parse_response(body), losses))
    assert [each["embedding"] for each in told["data"]] == [[1], [2]]
    assert told["usage"] == {"prompt_tokens": 2, "total_tokens": 2}
    assert list(losses) == ["embeddings"]


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"embeddings":1}', b'{"embeddings":{"float":[["a"]]}}'])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    """There are vectors, or there is no answer."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(body)


def test_something_must_be_there_to_embed() -> None:
    """Relayed or not; and a 200 must hold vectors."""
    DIALECT.validate_relay(Fields.parse(b'{"images":[]}'))
    with pytest.raises(BadRequest):
        DIALECT.validate_relay(Fields.parse(b"{}"))
    with pytest.raises(BadRequest):
        DIALECT.parse_request(b"{}")
    with pytest.raises(ProviderReply):
        DIALECT.check_response(b'{"message":"x"}')
    assert DIALECT.render_error(DIALECT.parse_error(400, (), b'{"message":"x"}')) == b'{"message":"x"}'
