"""Jina's rerank."""

import json

import cohere
import httpx

from limen.dialects.cohere.rerank import CohereRerank
from limen.dialects.jina.rerank import JinaRerank
from limen.errors import BadRequest, FaultKind
from limen.model.losses import Losses

DIALECT = JinaRerank()
COHERE = (
    b'{"id":"i","results":[{"index":0,"relevance_score":0.5}],'
    b'"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}'
)


def test_what_cohere_billed_is_told_beside_the_usage() -> None:
    """For clients of version 1 of Cohere, whose answers have this shape too."""
    losses = Losses()
    body = DIALECT.render_response(CohereRerank().parse_response(COHERE), losses)
    assert json.loads(body) == {
        "object": "list",
        "id": "i",
        "model": "",
        "results": [{"index": 0, "relevance_score": 0.5}],
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
        "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}},
    }
    assert not losses
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = cohere.Client(api_key="k", base_url="http://x", httpx_client=httpx.Client(transport=transport))
    got = client.rerank(model="m", query="q", documents=["a"])
    assert got.meta.billed_units.search_units == 1  # type: ignore[union-attr]


def test_errors_are_openais() -> None:
    """As servers of its dialect tell them; Jina's own `detail` is read."""
    assert DIALECT.parse_error(401, (), b'{"detail":"bad key"}').message == "bad key"
    assert DIALECT.parse_error(402, (), b"{}").kind is FaultKind.BILLING
    assert json.loads(DIALECT.render_error(BadRequest("b")))["error"]["message"] == "b"
