"""Voyage's rerank."""

import json

import pytest

from limen.dialects.jina.rerank import JinaRerank
from limen.dialects.voyage.rerank import VoyageRerank
from limen.errors import BadRequest, FaultKind, ProviderReply
from limen.model.losses import Losses

DIALECT = VoyageRerank()


def test_the_bound_has_another_name() -> None:
    """And what the client says beyond Jina's words is taken where Voyage knows it."""
    request = JinaRerank().parse_request(
        b'{"query":"q","documents":["a"],"top_n":1,"return_documents":true,"truncation":false}'
    )
    losses = Losses()
    assert json.loads(DIALECT.render_request(request, losses)) == {
        "query": "q",
        "documents": ["a"],
        "top_k": 1,
        "return_documents": True,
        "truncation": False,
    }
    assert not losses


def test_documents_are_given_back_as_texts() -> None:
    """And as objects to a client of Jina's."""
    body = b'{"object":"list","data":[{"index":0,"relevance_score":0.5,"document":"a"}],"model":"m","usage":{"total_tokens":3}}'
    jina = JinaRerank().render_response(DIALECT.parse_response(body), Losses())
    assert json.loads(jina)["results"][0]["document"] == {"text": "a"}
    assert json.loads(DIALECT.render_response(JinaRerank().parse_response(jina), Losses())) == json.loads(body)


def test_errors_have_a_detail() -> None:
    """Which is read, and told in OpenAI's shape."""
    fault = DIALECT.parse_error(400, (), b'{"detail":"Model x is not supported."}')
    assert (fault.message, fault.kind) == ("Model x is not supported.", FaultKind.CLIENT)
    assert json.loads(DIALECT.render_error(BadRequest("b")))["error"]["message"] == "b"
    with pytest.raises(ProviderReply):
        DIALECT.check_response(b'{"error":{"message":"x"}}')
