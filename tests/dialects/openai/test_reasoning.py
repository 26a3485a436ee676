"""How hard to think."""

from typing import Any

import pytest

from limen.dialects.members import Members
from limen.dialects.openai.reasoning import render_reasoning, take_reasoning
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.losses import Losses
from limen.model.request import Reasoning


@pytest.mark.parametrize(
    ("value", "effort", "budget", "enabled"),
    [
        ({"reasoning_effort": "high"}, "high", None, None),
        ({"reasoning": {"effort": "low", "exclude": True}}, "low", None, None),
        ({"reasoning": {"max_tokens": 100, "enabled": True, "summary": "auto"}}, None, 100, True),
        ({"reasoning": {}}, None, None, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 5, "x": 1}}, None, 5, True),
        ({"thinking": {"type": "disabled"}, "reasoning_effort": "max"}, "max", None, False),
    ],
)
def test_each_spelling_is_understood_and_comes_back(
    value: dict[str, Any], effort: Any, budget: Any, enabled: Any
) -> None:
    """OpenAI's word, OpenRouter's object, DeepSeek's switch."""
    request = Members({key: dict(inner) if isinstance(inner, dict) else inner for key, inner in value.items()})
    found, built = take_reasoning(request), {}
    assert found is not None
    assert (found.effort, found.budget, found.enabled, request.rest) == (effort, budget, enabled, {})
    render_reasoning(found, built, Rendering("here", "here", Losses()))
    assert built == value


@pytest.mark.parametrize(
    "value",
    [{}, {"reasoning": None}, {"thinking": {"type": "adaptive"}}, {"thinking": {"type": {}}}, {"thinking": True}],
)
def test_what_is_not_understood_is_left(value: dict[str, Any]) -> None:
    """It goes back as an unknown key."""
    request = Members(dict(value))
    assert take_reasoning(request) is None
    assert request.rest == value


def test_wrong_types_name_their_place() -> None:
    """Inside the objects too."""
    for value, param in (
        ({"reasoning_effort": 1}, "reasoning_effort"),
        ({"reasoning": {"max_tokens": "x"}}, "reasoning.max_tokens"),
    ):
        with pytest.raises(BadRequest) as told:
            take_reasoning(Members(value))
        assert told.value.param == param


@pytest.mark.parametrize(
    ("reasoning", "effort", "losses"),
    [
        (Reasoning(effort="low"), "low", []),
        (Reasoning(enabled=False), "none", []),
        (Reasoning(enabled=True), None, ["reasoning.enabled"]),
        (Reasoning(budget=1024), "low", ["reasoning.budget"]),
        (Reasoning(budget=10_000), "medium", ["reasoning.budget"]),
        (
            Reasoning(budget=50_000, summary="auto", extra={"x": 1}),
            "high",
            ["reasoning.x", "reasoning.summary", "reasoning.budget"],
        ),
        (Reasoning(effort="high", budget=1), "high", ["reasoning.budget"]),
    ],
)
def test_another_dialects_wish_is_an_effort(reasoning: Reasoning, effort: str | None, losses: list[str]) -> None:
    """A budget becomes the nearest word, by name."""
    found, built = Losses(), {}
    render_reasoning(reasoning, built, Rendering("here", "there", found))
    assert built == ({} if effort is None else {"reasoning_effort": effort})
    assert [name for name, _ in found.items()] == losses
