"""The ``/invocations`` format of models that MLflow serves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limen.dialects.mlflow.serving import MlflowServingChat, MlflowServingCompletions, MlflowServingEmbeddings
from limen.errors import BadRequest, FaultKind, MalformedReply, Unprocessable
from limen.model.content import Image, Source, Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest, Message, Sampling


def chat(*messages: Message, **more: Any) -> ChatRequest:
    return ChatRequest("m", messages, "openai_chat", **more)


def test_a_question() -> None:
    """The only message becomes the input, all else the parameters, in OpenAI's words."""
    request = chat(
        Message("user", (Text("Hi"),), plain=True),
        sampling=Sampling(temperature=0.5),
        max_tokens=7,
        stop=("x",),
        stream=False,
    )
    body = json.loads(MlflowServingChat().render_request(request, Losses()))
    assert body == {"inputs": ["Hi"], "params": {"temperature": 0.5, "max_tokens": 7, "stop": ["x"]}}
    plain = json.loads(MlflowServingChat().render_request(chat(Message("user", (Text("Hi"),))), Losses()))
    assert plain == {"inputs": ["Hi"]}


def test_a_conversation_is_refused() -> None:
    """There is room for one message; leaving some out would change the question."""
    with pytest.raises(Unprocessable) as caught:
        MlflowServingChat().render_request(chat(Message("system", ()), Message("user", (Text("Hi"),))), Losses())
    assert caught.value.status == 422


def test_a_picture_is_a_loss() -> None:
    """What is no text is named as lost."""
    losses = Losses()
    MlflowServingChat().render_request(chat(Message("user", (Text("Hi"), Image(Source(url="u"))))), losses)
    assert list(losses) == ["messages[0].content[1]"]


def test_prompts_and_inputs() -> None:
    """Completions and embeddings send their lists."""
    text = CompletionRequest("m", ("a", "b"), "openai_completions", plain=False, max_tokens=3)
    assert json.loads(MlflowServingCompletions().render_request(text, Losses())) == {
        "inputs": ["a", "b"],
        "params": {"max_tokens": 3},
    }
    vectors = EmbeddingRequest("m", ("a",), "openai_embeddings", plain=True)
    assert json.loads(MlflowServingEmbeddings().render_request(vectors, Losses())) == {"inputs": ["a"]}


@pytest.mark.parametrize(
    ("predictions", "texts"),
    [
        (["x"], ["x"]),
        (["x", "y"], ["x", "y"]),
        ({"choices": ["x"], "other": 1}, ["x"]),
        ({"anything": ["x"]}, ["x"]),
        ("x", ["x"]),
    ],
)
def test_texts(predictions: Any, texts: list[str]) -> None:
    """Each shape in which models return texts is read; the name is the endpoint's; the id is the same every time."""
    body = json.dumps({"predictions": predictions}).encode()
    answer = MlflowServingChat("named").parse_response(body)
    assert [choice.blocks for choice in answer.choices] == [(Text(text),) for text in texts]
    assert (answer.model, answer.usage) == ("named", None)
    assert answer.id == MlflowServingCompletions().parse_response(body).id


@pytest.mark.parametrize(
    "body", ["{", "[]", "{}", '{"predictions": []}', '{"predictions": {"a": 1, "b": 2}}', '{"predictions": [1]}']
)
def test_replies_that_are_no_texts(body: str) -> None:
    """Anything else is a malformed reply that says what is wrong."""
    with pytest.raises(MalformedReply):
        MlflowServingChat().parse_response(body.encode())


@pytest.mark.parametrize(
    ("predictions", "vectors"), [([[0.5, 1]], [(0.5, 1.0)]), ([0.5, 1], [(0.5, 1.0)]), ([[1], [2]], [(1.0,), (2.0,)])]
)
def test_vectors(predictions: Any, vectors: list[tuple[float, ...]]) -> None:
    """A flat list is one vector."""
    answer = MlflowServingEmbeddings("m").parse_response(json.dumps({"predictions": predictions}).encode())
    assert [item.vector for item in answer.embeddings] == vectors


@pytest.mark.parametrize("predictions", [["x"], [[]], [["x"]], [[True]]])
def test_vectors_that_are_none(predictions: Any) -> None:
    """Numbers, and at least one of them."""
    with pytest.raises(MalformedReply):
        MlflowServingEmbeddings().parse_response(json.dumps({"predictions": predictions}).encode())


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (MlflowServingChat(), {"inputs": ["Hi"], "params": {"temperature": 0.5}}),
        (MlflowServingCompletions(), {"inputs": ["a", "b"], "params": {"max_tokens": 3}}),
        (MlflowServingEmbeddings(), {"inputs": ["a", "b"]}),
    ],
)
def test_requests_go_round(dialect: Any, body: dict[str, Any]) -> None:
    """What is parsed is rendered again as it was."""
    assert json.loads(dialect.render_request(dialect.parse_request(json.dumps(body).encode()), Losses())) == body


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"inputs": "x"}', '{"inputs": ["x"], "params": 1}'])
def test_requests_that_are_none(body: str) -> None:
    """A request needs a list of inputs."""
    with pytest.raises(BadRequest):
        MlflowServingChat().parse_request(body.encode())


def test_answers_go_round() -> None:
    """Texts and vectors are given back as predictions."""
    for dialect, body in (
        (MlflowServingChat(), b'{"predictions":["x","y"]}'),
        (MlflowServingEmbeddings(), b'{"predictions":[[0.5]]}'),
    ):
        assert dialect.render_response(dialect.parse_response(body), Losses()) == body


def test_errors() -> None:
    """MLflow's errors are read and written."""
    dialect = MlflowServingChat()
    error = dialect.parse_error(
        400, [], b'{"error_code": "BAD_REQUEST", "message": "no such column", "stack_trace": "..."}'
    )
    assert (error.status, error.kind, error.message) == (400, FaultKind.CLIENT, "no such column")
    assert json.loads(dialect.render_error(BadRequest("wrong"))) == {
        "error_code": "INVALID_REQUEST",
        "message": "wrong",
    }
