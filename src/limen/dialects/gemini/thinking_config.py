"""How hard to think: ``thinkingConfig``, to and from the hub.

Models before Gemini 3 take a budget in tokens, later ones a level in words (and still a budget). What the words are in tokens
is Google's own table, https://ai.google.dev/gemini-api/docs/openai#thinking.
"""

from __future__ import annotations

import re
from typing import Any

from limen.dialects.extra import Extra
from limen.dialects.gemini.spelling import keep, respell, spell_back
from limen.dialects.rendering import Rendering
from limen.model.request import Reasoning

_KEYS = frozenset({"thinkingBudget", "thinkingLevel", "includeThoughts"})
_TOKENS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
_LEVELS = {"none": "minimal", "xhigh": "high", "max": "high"}
_UPPER = "upper"
"""Mark: the level was written in capitals."""
_DYNAMIC = "dynamic"
"""Mark: the budget was -1."""
_HIDDEN = "hidden"
"""Mark: `includeThoughts` was there, and false."""
_BUDGET = re.compile(r"gemini-(?:1|2)")


def take_thinking(rest: dict[str, Any]) -> Reasoning:
    """What a ``thinkingConfig`` says, taken out of it; what is not known stays, in its spelling."""
    marks = respell(rest, _KEYS)
    level, budget, shown = rest.get("thinkingLevel"), rest.get("thinkingBudget"), rest.get("includeThoughts")
    effort = None
    if isinstance(level, str) and level and (level.islower() or level.isupper()):
        del rest["thinkingLevel"]
        effort = level.lower()
        if level.isupper():
            marks.append(_UPPER)
    enabled = None
    if type(budget) is int and budget <= 0:
        enabled = budget < 0  # -1 leaves the budget to the model.
    if type(budget) is int and budget >= -1:
        del rest["thinkingBudget"]
        marks += [_DYNAMIC] if budget == -1 else []
    if type(budget) is not int or budget < 0:
        budget = None
    if type(shown) is bool:
        del rest["includeThoughts"]
        marks += [] if shown else [_HIDDEN]
    spell_back(rest, Extra({}, marks))
    return Reasoning(effort, budget, enabled, "auto" if shown is True else None, Extra({}, marks))


def render_thinking_config(reasoning: Reasoning, rendering: Rendering, model: str) -> dict[str, Any]:
    """A ``thinkingConfig``; may be empty for a wish that needs none."""
    if rendering.same:
        return _render_own(reasoning, rendering)
    built: dict[str, Any] = {}
    rendering.keep(built, reasoning.extra, "reasoning")
    effort = "none" if reasoning.enabled is False else reasoning.effort
    if reasoning.budget is not None and effort != "none":
        built["thinkingBudget"] = reasoning.budget
        if reasoning.effort is not None:
            rendering.lose("reasoning.effort", "a model takes either a level or a budget")
    elif effort is not None:
        _put_effort(effort, built, rendering, model)
    elif reasoning.enabled and _BUDGET.search(model):
        built["thinkingBudget"] = -1  # As much as the model likes.
    elif reasoning.enabled:
        rendering.lose("reasoning.enabled", "this model thinks by itself, as much as it likes")
    if reasoning.enabled is False and reasoning.effort is not None and reasoning.effort != "none":
        rendering.lose("reasoning.effort", "thinking is switched off")
    if effort != "none" and (reasoning.summary is not None or reasoning.enabled):
        built["includeThoughts"] = True
    if reasoning.summary not in (None, "auto"):
        rendering.lose("reasoning.summary", "thoughts are shown or not, without a choice of how")
    return built


def _render_own(reasoning: Reasoning, rendering: Rendering) -> dict[str, Any]:
    """A ``thinkingConfig`` of this wire, as it was written."""
    built: dict[str, Any] = {}
    effort = reasoning.effort
    if effort is not None:
        built["thinkingLevel"] = effort.upper() if rendering.marked(reasoning.extra, _UPPER) else effort
    if reasoning.budget is not None:
        built["thinkingBudget"] = reasoning.budget
    elif rendering.marked(reasoning.extra, _DYNAMIC):
        built["thinkingBudget"] = -1
    if reasoning.summary is not None or rendering.marked(reasoning.extra, _HIDDEN):
        built["includeThoughts"] = reasoning.summary is not None
    return keep(built, reasoning.extra, rendering, "reasoning")


def _put_effort(effort: str, built: dict[str, Any], rendering: Rendering, model: str) -> None:
    if _BUDGET.search(model):
        if effort not in _TOKENS:
            rendering.lose("reasoning.effort", f"{effort} is a word that this dialect does not know")
            return
        rendering.lose("reasoning.effort", "this model knows budgets in tokens, not words")
        built["thinkingBudget"] = _TOKENS[effort]
        return
    level = _LEVELS.get(effort, effort)
    if level != effort:
        rendering.lose("reasoning.effort", f"{effort} is said as {level}")
    built["thinkingLevel"] = level
