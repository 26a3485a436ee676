"""Ollama's `options`, `think` and `format`: how to pick tokens, how hard to think, which shape the answer has.

Source: docs.ollama.com/openapi.yaml (`ModelOptions`, `think`, `format`); github.com/ollama/ollama, api/types.go (`ThinkValue`;
`Options.FromMap`: a whole number may be written as ``40.0``).
"""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import Extra
from limen.dialects.members import Members
from limen.dialects.openai.chat_request import put_known, take_stop
from limen.dialects.rendering import Rendering
from limen.model.request import ChatRequest, Reasoning, ResponseFormat, Sampling

_NUMBERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "min_p": "min_p",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "repeat_penalty": "repetition_penalty",
}
_INTEGERS = {"top_k": "top_k", "seed": "seed"}
_WORDS = ("low", "medium", "high", "max")
_NEAREST = {"minimal": "low", "xhigh": "max"}
_EFFORTS = ((4096, "low"), (16384, "medium"))
"""A budget in tokens up to the bound is that effort, as for OpenAI; above, it is high."""
_EMPTY: dict[str, Any] = {}


def take_options(request: Members) -> dict[str, Any]:
    """What the hub's request is told by `options`, `think`, `format` and the log probabilities, by the names of its fields."""
    given = request.mapping("options")
    options = Members(given or {}, "options")
    picked: dict[str, Any] = {field: options.number(key) for key, field in _NUMBERS.items()}
    picked |= {field: _whole(options, key) for key, field in _INTEGERS.items()}
    limit = options.rest.get("num_predict")
    stop, stop_plain = take_stop(options)
    found = {
        "sampling": Sampling(**picked, logprobs=request.flag("logprobs"), top_logprobs=request.integer("top_logprobs")),
        # Below zero it means no bound at all, or the rest of the context; the hub has no word for that.
        "max_tokens": None if isinstance(limit, int | float) and limit < 0 else _whole(options, "num_predict"),
        "stop": stop,
        "stop_plain": stop_plain,
        "reasoning": _take_think(request),
        "response_format": _take_format(request),
    }
    if given is not None:
        request.rest["options"] = Extra(options.rest)
    return found


def _whole(options: Members, key: str) -> int | None:
    """A whole number; one with a point in it stays where it was."""
    return None if type(options.rest.get(key)) is float else options.integer(key)


def _take_think(request: Members) -> Reasoning | None:
    value = request.rest.get("think")
    if isinstance(value, str):
        return Reasoning(effort=request.text("think"))
    if value is None:
        return None
    if not isinstance(value, bool):
        request.wrong("think", "a boolean or one of 'low', 'medium', 'high' and 'max'")
    return Reasoning(enabled=request.flag("think"))


def _take_format(request: Members) -> ResponseFormat | None:
    value = request.rest.get("format")
    if value == "json":
        del request.rest["format"]
        return ResponseFormat("json_object")
    if isinstance(value, dict):
        del request.rest["format"]
        return ResponseFormat("json_schema", schema=value)
    if value is not None and value != "":
        request.wrong("format", "'json' or an object")
    return None


def render_options(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """Put the same into the request `built`; what Ollama has no word for is named as lost."""
    sampling = request.sampling
    options: dict[str, Any] = {}
    put_known(options, **{key: getattr(sampling, field) for key, field in (*_NUMBERS.items(), *_INTEGERS.items())})
    put_known(options, num_predict=request.max_tokens)
    if request.stop is not None:
        options["stop"] = request.stop[0] if rendering.same and request.stop_plain else request.stop
    if options:
        built["options"] = options
    if sampling.logit_bias is not None:
        rendering.lose("logit_bias", "Ollama has no such parameter")
    put_known(built, logprobs=sampling.logprobs, top_logprobs=_in_range(sampling.top_logprobs, rendering))
    if request.response_format is not None:
        _render_format(request.response_format, built, rendering)
    if request.reasoning is not None:
        think = _render_think(request.reasoning, rendering)
        put_known(built, think=think)


def _in_range(count: int | None, rendering: Rendering) -> int | None:
    if count is None or rendering.same or 0 <= count <= 20:
        return count
    rendering.lose("top_logprobs", "brought into the range 0 to 20")
    return 0 if count < 0 else 20


def _render_format(wanted: ResponseFormat, built: dict[str, Any], rendering: Rendering) -> None:
    for key in ("name", "description"):
        if getattr(wanted, key) is not None:
            rendering.lose(f"response_format.{key}", "Ollama takes the bare schema")
    if wanted.strict is False:
        rendering.lose("response_format.strict", "Ollama always holds to the schema")
    rendering.keep(_EMPTY.copy(), wanted.extra, "response_format")
    if wanted.kind == "json_schema" and isinstance(wanted.schema, dict):
        built["format"] = wanted.schema
    elif wanted.kind in ("json_object", "json_schema"):
        if wanted.schema is not None:
            rendering.lose("response_format.schema", "Ollama takes an object here")
        built["format"] = "json"
    elif wanted.kind != "text":
        rendering.lose("response_format", f"Ollama has no format of type {wanted.kind}")


def _render_think(reasoning: Reasoning, rendering: Rendering) -> bool | str | None:
    if rendering.same:
        return reasoning.enabled if reasoning.effort is None else reasoning.effort
    rendering.keep(_EMPTY.copy(), reasoning.extra, "reasoning")
    if reasoning.summary is not None:
        rendering.lose("reasoning.summary", "Ollama shows thoughts whole")
    effort = reasoning.effort
    if reasoning.enabled is False or effort == "none":
        return False
    if reasoning.budget is not None:
        rendering.lose("reasoning.budget", "Ollama knows efforts, not budgets")
        effort = effort or next((word for bound, word in _EFFORTS if reasoning.budget <= bound), "high")
    if effort is None or effort in _WORDS:
        return reasoning.enabled if effort is None else effort
    rendering.lose("reasoning.effort", f"{effort} is none of Ollama's words")
    return _NEAREST.get(effort, True)
