"""The dialects of MLflow's invocations routes."""

import json
from typing import Any

import pytest

from limen.dialects.base import AnyDialect
from limen.dialects.mlflow.invocations import (
    MODEL_NOT_PERMITTED,
    MlflowChat,
    MlflowCompletions,
    MlflowEmbeddings,
)
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.completions import OpenAICompletions
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.errors import TransportFault, Unprocessable
from limen.model.content import Text, ToolCall
from limen.model.events import BlockDelta, BlockStart, Finish, Start, UsageReport
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from limen.wire.edit import Fields
from limen.wire.sse import Frame
from openai_wire import events, exact, fixture, frames, rendered

CHAT, COMPLETIONS, EMBEDDINGS = MlflowChat(), MlflowCompletions(), MlflowEmbeddings()
BODIES: list[tuple[AnyDialect, dict[str, Any]]] = [
    (CHAT, {"messages": [{"role": "user", "content": "Hi"}], "stop": "x", "n": 1}),
    (COMPLETIONS, {"prompt": "Hi", "stop": "x"}),
    (EMBEDDINGS, {"input": "Hi", "dimensions": 2}),
]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(CHAT, OpenAIChat), (COMPLETIONS, OpenAICompletions), (EMBEDDINGS, OpenAIEmbeddings)]
)
def test_the_wire_is_openais(ours: AnyDialect, theirs: type[AnyDialect]) -> None:
    """So that an OpenAI-compatible provider is relayed to."""
    assert (ours.wire, ours.operation) == (theirs.wire, theirs.operation)
    assert ours.name != theirs.name


@pytest.mark.parametrize(("dialect", "body"), BODIES)
def test_requests_come_back(dialect: AnyDialect, body: dict[str, Any]) -> None:
    """Without a model; a plain `stop` is taken."""
    text = json.dumps(body).encode()
    dialect.validate_relay(Fields.parse(text))
    request = dialect.parse_request(text)
    assert request.model == ""
    assert exact(dialect.render_request(request, Losses())) == exact(text)


@pytest.mark.parametrize(("dialect", "body"), BODIES)
@pytest.mark.parametrize("model", ["m", "", None])
def test_a_model_is_not_permitted(dialect: AnyDialect, body: dict[str, Any], model: str | None) -> None:
    """The path names it; MLflow's message is kept, since clients show it."""
    text = json.dumps({**body, "model": model}).encode()
    for refuse in (lambda: dialect.validate_relay(Fields.parse(text)), lambda: dialect.parse_request(text)):
        with pytest.raises(Unprocessable) as told:
            refuse()
        assert told.value.message == MODEL_NOT_PERMITTED
        assert json.loads(dialect.render_error(told.value)) == {"detail": MODEL_NOT_PERMITTED}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"messages":[]}',
        b'{"messages":"x","prompt":null}',
        b'{"messages":[1],"prompt":[],"input":1,"stream":"x"}',
    ],
)
def test_a_body_that_cannot_be_taken_is_unprocessable(body: bytes) -> None:
    """422, with the place."""
    for dialect, _ in BODIES:
        with pytest.raises(Unprocessable) as told:
            take(dialect, body)
        assert told.value.param


def take(dialect: AnyDialect, body: bytes) -> None:
    """What happens to a body that is translated."""
    dialect.validate_relay(Fields.parse(body))
    dialect.parse_request(body)


def test_a_relayed_answer_is_dressed() -> None:
    """The keys are added, nothing is lost."""
    body = fixture("plain", "response.json")
    dressed = json.loads(CHAT.dress_response(body, "openai"))
    assert dressed["provider"] == "openai"
    assert dressed["choices"][0]["message"]["tool_calls"] is None
    del dressed["provider"], dressed["choices"][0]["message"]["tool_calls"]
    assert dressed == json.loads(body)
    plain = fixture("completion", "response.json")
    assert COMPLETIONS.dress_response(plain, "openai") is plain
    assert (CHAT.dresses, COMPLETIONS.dresses, EMBEDDINGS.dresses) == (True, True, False)


def test_relayed_frames_are_dressed() -> None:
    """All but the end marker, which MLflow has not, and comments."""
    for dialect in (CHAT, COMPLETIONS):
        assert dialect.dress_frame(Frame(b"[DONE]", b"data: [DONE]\n\n"), "p") == b""
        assert dialect.dress_frame(Frame(b"", b": hi\n\n"), "p") == b""
    found = [CHAT.dress_frame(frame, "p") for frame in frames(fixture("tools", "stream.sse"))]
    told = [json.loads(frame[6:]) for frame in found if frame]
    assert all(chunk["provider"] == "p" and "usage" in chunk for chunk in told)
    assert all(
        choice["delta"].keys() >= {"role", "content", "tool_calls"} for chunk in told for choice in chunk["choices"]
    )
    text = COMPLETIONS.dress_frame(Frame(b'{"choices":[]}', b""), "p")
    assert json.loads(text[6:]) == {"choices": [], "object": "text_completion_chunk"}


def test_a_translated_answer_has_mlflows_keys() -> None:
    """Also where the provider's dialect has no such keys."""
    choice = Choice(0, (ToolCall("c", "f", "{}"),), "tool_calls")
    told = json.loads(CHAT.render_response(ChatResponse("i", "m", (choice,), "other"), Losses()))
    assert told["choices"][0]["message"]["content"] is None
    assert told["usage"] == {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}
    whole = ChatResponse("i", "m", (Choice(0, (Text("x"),), "stop"),), "other")
    assert json.loads(COMPLETIONS.render_response(whole, Losses()))["usage"]["total_tokens"] is None


FOUND = [
    Start("i", "m", "other"),
    BlockStart(0, Text("")),
    BlockDelta(0, "a"),
    UsageReport(Usage(output_text=1)),
    Finish("stop"),
]


def test_a_translated_stream_has_mlflows_keys() -> None:
    """In every frame, and no end marker; the provider where it is known."""
    renderer = CHAT.stream_renderer(ChatRequest("m", (), "x", stream_usage=True), Losses(), "demo")
    told = [json.loads(frame.data) for frame in frames(b"".join(map(renderer.render, FOUND)) + renderer.end())]
    assert [chunk["choices"][0]["delta"] for chunk in told[:-1]] == [
        {"role": "assistant", "content": "", "tool_calls": None},
        {"role": None, "content": "a", "tool_calls": None},
        {"role": None, "content": None, "tool_calls": None},
    ]
    assert all(chunk["provider"] == "demo" for chunk in told)
    assert [chunk["usage"] is None for chunk in told] == [True, True, True, False]
    assert b"provider" not in rendered(CHAT, FOUND)


def test_a_stream_of_the_same_wire_is_dressed_as_a_relayed_one() -> None:
    """Whether a policy forces translation or not, the client sees the same."""
    stream = fixture("plain", "stream.sse")
    relayed = [json.loads(text[6:]) for text in (CHAT.dress_frame(frame, "") for frame in frames(stream)) if text]
    translated = [json.loads(frame.data) for frame in frames(rendered(CHAT, events(CHAT, stream)))]
    assert translated == relayed
    completion = fixture("completion", "stream.sse")
    relayed = [
        json.loads(text[6:]) for text in (COMPLETIONS.dress_frame(frame, "") for frame in frames(completion)) if text
    ]
    assert [
        json.loads(frame.data) for frame in frames(rendered(COMPLETIONS, events(COMPLETIONS, completion)))
    ] == relayed


def test_translated_completions_are_chunks() -> None:
    """By MLflow's name."""
    told = [json.loads(frame.data) for frame in frames(rendered(COMPLETIONS, FOUND))]
    assert {chunk["object"] for chunk in told} == {"text_completion_chunk"}


def test_an_error_in_a_stream_has_openais_shape() -> None:
    """Readers of such a stream look for `error`."""
    for dialect in (CHAT, COMPLETIONS):
        event = dialect.render_error_event(TransportFault("reset"))
        assert json.loads(event.removeprefix(b"data: "))["error"]["message"] == "reset"
        assert event.endswith(b"\n\n")
