"""The request of Cohere's chat (v2), to and from the hub.

Source: https://docs.cohere.com/reference/chat, which gives the ranges too.

Must not: know what any one deployment does differently.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.cohere.messages import parse_message, render_message
from limen.dialects.cohere.tools import render_choice, render_tools, take_choice, take_tools
from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members
from limen.dialects.openai.chat_request import put_known, read_object, required, take_model
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.request import ChatRequest, Reasoning, ResponseFormat, Sampling

_KEYS = {"temperature": "temperature", "top_p": "p", "top_k": "k", "seed": "seed", "logprobs": "logprobs"}
_PENALTIES = ("frequency_penalty", "presence_penalty")
_UNKNOWN = ("min_p", "repetition_penalty", "logit_bias", "top_logprobs")
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 5),
    "top_p": (0.01, 0.99),
    "top_k": (0, 500),
    "frequency_penalty": (0, 1),
    "presence_penalty": (0, 1),
}
_MOST_STOPS = 5
_SCHEMA_KEYS = ("json_schema", "schema")
"""The reference says the first; its guides, and clients, the second."""
_BUDGETS = {"minimal": 1024, "low": 4096, "medium": 16384}
"""Efforts in tokens; what asks for more is not bounded. The bounds are those of `limen.dialects.openai.reasoning`."""
_ELSEWHERE = ("n", "parallel_tool_calls", "modalities", "service_tier", "metadata", "user")


def parse_chat_request(body: bytes, wire: str) -> ChatRequest:
    """The hub's request. Its `model` is empty where the body has none."""
    request = Members(read_object(body))
    required(request, "messages")
    messages = request.array("messages") or []
    if not messages:
        raise BadRequest(
            "Invalid 'messages': empty array. Expected at least one message.", param="messages", code="empty_array"
        )
    return ChatRequest(
        model=take_model(request),
        messages=tuple([parse_message(value, index, wire) for index, value in enumerate(messages)]),
        dialect=wire,
        tools=take_tools(request, wire),
        tool_choice=take_choice(request),
        sampling=_take_sampling(request),
        max_tokens=request.integer("max_tokens"),
        stop=request.texts("stop_sequences"),
        response_format=_take_format(request),
        reasoning=_take_reasoning(request),
        stream=request.flag("stream"),
        extra=extra_of(request.rest),
    )


def _take_sampling(request: Members) -> Sampling:
    return Sampling(
        temperature=request.number("temperature"),
        top_p=request.number("p"),
        top_k=request.integer("k"),
        presence_penalty=request.number("presence_penalty"),
        frequency_penalty=request.number("frequency_penalty"),
        seed=request.integer("seed"),
        logprobs=request.flag("logprobs"),
    )


def _take_format(request: Members) -> ResponseFormat | None:
    """A JSON object with a schema is what other dialects call ``json_schema``; the key that held it is a mark."""
    told = request.mapping("response_format")
    if told is None:
        return None
    outer = Members(told, "response_format")
    kind = outer.text("type")
    if kind is None:
        raise BadRequest(
            "Missing required parameter: 'response_format.type'.",
            param="response_format.type",
            code="missing_required_parameter",
        )
    key = next((key for key in _SCHEMA_KEYS if isinstance(outer.rest.get(key), dict)), None)
    if key is None or kind != "json_object":
        return ResponseFormat(kind, extra=extra_of(outer.rest))
    schema = outer.rest.pop(key)
    return ResponseFormat("json_schema", schema=schema, extra=Extra(outer.rest, (key,)))


def _take_reasoning(request: Members) -> Reasoning | None:
    value = request.rest.get("thinking")
    if not isinstance(value, dict) or value.get("type") not in ("enabled", "disabled"):
        return None
    told = Members(request.rest.pop("thinking"), "thinking")
    enabled = told.text("type") == "enabled"
    return Reasoning(budget=told.integer("token_budget"), enabled=enabled, extra=extra_of(told.rest))


def render_chat_request(request: ChatRequest, rendering: Rendering) -> bytes:
    """The body to send. What the hub has and this dialect has not is noted in the losses."""
    built: dict[str, Any] = {"model": request.model} if request.model else {}
    built["messages"] = [
        rendered
        for index, message in enumerate(request.messages)
        for rendered in render_message(message, index, rendering)
    ]
    if request.tools is not None:
        render_tools(request.tools, built, rendering)
    if request.tool_choice is not None:
        render_choice(request.tool_choice, built, rendering)
    _render_sampling(request.sampling, built, rendering)
    if request.stop is not None:
        built["stop_sequences"] = _stops(request.stop, rendering)
    if request.response_format is not None:
        built["response_format"] = _render_format(request.response_format, rendering)
    if request.reasoning is not None:
        _render_reasoning(request.reasoning, built, rendering)
    put_known(built, max_tokens=request.max_tokens, stream=request.stream)
    _lose_elsewhere(request, rendering)
    return encode(rendering.keep(built, request.extra, ""))


def _render_sampling(sampling: Sampling, built: dict[str, Any], rendering: Rendering) -> None:
    for name in _UNKNOWN:
        if getattr(sampling, name) is not None:
            rendering.lose(name, "Cohere has no such parameter")
    for name, key in (*_KEYS.items(), *zip(_PENALTIES, _PENALTIES, strict=True)):
        value = getattr(sampling, name)
        if value is None:
            continue
        if name == "logprobs" and type(value) is not bool:
            rendering.lose(name, "here it is a switch")
            value = True
        built[key] = value if rendering.same else _in_range(name, value, rendering)


def _in_range(name: str, value: Any, rendering: Rendering) -> Any:
    bounds = _RANGES.get(name)
    if bounds is None or bounds[0] <= value <= bounds[1]:
        return value
    low, high = bounds
    rendering.lose(name, f"brought into the range {low} to {high}")
    return low if value < low else high


def _stops(stop: tuple[str, ...], rendering: Rendering) -> tuple[str, ...]:
    if rendering.same or len(stop) <= _MOST_STOPS:
        return stop
    rendering.lose("stop", f"only the first {_MOST_STOPS} are sent")
    return stop[:_MOST_STOPS]


def _render_format(wanted: ResponseFormat, rendering: Rendering) -> dict[str, Any]:
    if rendering.same:
        key = next((key for key in _SCHEMA_KEYS if key in marks_of(wanted.extra)), None)
        built = {"type": wanted.kind} if key is None else {"type": "json_object", key: wanted.schema}
        return rendering.keep(built, wanted.extra, "response_format")
    for name in ("name", "description", "strict"):
        if getattr(wanted, name) is not None:
            rendering.lose(f"response_format.{name}", "Cohere takes a schema alone, and follows it strictly")
    built = {"type": "json_object" if wanted.kind == "json_schema" else wanted.kind}
    if wanted.schema is not None:
        built["json_schema"] = wanted.schema
    return rendering.keep(built, wanted.extra, "response_format")


def _render_reasoning(reasoning: Reasoning, built: dict[str, Any], rendering: Rendering) -> None:
    budget, enabled = reasoning.budget, reasoning.enabled
    if not rendering.same:
        if reasoning.summary is not None:
            rendering.lose("reasoning.summary", "this dialect shows no summaries of thoughts")
        if reasoning.effort == "none":
            enabled = False
        elif reasoning.effort is not None and budget is None and enabled is not False:
            rendering.lose("reasoning.effort", "this dialect knows budgets, not efforts")
            budget = _BUDGETS.get(reasoning.effort)
        elif reasoning.effort is not None:
            rendering.lose("reasoning.effort", "this dialect knows budgets, not efforts")
    told: dict[str, Any] = {"type": "disabled" if enabled is False else "enabled"}
    if budget is not None and (enabled is not False or rendering.same):
        told["token_budget"] = budget
    built["thinking"] = rendering.keep(told, reasoning.extra, "reasoning")


def _lose_elsewhere(request: ChatRequest, rendering: Rendering) -> None:
    """Name what only other dialects have. What they say of Cohere's own way is no loss: one answer, calls in parallel."""
    for name in _ELSEWHERE:
        value = getattr(request, name)
        if value is None or (name == "n" and value == 1) or value is True:
            continue
        rendering.lose(name, "Cohere has no such parameter")
