"""The items of a conversation, read: a message, a call, its output, a thought, and what only this wire has.

Items of the model in a row are one turn; see `limen.dialects.responses.envelope`. A client's items are read strictly: what
OpenAI would refuse is a BadRequest that names the place. A provider's never fail: an odd one is kept whole.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from limen.dialects.json_text import encode
from limen.dialects.members import LenientMembers, Members, type_name
from limen.dialects.responses.envelope import Wrapped, begin_item
from limen.dialects.responses.parts import INPUT, OUTPUT, parse_parts
from limen.dialects.seal import NO_PROOF, open_id, unseal_proof
from limen.errors import BadRequest
from limen.model.content import NOTHING, Block, Opaque, Proof, ServerTool, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message, Role

ROLES = ("user", "assistant", "system", "developer")
CALLS = {"function_call": ("function", "arguments"), "custom_tool_call": ("custom", "input")}
"""For each item that is a call of a client's tool: the hub's kind, and the key of what the model wrote."""
CALL_OF_KIND = {kind: (name, key) for name, (kind, key) in CALLS.items()}
OUTPUTS = {"function_call_output": "function", "custom_tool_call_output": "custom"}
CLIENT_CALLS = frozenset({"local_shell_call", "shell_call", "apply_patch_call", "computer_call"})
"""Calls of tools that OpenAI describes and the client runs: an answer with one waits for its output."""
SERVER_CALLS = frozenset(
    {
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "tool_search_call",
    }
)
_OF_THE_MODEL = CLIENT_CALLS | SERVER_CALLS | {"compaction", "program", "program_output"}
PLAIN = "plain"
"""Mark: the content was a bare string."""
OBJECT = "object"
"""Mark: the arguments were an object, where OpenAI has its text."""
CUSTOM = "custom"
"""Mark: the output of a custom tool."""
NO_CONTENT = "no content"
"""Mark: there was none, or a null."""
_ENVELOPE = ("id", "status")


class Item(NamedTuple):
    """What an item is in the hub. `extra` and `plain` are for a message of its own; a model's item is part of a turn."""

    role: Role
    blocks: tuple[Block, ...]
    extra: Any = NOTHING
    plain: bool = False


def parse_items(values: list[Any], path: str, wire: str) -> list[Message]:
    """The messages of a request's items."""
    messages: list[Message] = []
    turn: list[Block] = []
    for index, value in enumerate(values):
        item = parse_item(value, f"{path}[{index}]", wire, Members)
        if item.role == "assistant":
            _add(item.blocks, turn)
            continue
        if turn:
            messages.append(Message("assistant", tuple(turn)))
            turn = []
        messages.append(Message(item.role, item.blocks, plain=item.plain, extra=item.extra))
    if turn:
        messages.append(Message("assistant", tuple(turn)))
    return messages


def _add(blocks: tuple[Block, ...], turn: list[Block]) -> None:
    """Put an item's blocks at the end of a turn; thoughts that came in a call's id only if the turn has them not."""
    for block in blocks:
        if isinstance(block, Thinking) and not isinstance(block.extra, Wrapped):
            known = [each.proof for each in turn if isinstance(each, Thinking)]
            if block.proof in known:
                continue
        turn.append(block)


def parse_item(value: Any, path: str, wire: str, members: type[Members]) -> Item:
    """One item at `path`, read by `members`."""
    lenient = members is LenientMembers
    if not isinstance(value, dict):
        if lenient:
            return Item("assistant", (Opaque(wire, value),))
        given = type_name(value)
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {given} instead.", param=path, code="invalid_type"
        )
    kind = value.get("type")
    if kind == "message" or (kind is None and "role" in value):
        return _message(members(dict(value), path), wire, lenient=lenient)
    found: Item | None = None
    if not isinstance(kind, str):
        return _other(value, kind, path, wire, lenient=lenient)
    if kind in CALLS:
        found = _call(members(dict(value), path), kind)
    elif kind in OUTPUTS:
        found = _output(members(dict(value), path), kind, wire)
    elif kind == "reasoning":
        found = Item("assistant", (_reasoning(value, wire),))
    else:
        return _other(value, kind, path, wire, lenient=lenient)
    return found or Item("assistant", (Opaque(wire, value),))


def _other(value: dict[str, Any], kind: Any, path: str, wire: str, *, lenient: bool) -> Item:
    """An item that only this wire has."""
    if not isinstance(kind, str) and not lenient and not isinstance(value.get("id"), str):
        code = "missing_required_parameter" if kind is None else "invalid_type"
        raise BadRequest(f"Missing required parameter: '{path}.type'.", param=f"{path}.type", code=code)
    if not isinstance(kind, str):
        return Item("assistant" if lenient else "user", (Opaque(wire, value),))
    if kind in SERVER_CALLS:
        return Item("assistant", (ServerTool(wire, value),))
    return Item("assistant" if lenient or kind in _OF_THE_MODEL else "user", (Opaque(wire, value),))


def _message(item: Members, wire: str, *, lenient: bool) -> Item:
    rest = item.rest
    role = rest.get("role")
    if lenient and (role != "assistant" or not _is_regular(rest.get("content"))):
        return Item("assistant", (Opaque(wire, rest),))
    role = item.text("role")
    if role not in ROLES:
        given = f"Invalid value: '{role}'." if role is not None else f"Missing required parameter: '{item.at('role')}'."
        code = "invalid_value" if role is not None else "missing_required_parameter"
        supported = ", ".join(f"'{name}'" for name in ROLES)
        raise BadRequest(f"{given} Supported values are: {supported}.", param=item.at("role"), code=code)
    content = rest.get("content")
    marks: tuple[str, ...] = ()
    blocks: tuple[Block, ...]
    if isinstance(content, str):
        del rest["content"]
        blocks, marks = (Text(content),), (PLAIN,)
    elif isinstance(content, list):
        del rest["content"]
        blocks = parse_parts(content, item.at("content"), wire, type(item), OUTPUT if role == "assistant" else INPUT)
    else:
        if content is not None:
            item.wrong("content", "a string or an array of parts")
        blocks, marks = (), (NO_CONTENT,)
    if role != "assistant":
        extra = (
            Wrapped({}, [mark for mark in marks if mark != PLAIN], rest)
            if rest or marks or _has_unknown(blocks)
            else NOTHING
        )
        return Item(cast(Role, role), blocks, extra, plain=PLAIN in marks)
    if not blocks or _has_unknown(blocks):
        # A whole item is kept, since a lone part would be taken for an item.
        whole = rest if content is None and "content" not in rest else {**rest, "content": content}
        return Item("assistant", (Opaque(wire, {**whole, "role": role}),))
    return Item("assistant", (begin_item(blocks[0], rest, *marks), *blocks[1:]))


def _has_unknown(blocks: tuple[Block, ...]) -> bool:
    """Whether a part was kept whole; without an envelope beside it, it would be taken for an item."""
    return any(isinstance(block, Opaque) for block in blocks)


def _is_regular(content: Any) -> bool:
    """Whether a model's content is what a message can be made of: parts of text, or a refusal."""
    if not isinstance(content, list) or not content:
        return isinstance(content, str)
    return all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in content)


def _call(item: Members, kind: str) -> Item | None:
    hub_kind, key = CALLS[kind]
    rest = item.rest
    lenient = isinstance(item, LenientMembers)
    if lenient and not all(isinstance(rest.get(name), str) for name in ("call_id", "name")):
        return None
    call_id, name = _needed(item, "call_id"), _needed(item, "name")
    marks: tuple[str, ...] = ()
    if isinstance(rest.get(key), dict):
        text, marks = encode(rest.pop(key)).decode(), (OBJECT,)
    elif lenient and not isinstance(rest.get(key), str):
        rest.update(call_id=call_id, name=name)
        return None
    else:
        text = _needed(item, key)
    del rest["type"]
    envelope = {part: rest.pop(part) for part in _ENVELOPE if part in rest}
    opened = open_id(call_id)
    call = ToolCall(opened.id, name, text, hub_kind, opened.proof, extra=Wrapped(rest, marks, envelope))
    return Item("assistant", (*opened.thoughts, call))


def kind_of(data: Any) -> str:
    """The type of an item that was kept whole; empty where it has none that is a text."""
    kind = data.get("type") if isinstance(data, dict) else None
    return kind if isinstance(kind, str) else ""


def _needed(item: Members, key: str) -> str:
    value = item.text(key)
    if value is None:
        name = item.at(key)
        raise BadRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    return value


def _output(item: Members, kind: str, wire: str) -> Item | None:
    rest = item.rest
    output = rest.get("output")
    if isinstance(item, LenientMembers):
        return None  # No model writes one.
    call_id = _needed(item, "call_id")
    if isinstance(output, str):
        content: tuple[Any, ...] = (Text(output),)
    elif isinstance(output, list):
        content = parse_parts(output, item.at("output"), wire, Members, INPUT)
    else:
        item.wrong("output", "a string or an array of parts")
        return None
    del rest["output"], rest["type"]
    envelope = {part: rest.pop(part) for part in _ENVELOPE if part in rest}
    extra = Wrapped(rest, (CUSTOM,) if OUTPUTS[kind] == "custom" else (), envelope)
    return Item("tool", (ToolResult(open_id(call_id).id, content, extra=extra),), plain=isinstance(output, str))


def _reasoning(value: dict[str, Any], wire: str) -> Thinking:
    """A thought. Its text is what the model thought, where that is shown, else the summary of it."""
    thought, summary = _said(value.get("content")), _said(value.get("summary"))
    sealed, name = value.get("encrypted_content"), value.get("id")
    proof = None
    if sealed and isinstance(sealed, str):
        proof = unseal_proof(sealed) or Proof(wire, sealed, name if isinstance(name, str) else None)
    text = thought or summary
    if proof == NO_PROOF:
        return Thinking(text)  # Another provider's, which OpenAI would not know: nothing of the item is kept.
    beside = {"summary": summary} if thought and summary else NOTHING
    return Thinking(text, proof, redacted=not text and proof is not None, extra=Wrapped(beside, (), value))


def _said(parts: Any) -> str:
    """The paragraphs of a summary, or of a thought."""
    if not isinstance(parts, list):
        return ""
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n\n".join([text for text in texts if isinstance(text, str) and text])
