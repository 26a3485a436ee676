"""The turns of a conversation, and the system blocks before them, to and from the hub.

Bedrock wants turns of user and assistant by turns, the user's first; results of tools stand in the user's turn, before all else.
What another dialect has in other ways is merged and moved. Source: the API reference of Message, and the errors of Converse.
"""

from __future__ import annotations

from typing import Any, cast

from limen.dialects.bedrock.block_writer import BlockWriter
from limen.dialects.bedrock.blocks import parse_blocks
from limen.dialects.extra import extra_of, marks_of
from limen.dialects.members import LenientMembers, Members, type_name
from limen.errors import BadRequest
from limen.model.content import Block, ToolResult
from limen.model.request import Message, Role

ROLES = ("user", "assistant", "system")
INLINE = "inline"
"""Mark: a system message stood among the turns, where newer models take it, not in `system`."""
FIRST_TURN = "Continue."
"""What the user says where a conversation of another dialect begins with the assistant."""

Turn = dict[str, Any]


def parse_messages(request: Members) -> tuple[Message, ...]:
    """The messages of a request: `system`, if it has blocks, then the turns. BadRequest names the place of what is wrong."""
    found: list[Message] = []
    if request.rest.get("system"):
        system = request.array("system") or []
        found.append(Message("system", parse_blocks(system, "system", strict=True)))
    turns = request.array("messages")
    if turns is not None:
        if not turns:
            raise BadRequest(
                "'messages' is empty: Bedrock wants a turn of the user", param="messages", code="empty_array"
            )
        found += [_parse_turn(value, f"messages[{index}]") for index, value in enumerate(turns)]
    return tuple(found)


def _parse_turn(value: Any, where: str) -> Message:
    if not isinstance(value, dict):
        raise BadRequest(
            f"Invalid type for '{where}': expected an object, but got {type_name(value)} instead.",
            param=where,
            code="invalid_type",
        )
    turn = Members(value, where)
    role, content = turn.text("role"), turn.array("content")
    if role not in ROLES:
        told = "is missing" if role is None else f"is {role!r}"
        supported = ", ".join(repr(each) for each in ROLES)
        raise BadRequest(f"'{where}.role' {told}; it must be one of {supported}.", param=f"{where}.role")
    if content is None:
        raise BadRequest(
            f"Missing required parameter: '{where}.content'.",
            param=f"{where}.content",
            code="missing_required_parameter",
        )
    blocks = parse_blocks(content, f"{where}.content", strict=True, own=role == "assistant")
    marks = (INLINE,) if role == "system" else ()
    return Message(cast(Role, role), blocks, extra=extra_of(turn.rest, *marks))


def parse_answer(message: LenientMembers) -> tuple[Block, ...]:
    """The blocks of an answer's message."""
    return parse_blocks(message.array("content") or [], "", strict=False, own=True)


def has_tools(turns: list[Turn]) -> bool:
    """Whether a call or a result stands in `turns`: then Bedrock wants to know the tools."""
    return any("toolUse" in block or "toolResult" in block for turn in turns for block in turn["content"])


def thinks_without_proof(turns: list[Turn]) -> bool:
    """Whether the last turn of the assistant calls tools without a thought: Claude then refuses to think."""
    last: list[Any] = next((turn["content"] for turn in reversed(turns) if turn["role"] == "assistant"), [])
    calls = any("toolUse" in block for block in last)
    return calls and not any("reasoningContent" in block for block in last)


def write_messages(messages: tuple[Message, ...], writer: BlockWriter) -> tuple[list[Any] | None, list[Turn]]:
    """The `system` blocks, None if there are none, and the turns."""
    if writer.rendering.same:
        return _write_same(messages, writer)
    system: list[Any] = []
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        writer.rendering.keep({}, message.extra, where)
        if message.name is not None:
            writer.rendering.lose(f"{where}.name", "Bedrock knows no names of participants")
        if message.role in ("system", "developer"):
            if turns:
                writer.rendering.lose(where, "Bedrock has instructions before all turns: it was moved there")
            system += writer.write(message.blocks, f"{where}.content")
        else:
            _add_turn(message, turns, writer, where)
    return system or None, _opened(turns, writer)


def _write_same(messages: tuple[Message, ...], writer: BlockWriter) -> tuple[list[Any] | None, list[Turn]]:
    system: list[Any] | None = None
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        content = writer.write(message.blocks, f"{where}.content")
        if message.role in ("user", "assistant") or INLINE in marks_of(message.extra):
            turns.append(writer.rendering.keep({"role": message.role, "content": content}, message.extra, where))
        elif message.role == "tool":
            turns.append({"role": "user", "content": content})
        else:
            system = [*(system or ()), *content]
    return system, turns


def _add_turn(message: Message, turns: list[Turn], writer: BlockWriter, where: str) -> None:
    """Put `message` into the last turn if that is of the same role, else into a new one; results go before the rest."""
    role = "assistant" if message.role == "assistant" else "user"
    results: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for index, block in enumerate(message.blocks):
        place = results if isinstance(block, ToolResult) else others
        place += writer.write_one(block, f"{where}.content[{index}]")
    if not results and not others:
        return
    if not turns or turns[-1]["role"] != role:
        turns.append({"role": role, "content": results + others})
        return
    content = turns[-1]["content"]
    after = _end_of_results(content) if results else 0
    content[after:after] = results
    content += others


def _end_of_results(content: list[dict[str, Any]]) -> int:
    """Where the results at the beginning of a turn end, with their cache points."""
    end = 0
    for index, block in enumerate(content):
        if "toolResult" in block:
            end = index + 1
        elif "cachePoint" not in block or index != end:
            break
        else:
            end = index + 1
    return end if any("toolResult" in block for block in content[:end]) else 0


def _opened(turns: list[Turn], writer: BlockWriter) -> list[Turn]:
    """`turns` with one of the user's at the beginning."""
    if turns and turns[0]["role"] == "user":
        return turns
    writer.rendering.lose("messages", "Bedrock wants the user's turn first: one was added")
    return [{"role": "user", "content": [{"text": FIRST_TURN}]}, *turns]
