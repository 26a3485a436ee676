"""The request of OpenAI's Responses, to and from the hub.

`instructions` and an `input` that is one string are messages in the hub; marks tell where they stood. What this wire does
by default, or what is of use to its own server alone, is kept beside the unknown keys (see
`limen.dialects.responses.envelope`), so that its absence elsewhere is no loss.

Must not: refuse what needs a server that stores; that is for `limen.dialects.responses.translation`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members
from limen.dialects.openai.chat_request import put_known, read_object, take_model, take_sampling
from limen.dialects.rendering import Rendering
from limen.dialects.responses.envelope import Wrapped, envelope_of
from limen.dialects.responses.item_writer import render_message
from limen.dialects.responses.items import parse_items
from limen.dialects.responses.tools import render_choice, render_tools, take_choice, take_tools
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.request import ChatRequest, Message, Reasoning, ResponseFormat, Sampling

INSTRUCTIONS, INPUT, NO_INPUT = "instructions", "input", "no input"
"""Marks: the message was `instructions`; it was all of `input`, a bare string; the request had no `input`."""
LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"
_STORED = ("previous_response_id", "conversation", "prompt")
"""What may stand in for an input."""
_DEFAULTS: dict[str, Any] = {"store": False, "background": False, "truncation": "disabled"}
"""Where no server keeps anything, these values ask for nothing."""
LEAST_TOKENS = 16
"""OpenAI refuses a smaller bound on output: "integer below minimum value. Expected a value >= 16"."""
_EFFORTS = ((4096, "low"), (16384, "medium"))
_SAID = frozenset({"temperature", "top_p", "top_logprobs"})


def parse_responses_request(body: bytes, wire: str) -> ChatRequest:
    """The hub's request. Its `model` is empty where the body has none."""
    request = Members(read_object(body))
    quiet = _take_quiet(request)
    marks = () if "input" in request.rest else (NO_INPUT,)
    messages = _take_messages(request, wire)
    sampling = take_sampling(request)
    if LOGPROBS in quiet.get("include", ()):
        sampling = msgspec.structs.replace(sampling, logprobs=True)
    return ChatRequest(
        model=take_model(request),
        messages=messages,
        dialect=wire,
        tools=take_tools(request, wire),
        tool_choice=take_choice(request),
        parallel_tool_calls=request.flag("parallel_tool_calls"),
        sampling=sampling,
        max_tokens=request.integer("max_output_tokens"),
        max_tokens_key="max_output_tokens",
        response_format=_take_format(request),
        reasoning=_take_reasoning(request),
        service_tier=request.text("service_tier"),
        metadata=request.mapping("metadata"),
        user=request.text("user"),
        stream=request.flag("stream"),
        extra=Wrapped(request.rest, marks, quiet) if quiet else extra_of(request.rest, *marks),
    )


def _take_quiet(request: Members) -> dict[str, Any]:
    """What another dialect need not say."""
    rest, quiet = request.rest, dict[str, Any]()
    for key, default in _DEFAULTS.items():
        if rest.get(key) == default and type(rest.get(key)) is type(default):
            quiet[key] = rest.pop(key)
    include = rest.get("include")
    if isinstance(include, list) and all(wanted in (LOGPROBS, ENCRYPTED) for wanted in include):
        quiet["include"] = rest.pop("include")
    if rest.get("stream_options") in ({"include_obfuscation": False}, {"include_obfuscation": True}):
        quiet["stream_options"] = rest.pop("stream_options")
    return quiet


def _take_messages(request: Members, wire: str) -> tuple[Message, ...]:
    messages: list[Message] = []
    instructions = request.text("instructions")
    if instructions is not None:
        extra = Extra({}, (INSTRUCTIONS,))
        messages.append(Message("system", (Text(instructions),), plain=True, extra=extra))
    value = request.rest.get("input")
    if isinstance(value, str):
        del request.rest["input"]
        messages.append(Message("user", (Text(value),), plain=True, extra=Extra({}, (INPUT,))))
    elif isinstance(value, list):
        del request.rest["input"]
        messages += parse_items(value, "input", wire)
    elif value is not None:
        request.wrong("input", "a string or an array of items")
    elif not any(request.rest.get(key) for key in _STORED):
        raise BadRequest("Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    return tuple(messages)


def _take_format(request: Members) -> ResponseFormat | None:
    told = request.rest.get("text")
    if told is None:
        return None
    text = Members(dict(request.mapping("text") or {}), "text")
    shape = text.mapping("format")
    if text.rest or shape is None:
        request.rest["text"] = text.rest
    if shape is None:
        return None
    inner = Members(dict(shape), "text.format")
    kind = inner.text("type")
    if kind is None:
        name = "text.format.type"
        raise BadRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    schema = inner.rest.pop("schema") if inner.rest.get("schema") is not None else None
    title, description, strict = inner.text("name"), inner.text("description"), inner.flag("strict")
    return ResponseFormat(kind, title, description, schema, strict, extra_of(inner.rest))


def _take_reasoning(request: Members) -> Reasoning | None:
    told = request.mapping("reasoning")
    if told is None:
        return None
    inner = Members(dict(told), "reasoning")
    return Reasoning(inner.text("effort"), summary=inner.text("summary"), extra=extra_of(inner.rest))


def render_responses_request(request: ChatRequest, rendering: Rendering) -> bytes:
    """The body to send. What the hub has and this dialect has not is noted in the losses."""
    built: dict[str, Any] = {"model": request.model} if request.model else {}
    _put_messages(request.messages, built, rendering, unsaid=rendering.marked(request.extra, NO_INPUT))
    tools = request.tools or ()
    if request.tools is not None:
        built["tools"] = render_tools(tools, rendering)
    if request.tool_choice is not None and (tools or rendering.same):
        built["tool_choice"] = render_choice(request.tool_choice, tools, rendering)
    elif request.tool_choice is not None and request.tool_choice.mode != "none":
        rendering.lose("tool_choice", "there are no tools to choose from")
    _put_sampling(request.sampling, built, rendering)
    if request.max_tokens is not None:
        built["max_output_tokens"] = _bound(request.max_tokens, rendering)
    text = {} if request.response_format is None else {"format": render_format(request.response_format, rendering)}
    if text:
        built["text"] = text
    if request.reasoning is not None:
        built["reasoning"] = render_reasoning(request.reasoning, rendering)
    put_known(
        built,
        parallel_tool_calls=request.parallel_tool_calls,
        service_tier=request.service_tier,
        metadata=request.metadata,
        user=request.user,
        stream=request.stream,
    )
    if rendering.same:
        built.update(envelope_of(request.extra) or {})
    else:
        _put_own(request, built, rendering)
    return encode(rendering.keep(built, request.extra, ""))


def _put_messages(messages: tuple[Message, ...], built: dict[str, Any], rendering: Rendering, *, unsaid: bool) -> None:
    """Put what was said into `built`. `unsaid`: there was no `input`, since a stored one stood in for it."""
    rest = messages
    if rest and _are_instructions(rest[0], rendering):
        built["instructions"] = rest[0].blocks[0].text  # type: ignore[union-attr]
        rest = rest[1:]
    if len(rest) == 1 and rendering.marked(rest[0].extra, INPUT):
        built["input"] = rest[0].blocks[0].text  # type: ignore[union-attr]
        return
    skipped = len(messages) - len(rest)
    items = [item for index, each in enumerate(rest, skipped) for item in render_message(each, index, rendering)]
    if items or not unsaid:
        built["input"] = items


def _are_instructions(message: Message, rendering: Rendering) -> bool:
    """Whether a leading message goes to `instructions`: it did before, or it is another dialect's one plain text."""
    if rendering.same:
        return INSTRUCTIONS in marks_of(message.extra)
    block = message.blocks[0] if len(message.blocks) == 1 else None
    plain = isinstance(block, Text) and block.cache is None and not block.extra and not message.extra
    return message.role == "system" and plain and message.name is None


def _put_sampling(sampling: Sampling, built: dict[str, Any], rendering: Rendering) -> None:
    for key, value in msgspec.structs.asdict(sampling).items():
        if value is None:
            continue
        if key == "logprobs":
            _put_logprobs(value, built, rendering)
        elif key in _SAID or rendering.same:
            built[key] = value
        else:
            rendering.lose(key, "OpenAI's Responses have no such parameter")


def _put_logprobs(value: Any, built: dict[str, Any], rendering: Rendering) -> None:
    """Log probabilities are asked for in `include`; where a request of this wire says so there, it has that itself."""
    if not rendering.same and value:
        built["include"] = [LOGPROBS]


def _bound(tokens: int, rendering: Rendering) -> int:
    if rendering.same or tokens >= LEAST_TOKENS:
        return tokens
    rendering.lose("max_tokens", f"raised to {LEAST_TOKENS}, the least that OpenAI takes")
    return LEAST_TOKENS


def render_format(wanted: ResponseFormat, rendering: Rendering) -> dict[str, Any]:
    """``text.format``, in which all is flat."""
    built: dict[str, Any] = {"type": wanted.kind}
    name = wanted.name
    if name is None and wanted.kind == "json_schema" and not rendering.same:
        name = "answer"  # OpenAI requires a name; other dialects have none.
    put_known(built, name=name, description=wanted.description, schema=wanted.schema, strict=wanted.strict)
    return rendering.keep(built, wanted.extra, "text.format")


def render_reasoning(reasoning: Reasoning, rendering: Rendering) -> dict[str, Any]:
    """How hard to think; another dialect's budget becomes an effort."""
    built: dict[str, Any] = {}
    effort = reasoning.effort
    if not rendering.same:
        if reasoning.enabled is False:
            effort = "none"
        if reasoning.budget is not None:
            rendering.lose("reasoning.budget", "this dialect knows efforts, not budgets")
            effort = effort or next((word for most, word in _EFFORTS if reasoning.budget <= most), "high")
    put_known(built, effort=effort, summary=reasoning.summary)
    return rendering.keep(built, reasoning.extra, "reasoning")


def _put_own(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """What another dialect's request needs here: nothing is stored, so thoughts come back with the next request."""
    built["store"] = False
    if request.reasoning is not None and request.reasoning.enabled is not False:
        built["include"] = [*built.get("include", ()), ENCRYPTED]
    for name, value in (("stop", request.stop), ("n", request.n if request.n != 1 else None)):
        if value:
            rendering.lose(name, "OpenAI's Responses have no such parameter")
    if request.modalities is not None and request.modalities != ("text",):
        rendering.lose("modalities", "OpenAI's Responses answer in text")
