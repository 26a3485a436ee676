"""Cohere's rerank."""

import json

import cohere
import httpx
import pytest

from limen.dialects.cohere.rerank import CohereRerank
from limen.dialects.jina.rerank import JinaRerank
from limen.errors import FaultKind, ProviderReply
from limen.model.losses import Losses

DIALECT = CohereRerank()
JINA = b'{"model":"m","results":[{"index":1,"relevance_score":0.9,"document":{"text":"b"}}],"usage":{"total_tokens":7}}'


def test_documents_are_not_given_back() -> None:
    """Who asks for them is told so."""
    request = JinaRerank().parse_request(b'{"query":"q","documents":["a"],"return_documents":true,"priority":1}')
    losses = Losses()
    body = json.loads(DIALECT.render_request(request, losses))
    assert body == {"query": "q", "documents": ["a"], "priority": 1}
    assert list(losses) == ["return_documents"]


def test_the_official_client_reads_what_is_rendered() -> None:
    """An answer of another provider, as Cohere's."""
    losses = Losses()
    body = DIALECT.render_response(JinaRerank().parse_response(JINA), losses)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = cohere.ClientV2(api_key="k", base_url="http://x", httpx_client=httpx.Client(transport=transport))
    got = client.rerank(model="m", query="q", documents=["a", "b"])
    assert [(each.index, each.relevance_score) for each in got.results] == [(1, 0.9)]
    assert got.meta is not None
    assert got.meta.billed_units.input_tokens == 7  # type: ignore[union-attr]
    assert list(losses) == ["results[0].document"]


def test_errors_are_coheres() -> None:
    """Read and told."""
    assert DIALECT.parse_error(429, (), b'{"message":"slow"}').kind is FaultKind.RATE_LIMITED
    assert DIALECT.render_error(ProviderReply("x", status=500, kind=FaultKind.OVERLOADED)) == b'{"message":"x"}'
    with pytest.raises(ProviderReply):
        DIALECT.check_response(b'{"message":"no"}')
