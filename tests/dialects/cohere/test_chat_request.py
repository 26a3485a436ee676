"""Requests of Cohere's chat."""

import json
from typing import Any

import pytest

from cohere_wire import COHERE, OPENAI
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Reasoning, ResponseFormat, Sampling
from openai_wire import exact, request_again

HELLO = Message("user", (Text("Hi"),), plain=True)


def sent(**fields: Any) -> tuple[dict[str, Any], Losses]:
    losses = Losses()
    request = ChatRequest("m", (HELLO,), "test", **fields)
    return json.loads(COHERE.render_request(request, losses)), losses


def test_every_parameter_comes_back() -> None:
    """Known ones and unknown ones, nulls and all."""
    body = json.dumps(
        {
            "model": "command-a",
            "messages": [{"role": "user", "content": "Hi", "x": None}],
            "documents": ["a", {"id": "d", "data": {"text": "b"}}],
            "citation_options": {"mode": "FAST"},
            "response_format": {"type": "json_object", "schema": {"type": "object"}},
            "safety_mode": "OFF",
            "max_tokens": 5,
            "stop_sequences": ["a"],
            "temperature": 1,
            "seed": 123456789012345678901234567890,
            "frequency_penalty": 0.5,
            "presence_penalty": None,
            "k": 0,
            "p": 0.75,
            "logprobs": True,
            "thinking": {"type": "enabled", "token_budget": 99, "x": 1},
            "priority": 0,
            "raw_prompting": False,
            "stream": True,
        }
    ).encode()
    assert exact(request_again(COHERE, body)) == exact(body)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": "a"}], "k": "many"}, "k"),
        ({"messages": [{"role": "user", "content": "a"}], "response_format": {}}, "response_format.type"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    """The place of the fault is in `param`."""
    with pytest.raises(BadRequest) as raised:
        COHERE.parse_request(json.dumps(body).encode())
    assert raised.value.param == param


def test_values_are_brought_into_coheres_ranges() -> None:
    """And each that was bent is named."""
    body, losses = sent(sampling=Sampling(top_p=1, presence_penalty=-2, top_k=900, temperature=0.5))
    assert (body["p"], body["presence_penalty"], body["k"], body["temperature"]) == (0.99, 0, 500, 0.5)
    assert list(losses) == ["top_p", "top_k", "presence_penalty"]


def test_what_cohere_has_not_is_named() -> None:
    """Nothing goes silently."""
    _, losses = sent(sampling=Sampling(min_p=0.1, logit_bias={"1": 1}), user="u", n=2, parallel_tool_calls=False)
    assert set(losses) == {"min_p", "logit_bias", "user", "n", "parallel_tool_calls"}


def test_one_answer_and_parallel_calls_are_coheres_own_way() -> None:
    """To ask for them is to lose nothing."""
    body, losses = sent(n=1, parallel_tool_calls=True)
    assert not losses
    assert body.keys() == {"model", "messages"}


def test_five_stops_are_sent() -> None:
    """Cohere takes no more."""
    body, losses = sent(stop=tuple("abcdef"))
    assert body["stop_sequences"] == list("abcde")
    assert list(losses) == ["stop"]


def test_a_schema_is_a_json_object_with_one() -> None:
    """OpenAI's `json_schema` and back."""
    body, losses = sent(response_format=ResponseFormat("json_schema", "n", schema={"type": "object"}, strict=True))
    assert body["response_format"] == {"type": "json_object", "json_schema": {"type": "object"}}
    assert list(losses) == ["response_format.name", "response_format.strict"]
    assert OPENAI.render_request(COHERE.parse_request(json.dumps(body).encode()), Losses())


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Reasoning("none"), {"type": "disabled"}),
        (Reasoning(enabled=False, budget=5), {"type": "disabled"}),
        (Reasoning("low"), {"type": "enabled", "token_budget": 4096}),
        (Reasoning("high"), {"type": "enabled"}),
        (Reasoning(budget=77), {"type": "enabled", "token_budget": 77}),
    ],
)
def test_efforts_become_budgets(wanted: Reasoning, told: dict[str, Any]) -> None:
    """Low and medium are bounded, more is not."""
    assert sent(reasoning=wanted)[0]["thinking"] == told
