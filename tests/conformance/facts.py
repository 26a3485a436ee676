"""What a request or an answer says, as facts that can be looked for after a crossing, each with its place in the hub.

Two dialects say one thing in unlike ways; the hub is where both mean the same. So facts are taken from hub values: those of
what was read, and those of what the other dialect reads in what was written for it. What is a default everywhere (a tool choice
of ``auto``, `n` of 1) is no fact. How a thing was spelled is none either: that is for the way home, which is exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from limen.dialects.answer_envelope import USUAL_TIERS, is_envelope
from limen.dialects.extra import Extra
from limen.dialects.json_text import encode
from limen.dialects.seal import open_id, unseal_proof
from limen.dialects.web_citation import read_web_citation
from limen.model.content import (
    Audio,
    Block,
    Document,
    Image,
    Opaque,
    Proof,
    Refusal,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from limen.model.request import ChatRequest, Message, Reasoning, ResponseFormat, Tool, ToolChoice
from limen.model.response import ChatResponse, Choice

REQUEST_FEATURES = (
    "text", "system", "images", "audio", "documents", "tools", "strict tools", "tool calls", "parallel calls", "tool results",
    "tool results with errors", "tool results with images", "tool choice", "one call at a time", "structured output",
    "reasoning", "thinking", "signatures", "cache marks", "citations", "refusals", "logprobs", "n", "max tokens", "stop",
    "sampling", "service tier", "metadata and user", "server tools", "modalities", "names", "other blocks", "other keys",
)  # fmt: skip
ANSWER_FEATURES = (
    "text", "images", "audio", "documents", "tool calls", "parallel calls", "thinking", "signatures", "citations", "refusals",
    "logprobs", "n", "finish reason", "usage", "kinds of tokens", "service tier", "server tools", "other blocks",
    "other keys", "errors",
)  # fmt: skip

SAY_NOTHING: tuple[Any, ...] = (None, "", [], {})


class Fact(NamedTuple):
    """One thing that is said: of which feature, what (hashable), and where, in the words of losses."""

    feature: str
    value: Any
    place: str


class Said(NamedTuple):
    """All of it: facts, and texts in order, each with who says it."""

    facts: list[Fact]
    texts: list[Fact]


def canonical(value: Any) -> str:
    """JSON in one spelling; 1 and 1.0 are the same."""
    return json.dumps(_number(json.loads(encode(value))), sort_keys=True)


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _number(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_number(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Telling:
    """Facts as they are found; calls are counted, since their ids may differ from dialect to dialect.

    `answer`: what of an answer nobody misses (ids, times, machines) is no fact.
    """

    def __init__(self, *, answer: bool = False) -> None:
        self.answer = answer
        self.said = Said([], [])
        self.calls: dict[str, int] = {}
        self.counted = 0

    def add(self, feature: str, value: Any, place: str) -> None:
        """Note a fact, if there is one."""
        if value is not None:
            self.said.facts.append(Fact(feature, value, place))

    def text(self, feature: str, who: Any, text: str, place: str) -> None:
        """Note a text, if there is one."""
        if text:
            self.said.texts.append(Fact(feature, (who, text), place))

    def schema(self, feature: str, value: Any, place: str) -> None:
        """Note each leaf of a JSON Schema under its keyword: a dialect may write definitions out where they are used."""
        items: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, dict):
            items = [(key, inner) for key, inner in value.items() if key not in ("$ref", "$schema")]
        elif isinstance(value, list):
            items = enumerate(value)
        for key, inner in items:
            where = f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}"
            if isinstance(inner, dict | list):
                self.schema(feature, inner, where)
            else:
                keyword = place.rpartition(".")[2] if isinstance(key, int) else key
                self.add(feature, (keyword, canonical(inner)), where)

    def extras(self, extra: Mapping[str, Any], place: str) -> None:
        """Note what only the dialect it came from knows, key by key."""
        for key, kept in extra.items():
            inner = f"{place}.{key}" if place else key
            if isinstance(kept, Extra):
                self.extras(kept, inner)
            elif kept not in SAY_NOTHING and not (self.answer and is_envelope(key, kept)):
                self.add("other keys", (key, canonical(kept)), inner)

    def blocks(self, role: str, blocks: Iterable[Block], place: str) -> None:
        """Note the blocks of a turn."""
        calls = []
        for index, block in enumerate(blocks):
            self.block(role, block, f"{place}[{index}]")
            if isinstance(block, ToolCall):
                calls.append(block.name)
        if len(calls) > 1:
            self.add("parallel calls", tuple(calls), place)

    def block(self, role: str, block: Block, place: str) -> None:
        """Note one block."""
        match block:
            case Text():
                self.text("system" if role == "system" else "text", role, block.text, place)
                for each in block.citations:
                    self.add("citations", _citation(each), f"{place}.citations")
            case Refusal():
                self.text("refusals", role, block.text, place)
            case Thinking():
                self.text("thinking", "thinking", block.text, place)
                self._proof(block.proof, place)
            case Image() | Audio() | Document():
                self.add(_MEDIA[type(block)], _source(block), place)
                if isinstance(block, Document) and block.source.data is None:
                    self.add("documents", ("title", block.title) if block.title else None, f"{place}.title")
            case ToolCall():
                self._call(block, place)
            case ToolResult():
                self._result(block, place)
            case ServerTool():
                self.add("server tools", canonical(block.data), place)
            case Opaque():
                self.add("other blocks", canonical(block.data), place)
        cache = getattr(block, "cache", None)
        if cache is not None:
            self.add("cache marks", cache.ttl or "5m", f"{place}.cache_control")
        self.extras(getattr(block, "extra", {}), place)

    def _proof(self, proof: Proof | None, place: str) -> None:
        if proof is not None:
            proof = unseal_proof(proof.value) or proof
            self.add("signatures", (proof.issuer, proof.value), f"{place}.proof")

    def _call(self, call: ToolCall, place: str) -> None:
        opened = open_id(call.id)
        for thought in opened.thoughts:
            self._proof(thought.proof, place)
        self._proof(opened.proof, place)
        self.calls[opened.id] = self.counted
        self.add("tool calls", (self.counted, call.kind, call.name, _arguments(call.arguments)), place)
        self.counted += 1
        self._proof(call.proof, place)

    def _result(self, result: ToolResult, place: str) -> None:
        who = self.calls.get(open_id(result.call_id).id, result.call_id)
        self.add("tool results", who, place)
        if result.is_error:
            self.add("tool results with errors", who, f"{place}.is_error")
        for index, part in enumerate(result.content):
            inner = f"{place}.content[{index}]"
            match part:
                case Text():
                    self.text("tool results", who, _result(part.text), inner)
                    self.extras(part.extra, inner)
                case Image() | Document():
                    self.add("tool results with images", (who, _source(part)), inner)
                    self.extras(part.extra, inner)
                case _:
                    self.block("tool", part, inner)


_MEDIA = {Image: "images", Audio: "audio", Document: "documents"}


def _source(block: Any) -> str:
    """The bytes, address or name of a medium."""
    source = block.source
    return str(source.data or source.url or source.file_id)


def _citation(citation: Any) -> str:
    """The page that a citation names, or all of it."""
    page = read_web_citation(citation)
    return canonical(citation) if page is None else page.url


def _arguments(text: str) -> str:
    try:
        return canonical(json.loads(text or "{}"))
    except ValueError:
        return text


def _result(text: str) -> str:
    """What a tool said. Gemini wants an object: JSON may be written anew, and what is no object is wrapped in one."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    while isinstance(value, dict) and len(value) == 1 and value.keys() & {"output", "result"}:
        value = next(iter(value.values()))
    return value if isinstance(value, str) else canonical(value)


def of_request(request: ChatRequest) -> Said:
    """What a request says."""
    telling = _Telling()
    for index, message in enumerate(request.messages):
        _message(telling, message, f"messages[{index}]")
    for index, tool in enumerate(request.tools or ()):
        _tool(telling, tool, f"tools[{index}]")
    telling.add("tool choice", _choice(request.tool_choice, request.tools or ()), "tool_choice")
    if request.parallel_tool_calls is False and any(tool.kind == "function" for tool in request.tools or ()):
        telling.add("one call at a time", True, "parallel_tool_calls")
    if request.response_format is not None:
        _format(telling, request.response_format)
    if request.reasoning is not None:
        _reasoning(telling, request.reasoning)
    for name in request.sampling.__struct_fields__:
        value = getattr(request.sampling, name)
        feature = "logprobs" if "logprobs" in name else "sampling"
        told = None if value is None or value is False else (name, canonical(value))
        telling.add(feature, told, name)
    _settings(telling, request)
    telling.extras(request.extra, "")
    return telling.said


def _settings(telling: _Telling, request: ChatRequest) -> None:
    telling.add("max tokens", request.max_tokens, "max_tokens")
    for word in request.stop or ():
        telling.add("stop", word, "stop")
    telling.add("n", None if request.n == 1 else request.n, "n")
    telling.add("modalities", None if request.modalities == ("text",) else request.modalities, "modalities")
    telling.add("service tier", _tier(request.service_tier, "default"), "service_tier")
    for key, value in (request.metadata or {}).items():
        telling.add("metadata and user", (key, canonical(value)), f"metadata.{key}")
    telling.add("metadata and user", ("user", request.user) if request.user else None, "user")


def _tier(tier: str | None, *usual: str) -> str | None:
    """A tier; to leave it open is to say nothing, and so is to ask for the usual one."""
    return None if tier in ("auto", *usual) else tier


def _message(telling: _Telling, message: Message, place: str) -> None:
    role = "system" if message.role in ("system", "developer") else message.role
    telling.add("names", message.name, f"{place}.name")
    telling.blocks("user" if role == "tool" else role, message.blocks, f"{place}.content")
    telling.extras(message.extra, place)


def _tool(telling: _Telling, tool: Tool, place: str) -> None:
    if tool.kind != "function":
        telling.add("server tools", (tool.kind, canonical(tool.data)), place)
        return
    telling.add("tools", ("name", tool.name), place)
    if tool.description:
        telling.add("tools", ("description", tool.name, tool.description), f"{place}.description")
    if tool.parameters:
        telling.schema("tools", tool.parameters, f"{place}.parameters")
    if tool.strict:
        telling.add("strict tools", tool.name, f"{place}.strict")
    if tool.cache is not None:
        telling.add("cache marks", tool.cache.ttl or "5m", f"{place}.cache_control")
    telling.extras(tool.extra, place)


def _choice(choice: ToolChoice | None, tools: Sequence[Tool]) -> Any:
    """Where there is one tool, to name it is to require it; to allow all is to name none."""
    if choice is None or (choice.mode == "auto" and not choice.names):
        return None
    mode = "required" if choice.mode == "named" and len(tools) == 1 else choice.mode
    all_of_them = {tool.name for tool in tools if tool.kind == "function"} <= set(choice.names)
    return mode, () if all_of_them else choice.names


def _format(telling: _Telling, wanted: ResponseFormat) -> None:
    if wanted.kind == "text":
        return
    telling.add("structured output", ("kind", wanted.kind), "response_format")
    if wanted.schema is not None:
        telling.schema("structured output", wanted.schema, "response_format.schema")
    for name in ("name", "description"):
        value = getattr(wanted, name)
        telling.add("structured output", (name, value) if value else None, f"response_format.{name}")
    if wanted.strict:
        telling.add("structured output", ("strict", True), "response_format.strict")
    telling.extras(wanted.extra, "response_format")


def _reasoning(telling: _Telling, reasoning: Reasoning) -> None:
    """Thinking is on where any effort or budget is given; an effort of none is thinking switched off."""
    effort = None if reasoning.effort == "none" else reasoning.effort
    off = reasoning.enabled is False or reasoning.effort == "none"
    telling.add("reasoning", ("effort", effort) if effort else None, "reasoning.effort")
    if reasoning.budget:
        telling.add("reasoning", ("budget", reasoning.budget), "reasoning.budget")
    if off or reasoning.enabled or effort or reasoning.budget:
        telling.add("reasoning", ("enabled", not off), "reasoning.enabled")
    telling.add("reasoning", ("summary", reasoning.summary) if reasoning.summary else None, "reasoning.summary")
    telling.extras(reasoning.extra, "reasoning")


def of_response(response: ChatResponse) -> Said:
    """What an answer says."""
    telling = _Telling(answer=True)
    for choice in response.choices:
        _answer(telling, choice)
    if len(response.choices) > 1:
        telling.add("n", len(response.choices), "n")
    telling.add("service tier", _tier(response.service_tier, *USUAL_TIERS), "service_tier")
    usage = response.usage
    if usage is not None:
        telling.add("usage", ("in", usage.input_total), "usage")
        telling.add("usage", ("out", usage.output_total), "usage")
        for name in ("input_cache_read", "input_cache_write_5m", "input_cache_write_1h", "output_reasoning"):
            count = getattr(usage, name)
            telling.add("kinds of tokens", (name, count) if count else None, f"usage.{name}")
    telling.extras(response.extra, "")
    return telling.said


def _answer(telling: _Telling, choice: Choice) -> None:
    place = f"choices[{choice.index}]"
    telling.blocks(f"assistant {choice.index}", choice.blocks, f"{place}.message.content")
    telling.add("finish reason", (choice.index, choice.finish) if choice.finish else None, f"{place}.finish_reason")
    if choice.logprobs not in SAY_NOTHING:
        telling.add("logprobs", choice.index, f"{place}.logprobs")
    telling.extras(choice.extra, place)
    telling.extras(choice.message_extra, f"{place}.message")


def pairs(value: Any) -> Iterator[tuple[str, str]]:
    """Every key in JSON with what stands there."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, canonical(inner)
            yield from pairs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pairs(inner)
