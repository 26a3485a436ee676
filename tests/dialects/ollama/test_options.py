"""Options, thinking and formats."""

from typing import Any

import pytest
from msgspec.structs import replace

from limen.dialects.members import Members
from limen.dialects.ollama.options import render_options, take_options
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Reasoning, ResponseFormat, Sampling

EMPTY = ChatRequest("m", (), "other")


def take(**given: Any) -> tuple[ChatRequest, dict[str, Any]]:
    request = Members(given)
    return ChatRequest("m", (), "ollama_chat", **take_options(request)), request.rest


def put(request: ChatRequest) -> tuple[dict[str, Any], list[str]]:
    built: dict[str, Any] = {}
    losses = Losses()
    render_options(request, built, Rendering("ollama_chat", request.dialect, losses))
    return built, list(losses)


def test_options_are_the_hubs_fields() -> None:
    """Those that only Ollama has stay where they were."""
    request, rest = take(options={"temperature": 0, "repeat_penalty": 1.1, "num_predict": 9, "stop": "x", "num_ctx": 8})
    assert request.sampling == Sampling(temperature=0, repetition_penalty=1.1)
    assert (request.max_tokens, request.stop, request.stop_plain) == (9, ("x",), True)
    assert rest == {"options": {"num_ctx": 8}}


def test_numbers_that_the_hub_can_not_say_stay() -> None:
    """A whole number with a point in it, and a bound that is none."""
    request, rest = take(options={"seed": 4.0, "num_predict": -1})
    assert (request.sampling.seed, request.max_tokens) == (None, None)
    assert rest == {"options": {"seed": 4.0, "num_predict": -1}}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"options": 7}, "options"),
        ({"options": {"temperature": "hot"}}, "options.temperature"),
        ({"options": {"stop": [1]}}, "options.stop"),
        ({"think": 7}, "think"),
        ({"format": "xml"}, "format"),
        ({"logprobs": 3}, "logprobs"),
    ],
)
def test_what_ollama_would_refuse_is_refused(given: dict[str, Any], place: str) -> None:
    """With its place."""
    with pytest.raises(BadRequest) as caught:
        take(**given)
    assert caught.value.param == place


@pytest.mark.parametrize(
    ("reasoning", "think", "lost"),
    [
        (Reasoning(effort="medium"), "medium", []),
        (Reasoning(effort="max"), "max", []),
        (Reasoning(effort="xhigh"), "max", ["reasoning.effort"]),
        (Reasoning(effort="minimal"), "low", ["reasoning.effort"]),
        (Reasoning(effort="odd"), True, ["reasoning.effort"]),
        (Reasoning(effort="none"), False, []),
        (Reasoning(enabled=False, budget=9), False, []),
        (Reasoning(enabled=True), True, []),
        (Reasoning(enabled=True, budget=9000), "medium", ["reasoning.budget"]),
        (Reasoning(summary="auto"), None, ["reasoning.summary"]),
    ],
)
def test_thinking_in_other_words(reasoning: Reasoning, think: Any, lost: list[str]) -> None:
    """Efforts keep their words; budgets become one, and are named."""
    assert put(replace(EMPTY, reasoning=reasoning)) == ({} if think is None else {"think": think}, lost)


@pytest.mark.parametrize("think", [True, False, "low", "odd"])
def test_ollamas_own_word_comes_back(think: Any) -> None:
    """A switch or an effort, known or not."""
    assert put(take(think=think)[0])[0] == {"think": think}


def test_formats_in_other_words() -> None:
    """JSON, a schema, plain text; what stands around a schema is named."""
    schema = {"type": "object"}
    wanted = ResponseFormat("json_schema", "person", "d", schema, strict=True)
    found = put(replace(EMPTY, response_format=wanted))
    assert found == ({"format": schema}, ["response_format.name", "response_format.description"])
    assert put(replace(EMPTY, response_format=ResponseFormat("json_object"))) == ({"format": "json"}, [])
    assert put(replace(EMPTY, response_format=ResponseFormat("text"))) == ({}, [])
    assert put(replace(EMPTY, response_format=ResponseFormat("grammar"))) == ({}, ["response_format"])
    assert take(format=schema)[0].response_format == ResponseFormat("json_schema", schema=schema)
    assert take(format="json")[0].response_format == ResponseFormat("json_object")
    assert take(format="")[1] == {"format": ""}


def test_what_ollama_has_no_word_for_is_named() -> None:
    """Biases; counts are brought into its range."""
    sampling = Sampling(logit_bias={"1": 2}, logprobs=True, top_logprobs=30)
    assert put(replace(EMPTY, sampling=sampling)) == (
        {"logprobs": True, "top_logprobs": 20},
        ["logit_bias", "top_logprobs"],
    )
