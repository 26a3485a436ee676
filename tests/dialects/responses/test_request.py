"""The request as a whole."""

import json
from typing import Any

import pytest

from limen.dialects.rendering import Rendering
from limen.dialects.responses.request import render_reasoning
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Reasoning, ResponseFormat, Sampling
from openai_wire import exact, request_again
from responses_wire import DIALECT, WIRE, ask, body

CASES: list[dict[str, Any]] = [
    {"model": "m", "input": "Hi"},
    {"input": [], "instructions": "", "prompt": None},
    {"model": "", "input": "Hi", "instructions": None, "store": True, "background": False, "truncation": "auto"},
    {"prompt": {"id": "p"}, "stream": True, "stream_options": {"include_obfuscation": False}},
    {"previous_response_id": "r", "input": [{"role": "user", "content": "Hi"}], "max_output_tokens": 1},
    {
        "input": "Hi",
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "store": False,
        "top_logprobs": 2,
    },
    {"input": "Hi", "include": ["file_search_call.results"], "temperature": 1, "top_p": 0.5, "seed": 3, "store": 0},
    {
        "input": "Hi",
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": None}, "verbosity": "low"},
    },
    {"input": "Hi", "text": {}, "reasoning": {}, "metadata": {}, "user": None, "service_tier": "flex"},
    {"input": "Hi", "text": {"format": None}, "reasoning": {"effort": None, "summary": "auto", "context": "all_turns"}},
    {
        "input": "Hi",
        "text": {"format": {"type": "text"}},
        "reasoning": None,
        "parallel_tool_calls": False,
        "odd": [1.0],
    },
]


@pytest.mark.parametrize("case", CASES)
def test_requests_come_back(case: dict[str, Any]) -> None:
    """To the last key, null and empty object."""
    assert exact(request_again(DIALECT, body(case))) == exact(body(case))


def test_the_hub_has_what_others_can_say() -> None:
    """Instructions and a bare input are messages; log probabilities are asked for in `include`."""
    found = ask(instructions="Be brief.", include=["message.output_text.logprobs"], max_output_tokens=20)
    assert [(m.role, m.blocks, m.plain) for m in found.messages] == [
        ("system", (Text("Be brief."),), True),
        ("user", (Text("Hi"),), True),
    ]
    assert (found.sampling.logprobs, found.max_tokens) == (True, 20)


WRONG: list[tuple[Any, str | None]] = [
    ({"model": "m"}, "input"),
    ({"input": 1}, "input"),
    ({"input": "", "instructions": []}, "instructions"),
    ({"input": "", "text": {"format": {}}}, "text.format.type"),
    ({"input": "", "text": 1}, "text"),
    ({"input": "", "reasoning": {"effort": 1}}, "reasoning.effort"),
    ({"input": "", "stream": "yes"}, "stream"),
    ([], None),
]


@pytest.mark.parametrize(("case", "param"), WRONG)
def test_what_is_wrong_is_refused_in_its_place(case: Any, param: str | None) -> None:
    """As OpenAI would."""
    with pytest.raises(BadRequest) as error:
        DIALECT.parse_request(body(case))
    assert error.value.param == param


def test_another_dialects_request_is_made_for_a_server_that_stores_nothing() -> None:
    """Thoughts are asked for where thinking is; bounds are kept; what has no parameter is lost by name."""
    messages = (Message("system", (Text("S"),), plain=True), Message("user", (Text("Q"),), name="joe"))
    request = ChatRequest(
        "m",
        messages,
        "other",
        sampling=Sampling(temperature=1, seed=3, logprobs=True),
        max_tokens=5,
        stop=("x",),
        n=1,
        response_format=ResponseFormat("json_schema", schema={}),
        reasoning=Reasoning(budget=5000),
        modalities=("text", "audio"),
    )
    losses = Losses()
    assert json.loads(DIALECT.render_request(request, losses)) == {
        "model": "m",
        "instructions": "S",
        "input": [{"role": "user", "content": "Q"}],
        "temperature": 1,
        "max_output_tokens": 16,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": {}}},
        "reasoning": {"effort": "medium"},
        "store": False,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
    }
    assert set(losses) == {"messages[1].name", "seed", "max_tokens", "stop", "reasoning.budget", "modalities"}


def test_thinking_switched_off_is_an_effort() -> None:
    """Another dialect's switch; a budget beyond the bounds is the most that there is."""
    other = Rendering(WIRE, "other", Losses())
    assert render_reasoning(Reasoning(enabled=False), other) == {"effort": "none"}
    assert render_reasoning(Reasoning(budget=99999), other) == {"effort": "high"}


def test_thinking_switched_on_alone_is_named() -> None:
    """There is no switch here, only efforts; with one of them nothing is lost."""
    losses = Losses()
    assert render_reasoning(Reasoning(enabled=True), Rendering(WIRE, "other", losses)) == {}
    assert render_reasoning(Reasoning("low", enabled=True), Rendering(WIRE, "other", losses)) == {"effort": "low"}
    assert list(losses) == ["reasoning.enabled"]
