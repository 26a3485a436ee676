"""The request of OpenAI's chat completions, to and from the hub.

Must not: know what any one provider does differently; that is its adapter's to mend, with `edit_request` or with the
:class:`Spelling` it gives the dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.dialects.extra import extra_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import Members, type_name
from limen.dialects.openai.messages import parse_message, render_message
from limen.dialects.openai.reasoning import render_reasoning, take_reasoning
from limen.dialects.openai.tools import render_choice, render_tools, take_choice, take_tools
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.request import ChatRequest, ResponseFormat, Sampling

_NUMBERS = ("temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty")
_INTEGERS = ("top_k", "seed", "top_logprobs")
BEYOND_OPENAI = frozenset({"top_k", "min_p", "repetition_penalty"})
"""Ways to pick tokens that OpenAI does not have, but many servers of its dialect do."""
_RANGES = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
    "top_logprobs": (0, 20),
}


class Spelling(msgspec.Struct, frozen=True):
    """What a provider of this dialect takes beyond OpenAI, for requests that come from another dialect.

    `also` names members of :data:`BEYOND_OPENAI` that it knows; `thinking_key` is where it wants earlier thoughts back, such as
    ``reasoning_content``; `max_tokens_key` what it calls the bound on output.
    """

    also: frozenset[str] = frozenset()
    thinking_key: str | None = None
    max_tokens_key: str = "max_tokens"


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; BadRequest if it holds anything else."""
    try:
        value = decode(body)
    except NotJson as error:
        raise BadRequest(f"the request body can't be read: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest(f"the request body must be a JSON object, not {type_name(value)}")
    return value


def required(request: Members, key: str) -> Any:
    """The value of a key that must be there, untouched."""
    value = request.rest.get(key)
    if value is None:
        raise BadRequest(f"Missing required parameter: '{key}'.", param=key, code="missing_required_parameter")
    return value


def take_model(request: Members) -> str:
    """The model's name; empty where there is none. An empty one stays where it was."""
    return "" if request.rest.get("model") == "" else request.text("model") or ""


def parse_chat_request(body: bytes, wire: str) -> ChatRequest:
    """The hub's request. Its `model` is empty where the body has none."""
    request = Members(read_object(body))
    required(request, "messages")
    messages = request.array("messages") or []
    if not messages:
        raise BadRequest(
            "Invalid 'messages': empty array. Expected at least one message.", param="messages", code="empty_array"
        )
    stop, stop_plain = take_stop(request)
    max_tokens, max_tokens_key = _take_max_tokens(request)
    return ChatRequest(
        model=take_model(request),
        messages=tuple([parse_message(value, index, wire) for index, value in enumerate(messages)]),
        dialect=wire,
        tools=take_tools(request, wire),
        tool_choice=take_choice(request),
        parallel_tool_calls=request.flag("parallel_tool_calls"),
        sampling=take_sampling(request),
        max_tokens=max_tokens,
        max_tokens_key=max_tokens_key,
        stop=stop,
        stop_plain=stop_plain,
        n=request.integer("n"),
        response_format=_take_format(request),
        reasoning=take_reasoning(request),
        modalities=request.texts("modalities"),
        service_tier=request.text("service_tier"),
        metadata=request.mapping("metadata"),
        user=request.text("user"),
        stream=request.flag("stream"),
        stream_usage=take_stream_usage(request),
        extra=extra_of(request.rest),
    )


def take_stop(request: Members) -> tuple[tuple[str, ...] | None, bool]:
    """Where to stop, and whether it was one bare string."""
    if isinstance(request.rest.get("stop"), str):
        return (request.rest.pop("stop"),), True
    return request.texts("stop"), False


def _take_max_tokens(request: Members) -> tuple[int | None, str]:
    newer = request.integer("max_completion_tokens")
    if newer is not None:
        return newer, "max_completion_tokens"
    return request.integer("max_tokens"), "max_tokens"


def take_sampling(request: Members, *, counted: bool = False) -> Sampling:
    """How to pick tokens. `logprobs` is a flag in chat and, `counted`, a number in legacy completions."""
    found: dict[str, Any] = {key: request.number(key) for key in _NUMBERS}
    found |= {key: request.integer(key) for key in _INTEGERS}
    found["logprobs"] = request.integer("logprobs") if counted else request.flag("logprobs")
    return Sampling(**found, logit_bias=request.mapping("logit_bias"))


def take_stream_usage(request: Members) -> bool | None:
    """Whether the client asked for usage in the stream; what else ``stream_options`` has stays."""
    options = request.rest.get("stream_options")
    if options is None:
        return None
    if not isinstance(options, dict):
        request.wrong("stream_options", "an object")
        return None
    asked = Members(options, "stream_options").flag("include_usage")
    if asked is not None and not options:
        del request.rest["stream_options"]
    return asked


def _take_format(request: Members) -> ResponseFormat | None:
    told = request.mapping("response_format")
    if told is None:
        return None
    outer = Members(told, "response_format")
    required_type = outer.text("type")
    if required_type is None:
        raise BadRequest(
            "Missing required parameter: 'response_format.type'.",
            param="response_format.type",
            code="missing_required_parameter",
        )
    body = outer.mapping("json_schema") if required_type == "json_schema" else None
    if body is None:
        return ResponseFormat(required_type, extra=extra_of(outer.rest))
    inner = Members(body, "response_format.json_schema")
    name, description, strict = inner.text("name"), inner.text("description"), inner.flag("strict")
    schema = body.pop("schema") if body.get("schema") is not None else None
    if body or all(value is None for value in (name, description, schema, strict)):
        outer.rest["json_schema"] = body
    return ResponseFormat(required_type, name, description, schema, strict, extra_of(outer.rest))


def render_chat_request(request: ChatRequest, rendering: Rendering, spelling: Spelling) -> bytes:
    """The body to send. What the hub has and this dialect has not is noted in the losses."""
    built: dict[str, Any] = {"model": request.model} if request.model else {}
    built["messages"] = [
        rendered
        for index, message in enumerate(request.messages)
        for rendered in render_message(message, index, rendering, spelling.thinking_key)
    ]
    if request.tools is not None:
        render_tools(request.tools, built, rendering)
    if request.tool_choice is not None:
        render_choice(request.tool_choice, built, rendering)
    render_sampling(request.sampling, built, rendering, spelling)
    if request.max_tokens is not None:
        key = request.max_tokens_key if rendering.same else spelling.max_tokens_key
        built[key] = request.max_tokens
    if request.response_format is not None:
        built["response_format"] = _render_format(request.response_format, rendering)
    if request.reasoning is not None:
        render_reasoning(request.reasoning, built, rendering)
    put_stop(request.stop, built, plain=request.stop_plain)
    put_known(
        built,
        parallel_tool_calls=request.parallel_tool_calls,
        n=request.n,
        modalities=request.modalities,
        service_tier=request.service_tier,
        metadata=request.metadata,
        user=request.user,
        stream=request.stream,
        stream_options=None if request.stream_usage is None else {"include_usage": request.stream_usage},
    )
    return encode(rendering.keep(built, request.extra, ""))


def put_known(built: dict[str, Any], **values: Any) -> None:
    """Put the values that were said into `built`."""
    built.update({key: value for key, value in values.items() if value is not None})


def put_stop(stop: tuple[str, ...] | None, built: dict[str, Any], *, plain: bool) -> None:
    """Where to stop, as a bare string if it was one."""
    if stop is not None:
        built["stop"] = stop[0] if plain and len(stop) == 1 else stop


def render_sampling(sampling: Sampling, built: dict[str, Any], rendering: Rendering, spelling: Spelling) -> None:
    """Put how to pick tokens into the request `built`; another dialect's values are brought into OpenAI's ranges."""
    values: Mapping[str, Any] = msgspec.structs.asdict(sampling)
    for key, value in values.items():
        if value is None:
            continue
        if rendering.same:
            built[key] = value
        elif key in BEYOND_OPENAI and key not in spelling.also:
            rendering.lose(key, "OpenAI has no such parameter")
        else:
            built[key] = _in_range(key, value, rendering)


def _in_range(key: str, value: Any, rendering: Rendering) -> Any:
    low, high = _RANGES.get(key, (None, None))
    if low is None or high is None or low <= value <= high:
        return value
    rendering.lose(key, f"brought into the range {low} to {high}")
    return low if value < low else high


def _render_format(wanted: ResponseFormat, rendering: Rendering) -> dict[str, Any]:
    built: dict[str, Any] = {"type": wanted.kind}
    inner: dict[str, Any] = {}
    name = wanted.name
    if name is None and wanted.kind == "json_schema" and not rendering.same:
        name = "answer"  # OpenAI requires a name; other dialects have none.
    put_known(inner, name=name, description=wanted.description, schema=wanted.schema, strict=wanted.strict)
    if inner:
        built["json_schema"] = inner
    return rendering.keep(built, wanted.extra, "response_format")
