"""Texts as vectors."""

import base64
import json
import struct
from typing import Any

import pytest

from corpus import bodies, recordings
from gemini_wire import dumped
from limen.dialects.gemini.embeddings import GeminiEmbedContent, GeminiEmbeddings
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.errors import BadRequest, MalformedReply, NotFound
from limen.model.losses import Losses
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.model.usage import Usage
from limen.wire.edit import Fields
from openai_wire import exact, request_again, response_again

DIALECT = GeminiEmbeddings()


def content(*texts: str) -> dict[str, Any]:
    """A content of text."""
    return {"parts": [{"text": text} for text in texts]}


@pytest.mark.parametrize(
    "body",
    [
        {"content": content("a")},
        {"content": {**content("a", "b"), "role": "user"}, "taskType": "RETRIEVAL_DOCUMENT", "title": "t"},
        {"content": {"parts": {"text": "a"}}, "output_dimensionality": 5, "model": "models/m"},
        {"content": {"parts": [{"inlineData": {}}]}, "outputDimensionality": None},
        {"requests": [{"model": "models/m", "content": content("a"), "outputDimensionality": 5}]},
        {
            "requests": [
                {"content": content("a"), "outputDimensionality": 5},
                {"content": content("b"), "task_type": "X"},
            ]
        },
        {"requests": [{"content": content("a"), "output_dimensionality": 5}] * 2, "more": 1},
    ],
)
def test_requests_come_back(body: dict[str, Any]) -> None:
    """One content or several, each with its own wishes."""
    assert exact(request_again(DIALECT, dumped(body))) == exact(dumped(body))


def test_the_hubs_request() -> None:
    """Texts, one size for all if there is one; what is no text is the content itself."""
    one = DIALECT.parse_request(dumped({"content": content("a", "b"), "outputDimensionality": 5}))
    assert (one.inputs, one.plain, one.dimensions) == (("a\nb",), True, 5)
    image = content("a")
    image["parts"].append({"inlineData": {}})
    many = DIALECT.parse_request(dumped({"requests": [{"content": content("a")}, {"content": image}]}))
    assert (many.inputs, many.plain) == (("a", image), False)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "content"),
        ({"content": "a"}, "content"),
        ({"requests": []}, "requests"),
        ({"requests": [1]}, "requests[0]"),
        ({"requests": [{"content": content("a")}, {}]}, "requests[1].content"),
    ],
)
def test_what_the_provider_would_refuse_is_named(body: dict[str, Any], place: str) -> None:
    """A request has a content."""
    with pytest.raises(BadRequest) as told:
        DIALECT.parse_request(dumped(body))
    assert told.value.param == place


def test_a_list_of_inputs_is_a_batch() -> None:
    """Each part of it names the model; one bare input is one content."""
    losses = Losses()
    request = EmbeddingRequest(
        "m", ("a", "b"), "other", dimensions=5, encoding_format="base64", user="u", extra={"x": 1}
    )
    assert json.loads(DIALECT.render_request(request, losses)) == {
        "requests": [{"model": "models/m", "content": content(text), "outputDimensionality": 5} for text in ("a", "b")]
    }
    assert list(losses) == ["encoding_format", "user", "x"]
    bare = EmbeddingRequest("m", ("a",), "other", plain=True)
    assert json.loads(DIALECT.render_request(bare, Losses())) == {"content": content("a")}
    with pytest.raises(BadRequest, match="token ids"):
        DIALECT.render_request(EmbeddingRequest("m", ((1, 2),), "other"), Losses())


@pytest.mark.parametrize(
    "answer",
    [
        {"embedding": {"values": [0.5, 1]}},
        {"embedding": {"values": [], "shape": [1]}, "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}},
        {"embeddings": [{"values": [0.5]}, {"values": [1.5], "statistics": {}}], "more": None},
        {"embeddings": []},
    ],
)
def test_answers_come_back(answer: dict[str, Any]) -> None:
    """Number by number."""
    assert exact(response_again(DIALECT, dumped(answer))) == exact(dumped(answer))


@pytest.mark.parametrize("body", [{}, {"embeddings": "x"}, {"embedding": {}}, {"embeddings": [{"values": ["x"]}]}])
def test_what_is_no_answer_is_malformed(body: dict[str, Any]) -> None:
    """A vector is numbers."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(dumped(body))


def test_another_dialects_answer() -> None:
    """Packed vectors are unpacked; at the door of one content there is one."""
    packed = base64.b64encode(struct.pack("<2f", 0.5, -1)).decode()
    usage = Usage(input_uncached=3, dialect="other")
    answer = EmbeddingResponse("m", (Embedding(0, packed), Embedding(1, (2.0,))), "other", usage)
    assert json.loads(DIALECT.render_response(answer, Losses())) == {
        "embeddings": [{"values": [0.5, -1.0]}, {"values": [2.0]}],
        "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3},
    }
    assert json.loads(GeminiEmbedContent().render_response(answer, Losses()))["embedding"] == {"values": [0.5, -1.0]}


def test_recordings_come_back_and_cross() -> None:
    """Google's, from either door; OpenAI's clients get the same vectors."""
    ours = {each["id"] for each in recordings("embeddings") if each["provider"] in ("gemini", "vertex")}
    for name, body in bodies("embeddings", "request"):
        if name in ours:
            assert exact(request_again(DIALECT, body)) == exact(body), name
    for name, body in bodies("embeddings", "response"):
        if name in ours:
            assert exact(response_again(DIALECT, body)) == exact(body), name
            here = DIALECT.parse_response(body)
            there = OpenAIEmbeddings().parse_response(OpenAIEmbeddings().render_response(here, Losses()))
            assert [each.vector for each in there.embeddings] == [each.vector for each in here.embeddings], name
    for name, body in bodies("embeddings", "request"):
        if name not in ours and b'"input"' in body:
            request = OpenAIEmbeddings().parse_request(body)
            if all(isinstance(each, str) for each in request.inputs):
                again = DIALECT.parse_request(DIALECT.render_request(request, Losses()))
                assert (again.inputs, again.dimensions) == (request.inputs, request.dimensions), name


def test_there_must_be_something_to_embed() -> None:
    """Before it is relayed; and errors are Google's."""
    DIALECT.validate_relay(Fields.parse(b'{"requests": []}'))
    with pytest.raises(BadRequest):
        DIALECT.validate_relay(Fields.parse(b"{}"))
    assert DIALECT.parse_error(404, (), DIALECT.render_error(NotFound("m"))).message == "m"
