"""Legacy completions as a whole."""

import json
from typing import Any

import pytest
from openai.types import Completion

from corpus import errors, recordings, streams
from limen.dialects.members import Members
from limen.dialects.openai.completions import OpenAICompletions, take_inputs
from limen.errors import BadRequest, MalformedReply
from limen.model.content import Text, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.wire.edit import Fields
from openai_wire import chunks, collect, events, exact, fixture, rendered, request_again, response_again, said

DIALECT = OpenAICompletions()
# Recorded under this name, but on another wire: Anthropic's `/v1/complete`, Portkey's saved prompts, Writer's own stream.
OTHERS = ("anthropic", "gateway")


def recorded(key: str) -> list[tuple[str, bytes]]:
    return [
        (exchange["id"], json.dumps(exchange[key]).encode())
        for exchange in recordings("completions")
        if exchange["provider"] not in OTHERS and exchange["status"] == 200 and exchange.get(key)
    ]


def test_the_fixture_comes_back() -> None:
    """Request, answer and stream."""
    for render, name in ((request_again, "request.json"), (response_again, "response.json")):
        body = fixture("completion", name)
        assert exact(render(DIALECT, body)) == exact(body)
    stream = fixture("completion", "stream.sse")
    assert chunks(rendered(DIALECT, events(DIALECT, stream))) == chunks(stream)
    Completion.model_validate_json(response_again(DIALECT, fixture("completion", "response.json")))


def test_a_stream_is_the_answer_in_pieces() -> None:
    """In any split."""
    stream = fixture("completion", "stream.sse")
    found = events(DIALECT, stream)
    assert said(collect(found)) == said(DIALECT.parse_response(fixture("completion", "response.json")))
    assert events(DIALECT, stream, range(1, len(stream))) == found


def test_recorded_completions_come_back() -> None:
    """All that are on this wire."""
    assert [name for name, body in recorded("request") if exact(request_again(DIALECT, body)) != exact(body)] == []
    assert [name for name, body in recorded("response") if exact(response_again(DIALECT, body)) != exact(body)] == []
    for name, data in streams("completions"):
        if b'"choices"' in data:
            assert chunks(rendered(DIALECT, events(DIALECT, data))) == chunks(data), name


def test_recorded_refusals_are_parsed() -> None:
    """Requests that a provider refused come back too."""
    for exchange in errors("completions"):
        body = json.dumps(exchange["request"]).encode()
        assert exact(request_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize("value", ["x", "", [1, 2], ["a", "b"], [[1], [2, 3]], ["a", [1]], []])
def test_inputs_come_back(value: Any) -> None:
    """Texts and token ids, one or many."""
    request = DIALECT.parse_request(json.dumps({"model": "m", "prompt": value}).encode())
    assert json.loads(DIALECT.render_request(request, Losses()))["prompt"] == value


@pytest.mark.parametrize("value", [None, 1, {}, [None], [1, "a"], [1.5], [[["x"]]], [True]])
def test_other_inputs_are_refused(value: Any) -> None:
    """The place is named."""
    with pytest.raises(BadRequest) as told:
        take_inputs(Members({"prompt": value}), "prompt")
    assert told.value.param == "prompt"


@pytest.mark.parametrize(
    "members", [{"logprobs": True}, {"echo": 1}, {"suffix": 1}, {"best_of": "2"}, {"max_tokens": 1.5}]
)
def test_a_wrong_type_names_its_place(members: dict[str, Any]) -> None:
    """`logprobs` is a number here."""
    with pytest.raises(BadRequest) as told:
        DIALECT.parse_request(json.dumps({"prompt": "x", **members}).encode())
    assert told.value.param == next(iter(members))


def test_odd_answers_come_back_or_are_malformed() -> None:
    """A choice may lack anything; without choices it is no answer."""
    for choice in ({}, {"text": None}, {"text": "x", "finish_reason": "", "seed": 1}, {"message": {"content": "x"}}):
        body = json.dumps({"choices": [choice]}).encode()
        assert exact(response_again(DIALECT, body)) == exact(body)
    for body in (b"{}", b'{"choices":[1]}', b"<"):
        with pytest.raises(MalformedReply):
            DIALECT.parse_response(body)


def test_another_dialects_answer_is_its_text() -> None:
    """All else is a named loss."""
    losses = Losses()
    choice = Choice(0, (Text("a"), ToolCall("c", "f", "{}"), Text("b")), "tool_calls", "x", logprobs=[1])
    answer = Completion.model_validate_json(DIALECT.render_response(ChatResponse("i", "m", (choice,), "other"), losses))
    assert (answer.choices[0].text, answer.object, answer.created) == ("ab", "text_completion", 0)
    assert sorted(name for name, _ in losses.items()) == [
        "choices[0].content[1]",
        "choices[0].logprobs",
        "finish_reason",
    ]


def test_a_relayed_body_must_have_a_prompt() -> None:
    """And a `stream` that is a flag."""
    DIALECT.validate_relay(Fields.parse(b'{"prompt":"","stream":true}'))
    for body, param in ((b"{}", "prompt"), (b'{"prompt":null}', "prompt"), (b'{"prompt":"x","stream":"x"}', "stream")):
        with pytest.raises(BadRequest) as told:
            DIALECT.validate_relay(Fields.parse(body))
        assert told.value.param == param


def test_errors_have_openais_shape() -> None:
    """Both ways."""
    fault = DIALECT.parse_error(404, (), b'{"error":"gone"}')
    assert json.loads(DIALECT.render_error(fault))["error"]["message"] == "gone"
