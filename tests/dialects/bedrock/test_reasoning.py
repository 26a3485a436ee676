"""How hard a model is asked to think."""

from typing import Any

import pytest

from bedrock_wire import CLAUDE, NEW_CLAUDE, request_of, written
from limen.dialects.bedrock.reasoning import put_own, take_reasoning
from limen.model.content import Text, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import Message, Reasoning, Sampling, Tool, ToolChoice

USER = Message("user", (Text("hi"),))
NOVA_2, GPT, QWEN, LLAMA = (
    "amazon.nova-2-lite-v1:0",
    "openai.gpt-oss-120b-1:0",
    "qwen.qwen3-32b-v1:0",
    "meta.llama3-8b-v1:0",
)


@pytest.mark.parametrize(
    ("fields", "output", "wanted"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, {}, (None, 9, True)),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}, {}, ("high", None, True)),
        ({"thinking": {"type": "disabled"}}, {}, (None, None, False)),
        ({"reasoning_config": {"type": "enabled", "budget_tokens": 9}}, {}, (None, 9, True)),
        ({"reasoning_config": "high"}, {}, ("high", None, None)),
        ({"reasoning_effort": "low"}, {}, ("low", None, None)),
        ({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, {}, ("low", None, True)),
        ({}, {"effort": "max"}, ("max", None, None)),
    ],
)
def test_each_spelling_is_read_and_comes_back(
    fields: dict[str, Any], output: dict[str, Any], wanted: tuple[str | None, int | None, bool | None]
) -> None:
    """And is taken out of what the hub has no field for."""
    rest, left = {key: dict(v) if isinstance(v, dict) else v for key, v in fields.items()}, dict(output)
    found = take_reasoning(rest, left)
    assert found is not None
    assert (found.effort, found.budget, found.enabled) == wanted
    assert (rest, left) == ({}, {})
    put_own(found, rest, left)
    assert (rest, left) == (fields, output)


@pytest.mark.parametrize("fields", [{}, {"thinking": True}, {"thinking": {"type": "x"}}, {"thinking": {"type": []}}])
def test_odd_spellings_are_left(fields: dict[str, Any]) -> None:
    """They say nothing that is known."""
    assert take_reasoning(fields, {}) is None


def asked(reasoning: Reasoning, model: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    losses = Losses()
    body = written(request_of(USER, model=model, reasoning=reasoning, **more), losses)
    return body.get("additionalModelRequestFields", {}), body.get("inferenceConfig", {}), list(losses)


@pytest.mark.parametrize(
    ("model", "wanted", "lost"),
    [
        (CLAUDE, {"thinking": {"type": "enabled", "budget_tokens": 4096}}, ["reasoning.effort"]),
        (NEW_CLAUDE, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, []),
        (NOVA_2, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, []),
        (GPT, {"reasoning_effort": "low"}, []),
        (QWEN, {"reasoning_config": "low"}, []),
        (LLAMA, {}, ["reasoning"]),
        ("anthropic.claude-v2", {}, ["reasoning"]),
    ],
)
def test_an_effort_in_each_familys_words(model: str, wanted: dict[str, Any], lost: list[str]) -> None:
    """A model of which nothing is known is told nothing, which is named."""
    assert asked(Reasoning("low"), model)[::2] == (wanted, lost)


def test_a_budget() -> None:
    """Older Claudes take it, and room for the answer; others a word, which is named."""
    assert asked(Reasoning(budget=2000, enabled=True), CLAUDE) == (
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        {"maxTokens": 4096},
        [],
    )
    fields, _, lost = asked(Reasoning(budget=2000), NEW_CLAUDE)
    assert (fields["output_config"], lost) == ({"effort": "low"}, ["reasoning.budget"])
    fields, inference, lost = asked(Reasoning(budget=2000), CLAUDE, max_tokens=2000)
    assert (inference, lost) == ({"maxTokens": 2000}, ["reasoning.budget"])
    assert 1024 <= fields["thinking"]["budget_tokens"] < 2000
    assert asked(Reasoning(budget=2000), CLAUDE, max_tokens=500) == ({}, {"maxTokens": 500}, ["reasoning"])
    assert asked(Reasoning(budget=10), CLAUDE)[2] == ["reasoning.budget"]


def test_not_to_think() -> None:
    """Is what most models do anyway; where that is not known it is named."""
    for wish in (Reasoning("none"), Reasoning(enabled=False)):
        assert asked(wish, CLAUDE) == ({"thinking": {"type": "disabled"}}, {}, [])
        assert asked(wish, GPT)[2] == ["reasoning.enabled"]
    assert asked(Reasoning(), CLAUDE) == ({}, {}, [])


def test_words_that_are_not_known() -> None:
    """The nearest one is taken, and named."""
    assert asked(Reasoning("xhigh", summary="auto"), GPT)[::2] == (
        {"reasoning_effort": "high"},
        ["reasoning.summary", "reasoning.effort"],
    )
    assert asked(Reasoning("minimal"), GPT)[0] == {"reasoning_effort": "low"}
    assert asked(Reasoning("huge"), CLAUDE) == ({}, {}, ["reasoning.effort"])
    assert asked(Reasoning(enabled=True), NEW_CLAUDE)[0] == {"thinking": {"type": "adaptive"}}


def test_what_claude_refuses_beside_thinking_is_not_sent() -> None:
    """A forced tool bars it; temperatures and top_k go; calls without a thought of its own bar it too."""
    tools = {"tools": (Tool("t"),), "tool_choice": ToolChoice("required")}
    assert asked(Reasoning("high"), CLAUDE, **tools)[2] == ["reasoning"]
    fields, inference, lost = asked(Reasoning("high"), NEW_CLAUDE, sampling=Sampling(0.5, 0.5, 5))
    assert ("top_k" in fields, inference, lost) == (False, {}, ["temperature", "top_p", "top_k"])
    turns = (USER, Message("assistant", (ToolCall("a", "t", "{}"),)), Message("tool", (ToolResult("a", ()),)))
    losses = Losses()
    written(request_of(*turns, reasoning=Reasoning("high"), tools=(Tool("t"),)), losses)
    assert list(losses) == ["reasoning"]
