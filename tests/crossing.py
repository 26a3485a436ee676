"""What crosses from one dialect to another, leaf by leaf: each leaf arrives, or a loss names it or what it stands in."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from limen.dialects.answer_envelope import is_envelope
from limen.dialects.base import AnyDialect
from limen.model.content import (
    Audio,
    Document,
    Image,
    Opaque,
    Refusal,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse

_FIELDS = ("max_tokens", "stop", "n", "parallel_tool_calls", "service_tier", "metadata", "user", "modalities")
_OF_NOTHING: tuple[Any, ...] = (None, "", [], {}, (), False)
# What a dialect does that does not say so.
_USUAL = (("parallel_tool_calls", True), ("service_tier", "default"), ("service_tier", "standard"))
_ROLES = {"tool": "user", "developer": "system"}

Leaf = tuple[str, ...]


def unnamed_in_request(body: bytes, source: AnyDialect, target: AnyDialect) -> list[str]:
    """What of a request is lost in `target` without a name. Empty if all is well."""
    request, losses = source.parse_request(body), Losses()
    there = target.parse_request(target.render_request(request, losses))
    return list(_missing(_leaves_of_request(request), _leaves_of_request(there), losses))


def unnamed_in_response(body: bytes, source: AnyDialect, target: AnyDialect) -> list[str]:
    """The same for a full answer."""
    response, losses = source.parse_response(body), Losses()
    there = target.parse_response(target.render_response(response, losses))
    said = (each for each in _leaves_of_response(response) if not _is_envelope(each[1]))
    return list(_missing(said, _leaves_of_response(there), losses))


def _is_envelope(leaf: Leaf) -> bool:
    """Whether a key that only its wire has is one that nobody misses in an answer."""
    return leaf[0] == "extra" and is_envelope(leaf[1], json.loads(leaf[2]))


def _missing(here: Iterator[tuple[str, Leaf]], there: Iterator[tuple[str, Leaf]], losses: Losses) -> Iterator[str]:
    arrived = Counter(leaf for _, leaf in there)
    for place, leaf in here:
        if arrived[leaf]:
            arrived[leaf] -= 1
        elif not _is_named(place, losses):
            yield f"{place}: {str(leaf)[:120]}"


def _is_named(place: str, losses: Losses) -> bool:
    """Whether a loss names `place`, something that it stands in, or (for a block) something in it."""
    last = place.rpartition(".")[2]
    role = f"{place.partition('.')[0]}.role"
    return role in losses or any(
        place == name
        or place.startswith((f"{name}.", f"{name}["))
        or name.startswith((f"{place}.", f"{place}["))
        or name == last
        for name in losses
    )


def _leaves_of_request(request: ChatRequest) -> Iterator[tuple[str, Leaf]]:
    for index, message in enumerate(request.messages):
        role = _ROLES.get(message.role, message.role)
        if role != "assistant":
            for number, block in enumerate(message.blocks):
                yield from _leaves_of_block(block, f"messages[{index}].content[{number}]", role)
        elif index == 0 or request.messages[index - 1].role != "assistant":
            # Turns of the model that follow each other may be one turn elsewhere.
            turns = list(itertools.takewhile(lambda each: each.role == "assistant", request.messages[index:]))
            yield from _leaves_of_turns(turns, index)
        if message.name is not None and message.role != "tool":
            yield f"messages[{index}].name", ("name", message.name)
        yield from _leaves_of_extra(message.extra, f"messages[{index}]")
    yield from _leaves_of_tools(request)
    yield from _leaves_of_settings(request)
    yield from _leaves_of_extra(request.extra, "")


def _leaves_of_tools(request: ChatRequest) -> Iterator[tuple[str, Leaf]]:
    for index, tool in enumerate(request.tools or ()):
        known = (tool.kind, tool.name, tool.description or "", _json(tool.parameters), str(tool.strict))
        yield f"tools[{index}]", ("tool", *known)
    if request.tool_choice is not None:
        yield "tool_choice", ("tool_choice", request.tool_choice.mode, *request.tool_choice.names)


def _leaves_of_settings(request: ChatRequest) -> Iterator[tuple[str, Leaf]]:
    for name in _FIELDS:
        value = getattr(request, name)
        if value is not None and (name, value) not in _USUAL:
            yield name, (name, _json(value))
    for part, fields in (
        ("sampling", request.sampling),
        ("reasoning", request.reasoning),
        ("response_format", request.response_format),
    ):
        if part == "reasoning" and fields is not None and _is_off(fields):
            yield part, (part, "off")
            continue
        for name, value in msgspec.structs.asdict(fields).items() if fields is not None else ():
            implied = name == "enabled" and value is True and _is_measured(fields)
            if name != "extra" and value is not None and not implied:
                yield f"{part}.{name}", (part, name, _json(value))


def _is_measured(reasoning: Any) -> bool:
    """Whether it is said how much to think, so that nothing need say that there is to be thought."""
    return bool(reasoning.budget or reasoning.effort)


def _is_off(reasoning: Any) -> bool:
    """Whether no thinking is wished for, in any of the three ways to say so."""
    return reasoning.enabled is False or reasoning.effort == "none" or reasoning.budget == 0


def _leaves_of_response(response: ChatResponse) -> Iterator[tuple[str, Leaf]]:
    yield "id", ("id", response.id)
    yield "model", ("model", response.model)
    if response.created is not None:
        yield "created", ("created", str(response.created))
    if response.usage is not None:
        usage = response.usage
        for name in ("input_total", "output_total", "total", "input_cache_read", "output_reasoning", "input_audio"):
            yield f"usage.{name}", ("usage", name, str(getattr(usage, name)))
    for choice in response.choices:
        where = f"choices[{choice.index}]"
        calls = any(isinstance(block, ToolCall) for block in choice.blocks)
        finish = "tool_calls" if calls and choice.finish == "stop" else str(choice.finish)
        yield "finish_reason", (where, "finish", finish)
        if choice.logprobs is not None:
            yield f"{where}.logprobs", (where, _json(choice.logprobs))
        yield from _leaves_of_answer(
            [(f"{where}.message.content[{number}]", block) for number, block in enumerate(choice.blocks)]
        )
        yield from _leaves_of_extra(choice.extra, where)
        yield from _leaves_of_extra(choice.message_extra, f"{where}.message")
    yield from _leaves_of_extra(response.extra, "")


def _leaves_of_turns(turns: list[Any], first: int) -> Iterator[tuple[str, Leaf]]:
    yield from _leaves_of_answer(
        [
            (f"messages[{index}].content[{number}]", block)
            for index, turn in enumerate(turns, first)
            for number, block in enumerate(turn.blocks)
        ]
    )


def _leaves_of_answer(blocks: list[tuple[str, Any]]) -> Iterator[tuple[str, Leaf]]:
    """The leaves of what a model said. Some dialects put all of its text in one string, and all its thoughts in another."""
    for kind, name in ((Text, "text"), (Thinking, "thinking")):
        said = [(place, block.text) for place, block in blocks if isinstance(block, kind) and block.text]
        if said:
            yield said[0][0], ("assistant", name, "".join("".join([text for _, text in said]).split()))
    for place, block in blocks:
        for where, leaf in _leaves_of_block(block, place, "assistant"):
            if leaf[1:2] not in (("text",), ("thinking",)) or isinstance(block, Refusal):
                yield where, leaf


def _leaves_of_block(block: Any, place: str, role: str) -> Iterator[tuple[str, Leaf]]:
    match block:
        case Text() | Refusal():
            if block.text:
                yield place, (role, "text", block.text)
            for citation in getattr(block, "citations", ()):
                yield f"{place}.citations", ("citation", _json(citation))
        case Thinking():
            if block.text:
                yield place, (role, "thinking", block.text)
            if block.proof is not None:
                yield f"{place}.proof", ("proof", *map(str, msgspec.structs.astuple(block.proof)))
        case ToolCall():
            yield from _leaves_of_call(block, place, role)
        case ToolResult():
            yield from _leaves_of_result(block, place, role)
        case Image() | Audio() | Document():
            source = block.source
            yield place, (role, type(block).__name__, str(source.data), str(source.url), str(source.file_id))
            yield from _leaves_of_extra(block.extra, place)
        case Opaque() | ServerTool():
            yield place, (role, "own", _json(block.data))


def _leaves_of_call(block: ToolCall, place: str, role: str) -> Iterator[tuple[str, Leaf]]:
    yield place, (role, "call", block.kind, block.name, _canonical(block.arguments or "{}"))
    if block.id and not block.id.startswith("gemini_call_"):
        yield f"{place}.id", ("call id", block.id)
    if block.proof is not None:
        yield f"{place}.proof", ("proof", *map(str, msgspec.structs.astuple(block.proof)))


def _leaves_of_result(block: ToolResult, place: str, role: str) -> Iterator[tuple[str, Leaf]]:
    text = "\n".join([each.text for each in block.content if isinstance(each, Text)])
    yield place, (role, "result", _canonical(text))
    if block.call_id and not block.call_id.startswith("gemini_call_"):
        yield f"{place}.id", ("result id", block.call_id)
    if block.is_error:
        yield f"{place}.is_error", ("is_error", block.call_id)
    for number, each in enumerate(block.content):
        if not isinstance(each, Text):
            yield from _leaves_of_block(each, f"{place}.content[{number}]", role)


def _leaves_of_extra(extra: Mapping[str, Any], place: str) -> Iterator[tuple[str, Leaf]]:
    for key, value in extra.items():
        if value not in _OF_NOTHING:
            yield f"{place}.{key}" if place else key, ("extra", key, _json(value))


def _json(value: Any) -> str:
    return json.dumps(msgspec.to_builtins(value), sort_keys=True)


def _canonical(text: str) -> str:
    """JSON in one spelling, any other text as it is."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text
