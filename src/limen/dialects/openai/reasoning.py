"""How hard a model is asked to think, in the several spellings of OpenAI's family.

OpenAI has ``reasoning_effort``; OpenRouter a `reasoning` object (effort, max_tokens, enabled); DeepSeek, Z.ai and others a
`thinking` object (type, budget_tokens). The spelling is kept: what remains of an object marks that it was used.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.members import Members
from limen.dialects.rendering import Rendering
from limen.model.request import Reasoning

_TYPES = {"enabled": True, "disabled": False}
_EFFORTS = ((4096, "low"), (16384, "medium"))
"""A budget in tokens up to the bound is that effort; above, it is high. Bounds between those that OpenRouter documents."""


def take_reasoning(request: Members) -> Reasoning | None:
    """What the request says of thinking; None where it says nothing."""
    rest = request.rest
    if isinstance(rest.get("reasoning"), dict):
        told = Members(rest.pop("reasoning"), "reasoning")
        effort, budget = told.text("effort"), told.integer("max_tokens")
        return Reasoning(effort, budget, told.flag("enabled"), told.text("summary"), {"reasoning": told.rest})
    effort = request.text("reasoning_effort")
    thinking = rest.get("thinking")
    if not isinstance(thinking, dict) or str(thinking.get("type")) not in _TYPES:
        return None if effort is None else Reasoning(effort)
    told = Members(rest.pop("thinking"), "thinking")
    enabled = _TYPES[told.text("type") or "enabled"]
    return Reasoning(effort, told.integer("budget_tokens"), enabled, extra={"thinking": told.rest})


def render_reasoning(reasoning: Reasoning, built: dict[str, Any], rendering: Rendering) -> None:
    """Put `reasoning` into the request `built`, in the spelling it had, or in OpenAI's own."""
    if rendering.same and "reasoning" in reasoning.extra:
        known = {
            "effort": reasoning.effort,
            "max_tokens": reasoning.budget,
            "enabled": reasoning.enabled,
            "summary": reasoning.summary,
        }
        told = {key: value for key, value in known.items() if value is not None}
        built["reasoning"] = {**reasoning.extra["reasoning"], **told}
        return
    if rendering.same and "thinking" in reasoning.extra:
        switch: dict[str, Any] = {"type": "disabled" if reasoning.enabled is False else "enabled"}
        if reasoning.budget is not None:
            switch["budget_tokens"] = reasoning.budget
        built["thinking"] = {**reasoning.extra["thinking"], **switch}
    effort = reasoning.effort if rendering.same else _effort(reasoning, rendering)
    if effort is not None:
        built["reasoning_effort"] = effort


def _effort(reasoning: Reasoning, rendering: Rendering) -> str | None:
    """Another dialect's wish as one of OpenAI's words."""
    rendering.keep({}, reasoning.extra, "reasoning")
    if reasoning.summary is not None:
        rendering.lose("reasoning.summary", "this dialect shows no summaries of thoughts")
    if reasoning.enabled is False:
        return "none"
    if reasoning.budget is None:
        if reasoning.enabled and reasoning.effort is None:
            rendering.lose("reasoning.enabled", "this dialect says how much to think, not whether")
        return reasoning.effort
    rendering.lose("reasoning.budget", "this dialect knows efforts, not budgets")
    if reasoning.effort is not None:
        return reasoning.effort
    return next((word for bound, word in _EFFORTS if reasoning.budget <= bound), "high")
