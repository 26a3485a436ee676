"""``generationConfig``, to and from the hub: how to pick tokens, how long to go on, in which form to answer."""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.extra import Extra
from limen.dialects.gemini.schema import name_what_is_not_held_to, to_json_schema
from limen.dialects.gemini.spelling import Kept, keep, respell
from limen.dialects.gemini.thinking_config import render_thinking_config, take_thinking
from limen.dialects.members import type_name
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.request import ChatRequest, ResponseFormat, Sampling

CONFIG = "generationConfig"
_SAMPLING = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "seed": "seed",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
}
_WHOLE = frozenset({"topK", "seed", "logprobs", "maxOutputTokens", "candidateCount"})
_KNOWN = frozenset(
    {
        *_SAMPLING,
        *("maxOutputTokens", "candidateCount", "stopSequences", "thinkingConfig"),
        *("responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities"),
    }
)
_RANGES = {
    "temperature": (0, 2),
    "topP": (0, 1),
    "presencePenalty": (-2, 2),
    "frequencyPenalty": (-2, 2),
    "logprobs": (0, 20),
}
_JSON = "application/json"


def take_config(request: dict[str, Any]) -> dict[str, Any]:
    """The hub's fields of ``generationConfig``. What is not known, or null, stays in the request under its name."""
    told = request.get(CONFIG)
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise BadRequest(f"Invalid value at '{CONFIG}': it must be an object, not {type_name(told)}.", param=CONFIG)
    marks = respell(told, _KNOWN)
    original: dict[str, Any] = {}
    sampling = {name: _number(told, key, original) for key, name in _SAMPLING.items() if told.get(key) is not None}
    fields: dict[str, Any] = {"sampling": Sampling(**sampling)}
    fields["max_tokens"] = _number(told, "maxOutputTokens", original)
    fields["n"] = _number(told, "candidateCount", original)
    stops = told.get("stopSequences")
    if isinstance(stops, list) and all(isinstance(stop, str) for stop in stops):
        fields["stop"] = tuple(told.pop("stopSequences"))
    fields["modalities"] = _take_modalities(told, original)
    fields["response_format"] = _take_format(told, original)
    thinking = told.get("thinkingConfig")
    if isinstance(thinking, dict):
        fields["reasoning"] = take_thinking(thinking)
        if not thinking:
            del told["thinkingConfig"]
    request[CONFIG] = Kept(told, marks, original)
    return fields


def _number(told: dict[str, Any], key: str, original: dict[str, Any]) -> Any:
    """A number, taken out. Whole ones may be written ``40.0``; one in a string, which Google reads too, stays where it is."""
    value = told.get(key)
    if value is None:
        return None
    if key == "responseLogprobs":
        if type(value) is bool:
            return told.pop(key)
    elif type(value) is int or (type(value) is float and key not in _WHOLE):
        return told.pop(key)
    elif type(value) is float and value.is_integer():
        original[key] = told.pop(key)
        return int(value)
    elif isinstance(value, str) and value.strip("-").replace(".", "", 1).isdecimal():
        return None
    expected = "a boolean" if key == "responseLogprobs" else "a number"
    raise BadRequest(
        f"Invalid value at '{CONFIG}.{key}': it must be {expected}, not {type_name(value)}.", param=f"{CONFIG}.{key}"
    )


def _take_modalities(told: dict[str, Any], original: dict[str, Any]) -> tuple[str, ...] | None:
    values = told.get("responseModalities")
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    del told["responseModalities"]
    lowered = tuple([value.lower() for value in values])
    if [value.upper() for value in lowered] != values:
        original["responseModalities"] = values
    return lowered


def _take_format(told: dict[str, Any], original: dict[str, Any]) -> ResponseFormat | None:
    kind = told.get("responseMimeType")
    key = "responseJsonSchema" if isinstance(told.get("responseJsonSchema"), dict) else "responseSchema"
    schema = told.get(key) if isinstance(told.get(key), dict) else None
    if schema is None:
        names = {_JSON: "json_object", "text/plain": "text"}
        if not isinstance(kind, str) or kind not in names:
            return None
        del told["responseMimeType"]
        return ResponseFormat(names[kind])
    del told[key]
    marks = [] if kind == _JSON else ["-responseMimeType"]
    if kind == _JSON:
        del told["responseMimeType"]
    if key == "responseJsonSchema":
        return ResponseFormat("json_schema", schema=schema, extra=Extra({}, marks))
    original["responseSchema"] = schema
    return ResponseFormat("json_schema", schema=to_json_schema(schema), extra=Extra({}, (*marks, "openapi")))


def render_config(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """Put a ``generationConfig`` into the request `built`, if there is anything to say in it."""
    config: dict[str, Any] = {}
    _render_sampling(request.sampling, config, rendering)
    for key, value in (("maxOutputTokens", request.max_tokens), ("candidateCount", request.n)):
        if value is not None:
            config[key] = value
    if request.stop is not None:
        config["stopSequences"] = request.stop
    if request.modalities is not None:
        config["responseModalities"] = [name.upper() for name in request.modalities]
    if request.response_format is not None:
        _render_format(request.response_format, config, rendering)
    if request.reasoning is not None:
        thinking = render_thinking_config(request.reasoning, rendering, request.model)
        if thinking or rendering.same:
            config["thinkingConfig"] = thinking
    kept = request.extra.get(CONFIG)
    if rendering.same and isinstance(kept, Kept):
        built[CONFIG] = keep(config, kept, rendering, CONFIG)
    elif config:
        built[CONFIG] = config


def _render_sampling(sampling: Sampling, config: dict[str, Any], rendering: Rendering) -> None:
    values = msgspec.structs.asdict(sampling)
    for key, name in _SAMPLING.items():
        value = values.pop(name)
        if value is None:
            continue
        low, high = _RANGES.get(key, (None, None))
        if not rendering.same and low is not None and high is not None and not low <= value <= high:
            rendering.lose(name, f"brought into the range {low} to {high}")
            value = low if value < low else high
        config[key] = value
    if isinstance(config.get("responseLogprobs"), int) and not isinstance(config["responseLogprobs"], bool):
        config["logprobs"], config["responseLogprobs"] = config["responseLogprobs"], True
    for name, value in values.items():
        if value is not None:
            rendering.lose(name, "Gemini has no such parameter")


def _render_format(wanted: ResponseFormat, config: dict[str, Any], rendering: Rendering) -> None:
    if wanted.kind == "text":
        config["responseMimeType"] = "text/plain"
    elif wanted.kind not in ("json_object", "json_schema"):
        rendering.lose("response_format", f"a format of type {wanted.kind}, which this dialect does not have")
        return
    elif not rendering.marked(wanted.extra, "-responseMimeType"):
        config["responseMimeType"] = _JSON
    if wanted.schema is not None and not rendering.marked(wanted.extra, "openapi"):
        config["responseJsonSchema"] = wanted.schema
        if not rendering.same:
            name_what_is_not_held_to(wanted.schema, rendering, "response_format.schema")
    if rendering.same:
        return
    for name in ("name", "description", "strict"):
        if getattr(wanted, name) is not None:
            rendering.lose(f"response_format.{name}", "a schema stands for itself here, and always binds")
    rendering.keep({}, wanted.extra, "response_format")
