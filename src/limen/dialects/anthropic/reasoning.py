"""How hard a model is asked to think: `thinking` and ``output_config.effort``, to and from the hub.

A request of another dialect says it in one word or one number; which of Anthropic's spellings its model takes,
`models` tells. What the model would refuse is not sent, and named.

Source: platform.claude.com, "Thinking", "Extended thinking" and "Effort".
"""

from __future__ import annotations

from typing import Any

from limen.dialects.anthropic.models import Claude
from limen.dialects.extra import Extra
from limen.dialects.members import Members
from limen.dialects.rendering import Rendering
from limen.model.content import NOTHING
from limen.model.request import Reasoning

ADAPTIVE = "adaptive"
"""Mark: the model is to measure its thinking itself."""
LEAST_BUDGET = 1024

_TYPES = {"enabled": True, "adaptive": True, "disabled": False}
_RANKS = ("minimal", "low", "medium", "high", "xhigh", "max")
_BUDGETS = {"minimal": 1024, "low": 4096, "medium": 16384, "high": 24576, "xhigh": 32768, "max": 32768}
_EFFORT_UP_TO = ((4096, "low"), (16384, "medium"))


def take_reasoning(request: Members) -> Reasoning | None:
    """What the request says of thinking; None where it says nothing. What else stands beside it is left."""
    rest = request.rest
    effort = None
    config = rest.get("output_config")
    if type(config) is dict and type(config.get("effort")) is str:
        effort = config.pop("effort")
        if not config:
            del rest["output_config"]
    told = rest.get("thinking")
    kind = told.get("type") if type(told) is dict else None
    if type(told) is not dict or type(kind) is not str or kind not in _TYPES:
        return None if effort is None else Reasoning(effort)
    thinking = Members(told, "thinking")
    del told["type"]
    budget = thinking.integer("budget_tokens")
    if not told:
        del rest["thinking"]
    extra = Extra({}, (ADAPTIVE,)) if kind == "adaptive" else NOTHING
    return Reasoning(effort, budget, _TYPES[kind], extra=extra)


def render_own(reasoning: Reasoning, built: dict[str, Any], rendering: Rendering) -> None:
    """Put `reasoning` back into the body `built` as this wire had it."""
    if reasoning.enabled is not None:
        word = "enabled" if reasoning.enabled else "disabled"
        built["thinking"] = {"type": "adaptive" if rendering.marked(reasoning.extra, ADAPTIVE) else word}
        if reasoning.budget is not None:
            built["thinking"]["budget_tokens"] = reasoning.budget
    if reasoning.effort is not None:
        built.setdefault("output_config", {})["effort"] = reasoning.effort


def render_foreign(
    reasoning: Reasoning, built: dict[str, Any], rendering: Rendering, model: Claude, *, barred: str, room: int | None
) -> None:
    """Put another dialect's wish into the body `built`.

    `barred` says why thinking can't be switched on in this request, empty if it can. `room` is the bound on output
    that the client gave; without one it is widened, so that a budget leaves as much for the answer as there was.
    """
    rendering.keep({}, reasoning.extra, "reasoning")
    effort = reasoning.effort
    if reasoning.enabled is False or effort == "none":
        _switch_off(built, rendering, model)
    else:
        if effort is not None and effort not in _RANKS:
            rendering.lose("reasoning.effort", "a word that Anthropic does not know")
            effort = None
        if effort is not None or reasoning.budget is not None or reasoning.enabled:
            _switch_on(effort, reasoning.budget, built, rendering, model, barred=barred, room=room)
    if reasoning.summary is not None:
        if thinks(built):
            built["thinking"]["display"] = "summarized"
        else:
            rendering.lose("reasoning.summary", "there is no thinking to be summed up")


def _switch_on(
    effort: str | None,
    budget: int | None,
    built: dict[str, Any],
    rendering: Rendering,
    model: Claude,
    *,
    barred: str,
    room: int | None,
) -> None:
    """A model that thinks unasked does so whatever bars the asking."""
    if barred and not model.thinks:
        rendering.lose("reasoning", barred)
    elif model.adaptive and (budget is None or not model.budgets):
        if not barred:
            built["thinking"] = {"type": "adaptive"}
    elif model.budgets:
        if budget is None and not model.efforts:
            rendering.lose("reasoning.effort", f"said as a budget of {_BUDGETS[effort or 'medium']} tokens")
        _put_budget(budget or _BUDGETS[effort or "medium"], built, rendering, room)
    else:
        rendering.lose("reasoning", "this model does not think")
    if model.efforts:
        _put_effort(effort, budget, built, rendering, model)


def _switch_off(built: dict[str, Any], rendering: Rendering, model: Claude) -> None:
    if model.off is None:
        rendering.lose("reasoning", "this model always thinks; the least effort is asked for")
        built.setdefault("output_config", {})["effort"] = model.efforts[0]
    else:
        built["thinking"] = {"type": model.off}


def _put_budget(budget: int, built: dict[str, Any], rendering: Rendering, room: int | None) -> None:
    if budget < LEAST_BUDGET:
        rendering.lose("reasoning.budget", f"brought to the least there is, {LEAST_BUDGET}")
        budget = LEAST_BUDGET
    if room is None:
        built["max_tokens"] = max(built["max_tokens"], budget + LEAST_BUDGET)
    elif room <= LEAST_BUDGET:
        rendering.lose("reasoning", f"max_tokens leaves no room for the least budget, {LEAST_BUDGET}")
        return
    elif budget >= room:
        budget = max(LEAST_BUDGET, room // 2)
        rendering.lose("reasoning.budget", "it must be less than max_tokens; brought to half of that")
    built["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _put_effort(
    effort: str | None, budget: int | None, built: dict[str, Any], rendering: Rendering, model: Claude
) -> None:
    """The word that the model knows nearest to the one wished for, or to the budget where there is no other way to say it."""
    if effort is None:
        if budget is None or "budget_tokens" in built.get("thinking", {}):
            return
        rendering.lose("reasoning.budget", "this model takes efforts, not budgets")
        effort = next((word for bound, word in _EFFORT_UP_TO if budget <= bound), "high")
    known = [word for word in _RANKS if word in model.efforts]
    rank = _RANKS.index(effort)
    nearest = min(known, key=lambda word: (abs(_RANKS.index(word) - rank), -_RANKS.index(word)))
    if nearest != effort:
        rendering.lose("reasoning.effort", f"the nearest that this model knows is {nearest}")
    built.setdefault("output_config", {})["effort"] = nearest


def thinks(built: dict[str, Any]) -> bool:
    """Whether the body `built` switches thinking on."""
    told = built.get("thinking")
    return isinstance(told, dict) and told.get("type") in ("enabled", "adaptive")
