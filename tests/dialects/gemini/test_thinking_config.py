"""How hard to think."""

from typing import Any

import pytest

from gemini_wire import rendering
from limen.dialects.gemini.thinking_config import render_thinking_config, take_thinking
from limen.model.request import Reasoning


@pytest.mark.parametrize(
    ("told", "reasoning"),
    [
        ({"thinkingBudget": 512}, Reasoning(budget=512)),
        ({"thinkingBudget": 0}, Reasoning(budget=0, enabled=False)),
        ({"thinkingBudget": -1, "includeThoughts": True}, Reasoning(enabled=True, summary="auto")),
        ({"thinkingLevel": "HIGH"}, Reasoning("high")),
        ({"thinking_level": "low", "include_thoughts": False}, Reasoning("low")),
        ({"thinkingLevel": "Odd", "thinkingBudget": None, "new": 1}, Reasoning()),
        ({}, Reasoning()),
    ],
)
def test_configurations_come_back(told: dict[str, Any], reasoning: Reasoning) -> None:
    """In their spelling."""
    rest = dict(told)
    found = take_thinking(rest)
    assert (found.effort, found.budget, found.enabled, found.summary) == (
        reasoning.effort,
        reasoning.budget,
        reasoning.enabled,
        reasoning.summary,
    )
    assert {**render_thinking_config(found, rendering("gemini"), ""), **rest} == told


NEW, OLD = "gemini-3-pro", "gemini-2.5-flash"


@pytest.mark.parametrize(
    ("reasoning", "model", "built", "lost"),
    [
        (Reasoning("low"), NEW, {"thinkingLevel": "low"}, []),
        (Reasoning("none"), NEW, {"thinkingLevel": "minimal"}, ["reasoning.effort"]),
        (Reasoning("xhigh"), NEW, {"thinkingLevel": "high"}, ["reasoning.effort"]),
        (Reasoning("medium"), OLD, {"thinkingBudget": 8192}, ["reasoning.effort"]),
        (Reasoning("none"), OLD, {"thinkingBudget": 0}, ["reasoning.effort"]),
        (Reasoning("odd"), OLD, {}, ["reasoning.effort"]),
        (Reasoning(budget=2000, enabled=True), OLD, {"thinkingBudget": 2000, "includeThoughts": True}, []),
        (Reasoning("low", 2000), NEW, {"thinkingBudget": 2000}, ["reasoning.effort"]),
        (Reasoning(enabled=True), OLD, {"thinkingBudget": -1, "includeThoughts": True}, []),
        (Reasoning(enabled=True), NEW, {"includeThoughts": True}, ["reasoning.enabled"]),
        (Reasoning("high", enabled=False), NEW, {"thinkingLevel": "minimal"}, ["reasoning.effort"]),
        (
            Reasoning("high", summary="detailed"),
            NEW,
            {"thinkingLevel": "high", "includeThoughts": True},
            ["reasoning.summary"],
        ),
    ],
)
def test_wishes_of_other_dialects(reasoning: Reasoning, model: str, built: dict[str, Any], lost: list[str]) -> None:
    """A level or a budget, as the model takes it; what is bent is named."""
    found = rendering()
    assert render_thinking_config(reasoning, found, model) == built
    assert list(found.losses) == lost
