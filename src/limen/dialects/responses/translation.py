"""A request of this dialect as others can take it.

Asked for only where a provider speaks another wire. What stands for something that a server has stored can't be said there at
all, and is refused; what only this wire has is left out by name; tools that only it can offer become functions
(`limen.dialects.responses.client_tools`).

Must not: render; the request stays the hub's.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import msgspec

from limen.dialects.extra import marks_of
from limen.dialects.json_text import encode
from limen.dialects.responses.client_tools import CALL_KEYS, ClientTools, namespaced, wrap_input
from limen.dialects.responses.envelope import Wrapped, envelope_of, unsaid
from limen.dialects.responses.items import kind_of
from limen.dialects.responses.tools import parse_tool
from limen.errors import BadRequest
from limen.model.content import NOTHING, Block, Opaque, ServerTool, Text, Thinking, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Tool, ToolChoice

_STORED = {
    "previous_response_id": "send the whole conversation in `input`",
    "conversation": "send the whole conversation in `input`",
    "prompt": "send the prompt's text in `instructions` and `input`",
    "background": "leave it out, and wait for the answer or stream it",
}
_REFUSED_ITEMS = {
    "item_reference": "send the item itself",
    "compaction": "send the conversation that it stands for",
    "compaction_summary": "send the conversation that it stands for",
}
_OUTPUTS = frozenset({"local_shell_call_output", "shell_call_output", "apply_patch_call_output"})
_DESCRIBED = frozenset({"type", "id", "call_id", "status"})
"""What a described call, and its output, has round what it says."""
_GIVEN = frozenset({"type", "id", "status", "execution", "role", "tools"})
_GIVE_TOOLS = frozenset({"additional_tools", "tool_search_output"})


class Translated(Wrapped):
    """The extra of a request that was translated: the keys as they were, and the request as its client wrote it."""

    __slots__ = ("original",)

    def __init__(self, extra: Mapping[str, Any], original: ChatRequest) -> None:
        super().__init__(extra, marks_of(extra), envelope_of(extra) or {})
        self.original = original


def original_of(request: ChatRequest) -> ChatRequest:
    """The request as its client wrote it."""
    return request.extra.original if isinstance(request.extra, Translated) else request


def offered_tools(request: ChatRequest) -> ClientTools:
    """The tools of a client's request, and of its items that bring more."""
    given = {tool.name: tool for tool in _given(request)}
    return ClientTools([*(request.tools or ()), *given.values()])


def _given(request: ChatRequest) -> list[Tool]:
    known = {tool.name for tool in request.tools or ()}
    found: list[Tool] = []
    for message in request.messages:
        for block in message.blocks:
            data: Any = block.data if isinstance(block, Opaque) else None
            if kind_of(data) in _GIVE_TOOLS and isinstance(data.get("tools"), list):
                tools = [parse_tool(tool, "input.tools", request.dialect) for tool in data["tools"]]
                found += [tool for tool in tools if tool.name not in known]
    return found


def translate_request(request: ChatRequest, losses: Losses) -> ChatRequest:
    """`request` without anything that only this wire has. BadRequest for what refers to a server's store."""
    _refuse(request)
    tools = offered_tools(request)
    for place, why in tools.lost:
        losses.note(place, why)
    offered = tuple(tools.offered)
    messages = [_message(message, index, losses) for index, message in enumerate(request.messages)]
    return msgspec.structs.replace(
        request,
        messages=tuple([message for message in messages if message is not None]),
        tools=offered if offered or (request.tools is not None and not tools.left_out) else None,
        tool_choice=_choice(request.tool_choice, offered, losses),
        extra=Translated(request.extra, request),
    )


def _refuse(request: ChatRequest) -> None:
    for key, mend in _STORED.items():
        value = request.extra.get(key)
        if value:
            raise _only_at_home(f"'{key}'", key, request.model, mend)
    for message in request.messages:
        for block in message.blocks:
            if not isinstance(block, Opaque):
                continue
            bare = isinstance(block.data, dict) and block.data.get("type") is None
            kind = "item_reference" if bare else kind_of(block.data)
            if kind in _REFUSED_ITEMS:
                raise _only_at_home(
                    f"an item of type '{kind}' in 'input'", "input", request.model, _REFUSED_ITEMS[kind]
                )


def _only_at_home(what: str, param: str, model: str, mend: str) -> BadRequest:
    message = f"Unsupported parameter: {what} needs what OpenAI's Responses have stored or sealed, but the model '{model}' is "
    message += f"served in another dialect. To mend it, {mend}."
    return BadRequest(message, param=param, code="unsupported_parameter")


def _message(message: Message, index: int, losses: Losses) -> Message | None:
    """A message of blocks that others know; None where nothing is left of it."""
    _name_unsaid(message, f"messages[{index}]", losses)
    if not any(isinstance(b, Opaque | ServerTool | ToolCall | Thinking) for b in message.blocks):
        return message
    blocks: list[Block] = []
    for position, block in enumerate(message.blocks):
        where = f"messages[{index}].content[{position}]"
        found = _block(block, where, losses)
        if found is not None:
            blocks.append(found)
    if not blocks:
        return None
    role = "tool" if all(isinstance(block, ToolResult) for block in blocks) else message.role
    return msgspec.structs.replace(message, blocks=tuple(blocks), role=role)


def _name_unsaid(message: Message, where: str, losses: Losses) -> None:
    """Name the keys of items that are neither envelope nor in the hub."""
    wrapped = [(where, message.extra, False)] if message.extra is not NOTHING else []
    for position, block in enumerate(message.blocks):
        if not isinstance(block, Opaque | ServerTool) and block.extra is not NOTHING:
            wrapped.append((f"{where}.content[{position}]", block.extra, isinstance(block, Thinking)))
    for place, extra, thought in wrapped:
        for key in unsaid(extra, thought=thought):
            losses.note(f"{place}.{key}", "known to the dialect it came from alone")


def _block(block: Block, where: str, losses: Losses) -> Block | None:
    if isinstance(block, ToolCall):
        return _call(block)
    if isinstance(block, Thinking) and not block.text and block.proof is None:
        losses.note(where, "a thought that only its provider has")
        return None
    if not isinstance(block, Opaque | ServerTool):
        return block
    data = block.data if isinstance(block.data, dict) else {}
    kind = kind_of(data)
    if kind in CALL_KEYS:
        known = _DESCRIBED | ({CALL_KEYS[kind][1]} if isinstance(data.get(CALL_KEYS[kind][1]), dict) else set())
        _name_rest(data, known, where, losses)
        return _described_call(data, kind)
    if kind in _OUTPUTS:
        _name_rest(data, _DESCRIBED | {"output"}, where, losses)
        return _described_output(data)
    if kind in _GIVE_TOOLS:
        _name_rest(data, _GIVEN, where, losses)
    else:
        losses.note(where, f"an item of type {kind}, which only OpenAI's Responses have")
    return None


def _call(call: ToolCall) -> ToolCall:
    namespace = call.extra.get("namespace")
    name = namespaced(namespace, call.name) if isinstance(namespace, str) else call.name
    text = wrap_input(call.arguments) if call.kind == "custom" else call.arguments
    extra = {key: value for key, value in call.extra.items() if key != "namespace"}
    return ToolCall(call.id, name, text, "function", call.proof, call.cache, extra)


def _described_call(data: dict[str, Any], kind: str) -> ToolCall:
    """A call whose shape is OpenAI's, as one of the function that stands for its tool."""
    name, key = CALL_KEYS[kind]
    told = data.get(key)
    members = told if isinstance(told, dict) else {}
    said = {key: value for key, value in members.items() if value is not None and (key, value) != ("type", "exec")}
    return ToolCall(str(data.get("call_id") or data.get("id") or name), name, encode(said).decode())


def _name_rest(data: dict[str, Any], known: Set[str], where: str, losses: Losses) -> None:
    for key in data.keys() - known:
        if data[key]:
            losses.note(f"{where}.{key}", "known to the dialect it came from alone")


def _described_output(data: dict[str, Any]) -> ToolResult:
    output = data.get("output")
    if output is None:
        output = data.get("status") or ""
    text = output if isinstance(output, str) else encode(output).decode()
    failed = True if data.get("status") == "failed" else None
    return ToolResult(str(data.get("call_id") or data.get("id") or ""), (Text(text),), failed)


def _choice(choice: ToolChoice | None, offered: tuple[Tool, ...], losses: Losses) -> ToolChoice | None:
    """The choice among functions; one of a tool that is not there is left out by name."""
    if choice is None:
        return None
    known = {tool.name for tool in offered}
    names = tuple([name for name in choice.names if name in known])
    if len(names) < len(choice.names):
        losses.note("tool_choice", "it names a tool that only OpenAI's Responses have")
        if not names:
            return None if choice.mode == "named" or not offered else ToolChoice(choice.mode)
    return ToolChoice(choice.mode, names) if offered else None
