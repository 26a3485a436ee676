"""What all rerank dialects have in common."""

import json
from typing import Any

import pytest

import corpus
from limen.dialects.base import AnyDialect
from limen.dialects.cohere.rerank import CohereRerank
from limen.dialects.jina.rerank import JinaRerank
from limen.dialects.rerank import input_usage, text_of
from limen.dialects.voyage.rerank import VoyageRerank
from limen.errors import BadRequest, MalformedReply
from limen.model.losses import Losses
from limen.wire.edit import Fields
from openai_wire import exact, request_again, response_again

DIALECTS = {"cohere": CohereRerank(), "llamacpp": JinaRerank(), "voyage": VoyageRerank()}
ALL = list(DIALECTS.values())


def recorded(key: str) -> list[tuple[AnyDialect, bytes]]:
    return [
        (DIALECTS[each["provider"]], json.dumps(each[key]).encode())
        for each in corpus.recordings("rerank")
        if each["status"] == 200
    ]


def test_recorded_requests_come_back() -> None:
    """At home."""
    for dialect, body in recorded("request"):
        assert exact(request_again(dialect, body)) == exact(body)


def test_recorded_answers_come_back() -> None:
    """At home."""
    for dialect, body in recorded("response"):
        assert exact(response_again(dialect, body)) == exact(body)


@pytest.mark.parametrize("target", ALL)
def test_recorded_exchanges_cross(target: AnyDialect) -> None:
    """What is asked and what is answered arrives."""
    for dialect, body in recorded("request"):
        sent = dialect.parse_request(body)
        got = target.parse_request(target.render_request(sent, Losses()))
        assert (got.model, got.query, got.documents, got.top_n) == (sent.model, sent.query, sent.documents, sent.top_n)
    for dialect, body in recorded("response"):
        answer = dialect.parse_response(body)
        arrived = target.parse_response(target.render_response(answer, Losses()))
        assert [(each.index, each.score) for each in arrived.results] == [
            (each.index, each.score) for each in answer.results
        ]
        assert arrived.usage is not None
        assert answer.usage is not None
        assert arrived.usage.total == answer.usage.total


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"documents": ["a"]}, "query"),
        ({"query": "q"}, "documents"),
        ({"query": "q", "documents": []}, "documents"),
        ({"query": "q", "documents": "a"}, "documents"),
        ({"query": "q", "documents": ["a", 1]}, "documents[1]"),
        ({"query": "q", "documents": ["a"], "top_n": "1"}, "top_n"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    """The place of the fault is in `param`."""
    with pytest.raises(BadRequest) as raised:
        JinaRerank().parse_request(json.dumps(body).encode())
    assert raised.value.param == param


def test_relayed_bodies_are_looked_at() -> None:
    """A query, and something to rank."""
    JinaRerank().validate_relay(Fields.parse(b'{"query":"q","documents":["a"]}'))
    for body in (b'{"query":"q","documents":[ ]}', b'{"documents":["a"]}'):
        with pytest.raises(BadRequest):
            JinaRerank().validate_relay(Fields.parse(body))


@pytest.mark.parametrize("dialect", ALL)
def test_odd_spellings_come_back(dialect: AnyDialect) -> None:
    """The other name of the bound, a query that is an object, nulls and unknown keys."""
    body = json.dumps(
        {"query": {"image": "x"}, "documents": [{"text": "a", "x": 1}], dialect.also_top: 3, "new": None, "user": "u"}  # type: ignore[attr-defined]
    ).encode()
    assert exact(request_again(dialect, body)) == exact(body)


@pytest.mark.parametrize("dialect", ALL)
def test_odd_answers_come_back(dialect: AnyDialect) -> None:
    """Other names of the score, no index, documents in any shape."""
    results = [{"score": 0.5, "document": {"text": "a"}}, {"index": 1, "x": None}, {"index": 2, "relevance_score": 1}]
    body = json.dumps({dialect.results: results, "object": "other", "id": None}).encode()  # type: ignore[attr-defined]
    assert exact(response_again(dialect, body)) == exact(body)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"results":{},"data":{}}', b'{"results":[1],"data":[1]}'])
@pytest.mark.parametrize("dialect", ALL)
def test_what_is_no_answer_is_malformed(dialect: AnyDialect, body: bytes) -> None:
    """There is a list of objects, or there is no answer."""
    with pytest.raises(MalformedReply):
        dialect.parse_response(body)


def test_objects_are_ranked_as_texts_where_there_is_nothing_else() -> None:
    """By their text, or by their JSON, which is named."""
    documents = [{"text": "a"}, {"title": "b", "text": "c"}, "d"]
    request = JinaRerank().parse_request(json.dumps({"query": "q", "documents": documents}).encode())
    losses = Losses()
    body = json.loads(CohereRerank().render_request(request, losses))
    assert body["documents"] == ["a", '{"title":"b","text":"c"}', "d"]
    assert list(losses) == ["documents[1]"]


def test_helping_values() -> None:
    """All tokens of a rerank went in, and a document is its text."""
    assert input_usage({"total_tokens": 5, "prompt_tokens": None}, "x").input_total == 5
    assert text_of({"text": "a"}) == "a"
    assert text_of({"image": "a"}) == {"image": "a"}
