"""Voyage's embeddings."""

import json

import pytest

from cohere_wire import recorded
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.dialects.voyage.embeddings import VoyageEmbeddings
from limen.errors import BadRequest
from limen.model.losses import Losses
from openai_wire import exact, request_again, response_again

DIALECT, OPENAI = VoyageEmbeddings(), OpenAIEmbeddings()


def test_recorded_exchanges_come_back() -> None:
    """At home."""
    for _, value in recorded("embeddings", "request", "voyage", "/none/"):
        body = json.dumps(value).encode()
        assert exact(request_again(DIALECT, body)) == exact(body)
    for _, value in recorded("embeddings", "response", "voyage", "/none/"):
        body = json.dumps(value).encode()
        assert exact(response_again(DIALECT, body)) == exact(body)


def test_both_names_of_the_size_come_back() -> None:
    """Voyage knows one of them."""
    body = b'{"input":"a","model":"m","output_dimension":4,"dimensions":5}'
    assert exact(request_again(DIALECT, body)) == exact(body)
    assert DIALECT.parse_request(body).dimensions == 4


def test_openais_request_is_understood() -> None:
    """Numbers are what Voyage sends unasked, and its own words are taken from any client."""
    asked = b'{"input":["a"],"dimensions":4,"encoding_format":"float","input_type":"query","user":"u","new":1}'
    losses = Losses()
    body = json.loads(DIALECT.render_request(OPENAI.parse_request(asked), losses))
    assert body == {"input": ["a"], "output_dimension": 4, "input_type": "query"}
    assert list(losses) == ["new", "user"]
    packed = OPENAI.parse_request(b'{"input":["a"],"encoding_format":"base64"}')
    assert json.loads(DIALECT.render_request(packed, Losses())) == {"input": ["a"], "encoding_format": "base64"}
    odd = OPENAI.parse_request(b'{"input":["a"],"encoding_format":"odd"}')
    losses = Losses()
    assert json.loads(DIALECT.render_request(odd, losses)) == {"input": ["a"]}
    assert list(losses) == ["encoding_format"]


def test_token_ids_are_refused() -> None:
    """Voyage embeds texts."""
    with pytest.raises(BadRequest):
        DIALECT.render_request(OPENAI.parse_request(b'{"input":[1,2]}'), Losses())


def test_all_tokens_went_in() -> None:
    """Voyage tells only their sum."""
    answer = DIALECT.parse_response(b'{"data":[{"index":0,"embedding":[1]}],"model":"m","usage":{"total_tokens":3}}')
    told = json.loads(OPENAI.render_response(answer, Losses()))
    assert told["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    assert DIALECT.parse_response(b'{"data":[]}').usage is None
