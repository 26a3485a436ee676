"""Jina's embeddings."""

import json

import pytest

from limen.dialects.jina.embeddings import JinaEmbeddings
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.errors import BadRequest
from limen.model.losses import Losses
from openai_wire import exact, request_again, response_again

DIALECT, OPENAI = JinaEmbeddings(), OpenAIEmbeddings()
REQUEST = (
    b'{"model":"jina-embeddings-v3","task":"text-matching","input":["a"],"dimensions":4,"embedding_type":"binary"}'
)
ANSWER = (
    b'{"model":"m","object":"list","usage":{"total_tokens":3,"prompt_tokens":3},'
    b'"data":[{"object":"embedding","index":0,"embedding":[1]}]}'
)


def test_exchanges_come_back() -> None:
    """At home."""
    assert exact(request_again(DIALECT, REQUEST)) == exact(REQUEST)
    assert exact(response_again(DIALECT, ANSWER)) == exact(ANSWER)


def test_openais_request_is_understood() -> None:
    """A format is an `embedding_type`, and Jina's own words are taken from any client."""
    asked = b'{"input":"a","encoding_format":"base64","task":"retrieval.query","late_chunking":true,"user":"u","new":1}'
    losses = Losses()
    assert json.loads(DIALECT.render_request(OPENAI.parse_request(asked), losses)) == {
        "input": "a",
        "embedding_type": "base64",
        "task": "retrieval.query",
        "late_chunking": True,
    }
    assert list(losses) == ["new", "user"]


def test_token_ids_are_refused() -> None:
    """Jina embeds texts."""
    with pytest.raises(BadRequest):
        DIALECT.render_request(OPENAI.parse_request(b'{"input":[1,2]}'), Losses())


def test_all_tokens_went_in() -> None:
    """Whichever count is told."""
    usage = DIALECT.parse_response(ANSWER).usage
    assert usage is not None
    assert (usage.input_total, usage.total) == (3, 3)
    assert DIALECT.parse_response(b'{"data":[]}').usage is None
