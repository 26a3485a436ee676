"""How hard a model is asked to think.

Converse leaves it to ``additionalModelRequestFields``, where each family has its own words.

::

    Claude     thinking {type, budget_tokens}, output_config {effort}; reasoning_config, an older name of thinking
    Nova 2     reasoningConfig {type, maxReasoningEffort}
    gpt-oss    reasoning_effort
    Qwen       reasoning_config, a word
    any        outputConfig {effort}, at the top

How it was spelled is a mark. Source: AWS, "Extended thinking", "Adaptive thinking" and "Extended thinking in Amazon Nova
2"; the API reference of OutputConfig; recordings for gpt-oss and Qwen.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.anthropic.reasoning import render_foreign
from limen.dialects.bedrock.models import Model
from limen.dialects.extra import Extra, marks_of
from limen.dialects.rendering import Rendering
from limen.model.request import Reasoning

_TYPES = {"enabled": True, "adaptive": True, "disabled": False}
_SWITCHES = {"thinking": "budget_tokens", "reasoning_config": "budget_tokens", "reasoningConfig": "maxReasoningEffort"}
_WORDS = ("reasoning_effort", "reasoning_config")
_ADAPTIVE = "adaptive"
_EFFORT = "output_config"
_TOP = "outputConfig"
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")
_EFFORT_UP_TO = ((4096, "low"), (16384, "medium"))
DEFAULT_BOUND = 4096
"""The bound on output that a budget is added to, where the client gave none."""


def take_reasoning(fields: dict[str, Any], output: dict[str, Any]) -> Reasoning | None:
    """What `fields`, the model's own, and `output`, ``outputConfig``, say of thinking; taken out of them. None for nothing."""
    marks: list[str] = []
    effort: str | None = None
    budget: int | None = None
    enabled: bool | None = None
    key = next((key for key in _SWITCHES if _is_switch(fields.get(key))), None)
    if key is not None:
        switch = dict(fields[key])
        kind = switch.pop("type")
        enabled = _TYPES[kind]
        marks.append(key)
        if kind == "adaptive":
            marks.append(_ADAPTIVE)
        if type(switch.get("budget_tokens")) is int and _SWITCHES[key] == "budget_tokens":
            budget = switch.pop("budget_tokens")
        if isinstance(switch.get("maxReasoningEffort"), str) and _SWITCHES[key] == "maxReasoningEffort":
            effort = switch.pop("maxReasoningEffort")
        _leave(fields, key, switch)
    if effort is None:
        effort = _take_word(fields, output, marks)
    return Reasoning(effort, budget, enabled, extra=Extra({}, marks)) if marks else None


def _is_switch(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in _TYPES


def _leave(fields: dict[str, Any], key: str, rest: dict[str, Any]) -> None:
    if rest:
        fields[key] = rest
    else:
        del fields[key]


def _take_word(fields: dict[str, Any], output: dict[str, Any], marks: list[str]) -> str | None:
    config = fields.get(_EFFORT)
    if isinstance(config, dict) and isinstance(config.get("effort"), str):
        marks.append(_EFFORT)
        effort: str = config["effort"]
        _leave(fields, _EFFORT, {key: kept for key, kept in config.items() if key != "effort"})
        return effort
    for key in _WORDS:
        if isinstance(fields.get(key), str):
            marks.append(f"word {key}")
            word: str = fields.pop(key)
            return word
    if isinstance(output.get("effort"), str):
        marks.append(_TOP)
        told: str = output.pop("effort")
        return told
    return None


def put_own(reasoning: Reasoning, fields: dict[str, Any], output: dict[str, Any]) -> None:
    """Put `reasoning` back where it stood."""
    marks = marks_of(reasoning.extra)
    key = next((key for key in _SWITCHES if key in marks), None)
    effort = reasoning.effort
    if key is not None:
        kind = "adaptive" if _ADAPTIVE in marks else "enabled" if reasoning.enabled else "disabled"
        switch: dict[str, Any] = {"type": kind}
        if reasoning.budget is not None:
            switch["budget_tokens"] = reasoning.budget
        if effort is not None and not _has_word(marks):
            switch["maxReasoningEffort"] = effort
        fields[key] = switch
    if effort is None:
        return
    if _EFFORT in marks:
        fields[_EFFORT] = {"effort": effort}
    elif _TOP in marks:
        output["effort"] = effort
    else:
        for key in _WORDS:
            if f"word {key}" in marks:
                fields[key] = effort


def _has_word(marks: frozenset[str]) -> bool:
    return _EFFORT in marks or _TOP in marks or any(mark.startswith("word ") for mark in marks)


def put_foreign(
    reasoning: Reasoning,
    fields: dict[str, Any],
    inference: dict[str, Any],
    rendering: Rendering,
    model: Model,
    *,
    barred: str,
) -> None:
    """Put another dialect's wish in the words of `model` into `fields`.

    `inference` is ``inferenceConfig``, whose bound on output a budget must fit. `barred` says why the request can't have a Claude
    think, empty if it can.
    """
    if model.family == "claude":
        _put_claude(reasoning, fields, inference, rendering, model, barred=barred)
        return
    rendering.keep({}, reasoning.extra, "reasoning")
    if reasoning.summary is not None:
        rendering.lose("reasoning.summary", "Bedrock has no word on summaries of thoughts")
    effort, budget = reasoning.effort, reasoning.budget
    if reasoning.enabled is False or effort == "none":
        _switch_off(rendering, model)
        return
    if effort is not None and effort not in _EFFORTS:
        rendering.lose("reasoning.effort", "a word that is not known")
        effort = None
    if effort is None and budget is None and not reasoning.enabled:
        return
    words = ("low", "medium", "high")
    if model.family == "nova" and model.generation >= 2:
        fields["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": _word(effort, budget, rendering, words)}
    elif model.family == "gpt_oss":
        fields["reasoning_effort"] = _word(effort, budget, rendering, words)
    elif model.family == "qwen":
        fields["reasoning_config"] = _word(effort, budget, rendering, words)
    else:
        rendering.lose("reasoning", "it is not known how this model is told to think")


def _put_claude(
    reasoning: Reasoning,
    fields: dict[str, Any],
    inference: dict[str, Any],
    rendering: Rendering,
    model: Model,
    *,
    barred: str,
) -> None:
    """In Anthropic's own words; a budget widens the bound on output where the client gave none."""
    bound = inference.get("maxTokens")
    built: dict[str, Any] = {"max_tokens": DEFAULT_BOUND if bound is None else bound}
    render_foreign(reasoning, built, rendering, model.claude, barred=barred, room=bound)
    if "budget_tokens" in built.get("thinking", {}):
        inference["maxTokens"] = built["max_tokens"]
    del built["max_tokens"]
    fields.update(built)


def _switch_off(rendering: Rendering, model: Model) -> None:
    """Models at Bedrock think when asked, but for a few that always do."""
    why = (
        "it thinks when asked alone"
        if model.family == "nova"
        else "it is not known how this model is told not to think"
    )
    rendering.lose("reasoning.enabled", why)


def _word(effort: str | None, budget: int | None, rendering: Rendering, known: tuple[str, ...]) -> str:
    """An effort that the model knows, for an effort or a budget."""
    if budget is not None:
        rendering.lose("reasoning.budget", "the model takes efforts, not budgets")
    if budget is not None and effort is None:
        effort = next((word for bound, word in _EFFORT_UP_TO if budget <= bound), "high")
    found = effort or "medium"
    if found in known:
        return found
    nearest = known[0] if found == "minimal" else known[-1]
    rendering.lose("reasoning.effort", f"the nearest that the model knows is {nearest}")
    return nearest
