"""``contents`` and ``systemInstruction``, to and from the hub's messages."""

from __future__ import annotations

import re
from typing import Any

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.gemini.call_ids import Pairing, names_of_calls
from limen.dialects.gemini.parts import parse_part, render_parts
from limen.dialects.gemini.proofs import DUMMY
from limen.dialects.gemini.spelling import keep, take_list, take_text
from limen.dialects.members import type_name
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import Block, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message, Role

_ROLES: dict[str, Role] = {"user": "user", "model": "assistant", "function": "tool", "tool": "tool"}
"""`function` is the old name of a turn of results; Google's own examples write `tool`."""
_ROLE = "role:"
"""Mark, followed by the role as written, where it is not the usual one."""
_STRING = "string"
"""Mark: the instruction was a bare string."""
_SIGNED = re.compile(r"gemini-(?:[3-9]|\d\d)|gemini-[a-z-]+-latest")
"""Models that refuse a call without its signature in the turn that is going on."""


def parse_contents(values: list[Any], pairing: Pairing) -> tuple[Message, ...]:
    """The messages of ``contents``. BadRequest names the place of what is wrong."""
    return tuple([_parse_content(value, f"contents[{index}]", pairing) for index, value in enumerate(values)])


def _parse_content(value: Any, path: str, pairing: Pairing) -> Message:
    if not isinstance(value, dict):
        raise BadRequest(f"Invalid value at '{path}': a content is an object, not {type_name(value)}.", param=path)
    marks: list[str] = []
    given = take_text(value, "role")
    if given is None:
        marks.append("-role")
    role = _ROLES.get(given or "user")
    if role is None:
        raise BadRequest(f"Please use a valid role: user, model. Got '{given}'.", param=f"{path}.role")
    if given == "":
        marks.append(_ROLE)
    blocks = _take_parts(value, path, pairing, marks)
    if role == "tool":
        marks.append(f"{_ROLE}{given}")
        if not blocks or not all(isinstance(block, ToolResult) for block in blocks):
            role = "user"
    return Message(role, blocks, extra=extra_of(value, *marks))


def _take_parts(content: dict[str, Any], path: str, pairing: Pairing, marks: list[str]) -> tuple[Block, ...]:
    values = take_list(content, "parts", marks)
    if values is None:
        marks.append("-parts")
        return ()
    blocks: list[Block] = []
    for index, value in enumerate(values):
        found = parse_part(value, f"{path}.parts[{index}]", pairing, strict=True)
        if len(found) > 1 and isinstance(found[-1], ToolCall):
            # Thoughts that an id carried, unless the message has them already.
            found = tuple([block for block in found if not isinstance(block, Thinking) or block not in blocks])
        blocks += found
    return tuple(blocks)


def take_instruction(request: dict[str, Any], pairing: Pairing) -> Message | None:
    """The system's message; None, with the key left, where there is none of a known shape."""
    value = request.get("systemInstruction")
    if isinstance(value, str):
        del request["systemInstruction"]
        return Message("system", (Text(value),), plain=True, extra=Extra({}, (_STRING,)))
    if not isinstance(value, dict) or not isinstance(value.get("parts"), list | dict):
        return None
    del request["systemInstruction"]
    marks: list[str] = []
    role = take_text(value, "role")
    if role is not None:
        marks.append(_ROLE + role)
    blocks = _take_parts(value, "systemInstruction", pairing, marks)
    return Message("system", blocks, extra=Extra(value, (*marks, "content")))


def render_contents(messages: tuple[Message, ...], built: dict[str, Any], rendering: Rendering, model: str) -> None:
    """Put `messages` into the request `built`: the leading system's ones as its instruction."""
    names = names_of_calls(messages)
    lead = 0
    while lead < len(messages) and messages[lead].role in ("system", "developer"):
        lead += 1
    if rendering.same:
        lead = min(lead, 1)
    elif lead == len(messages):
        lead = max(lead - 1, 0)  # There must be a content; instructions alone are told as the user's words.
    if lead:
        _render_instruction(messages[:lead], built, names, rendering)
    contents: list[dict[str, Any]] = []
    for index, message in enumerate(messages[lead:], lead):
        _add(_render_content(message, index, names, rendering), contents, rendering)
    if not contents and not rendering.same:
        raise BadRequest("the conversation has nothing in it that Gemini could be told", param="messages")
    if _SIGNED.search(model):
        _sign(contents, rendering)
    built["contents"] = contents


def _render_instruction(
    messages: tuple[Message, ...], built: dict[str, Any], names: dict[str, str], rendering: Rendering
) -> None:
    first = messages[0]
    if rendering.same and _STRING in marks_of(first.extra) and len(first.blocks) == 1:
        built["systemInstruction"] = getattr(first.blocks[0], "text", "")
        return
    parts: list[dict[str, Any]] = []
    for index, message in enumerate(messages):
        parts += render_parts(message.blocks, names, rendering, f"messages[{index}].content")
        _lose_name(message, rendering, index)
        if message is not first or not (rendering.same or parts):
            keep({}, message.extra, rendering, f"messages[{index}]")
    content: dict[str, Any] = {"parts": parts}
    role = _written_role(first)
    if rendering.same and role is not None:
        content["role"] = role
    if rendering.same or parts:
        built["systemInstruction"] = keep(content, first.extra, rendering, "messages[0]")


def _written_role(message: Message) -> str | None:
    return next((mark.removeprefix(_ROLE) for mark in marks_of(message.extra) if mark.startswith(_ROLE)), None)


def _lose_name(message: Message, rendering: Rendering, index: int) -> None:
    if message.name is not None:
        rendering.lose(f"messages[{index}].name", "this dialect has no names of speakers")


def _render_content(message: Message, index: int, names: dict[str, str], rendering: Rendering) -> dict[str, Any]:
    where = f"messages[{index}]"
    role = "model" if message.role == "assistant" else "user"
    if message.role in ("system", "developer"):
        rendering.lose(f"{where}.role", "instructions stand in front here; later ones are told as the user's words")
    written = _written_role(message) if rendering.same else None
    _lose_name(message, rendering, index)
    parts = render_parts(message.blocks, names, rendering, f"{where}.content")
    return keep({"role": role if written is None else written, "parts": parts}, message.extra, rendering, where)


def _add(content: dict[str, Any], contents: list[dict[str, Any]], rendering: Rendering) -> None:
    """Add a turn; from another dialect, one of the same role is joined to the last, and an empty one left out.

    All results of a step must stand in one content, results first.
    """
    if rendering.same:
        contents.append(content)
        return
    parts = content["parts"]
    if not parts:
        return
    if contents and contents[-1]["role"] == content["role"]:
        last = contents[-1]["parts"]
        results = [part for part in parts if "functionResponse" in part]
        at = sum("functionResponse" in part for part in last)
        last[at:at] = results
        last += [part for part in parts if "functionResponse" not in part]
    else:
        parts.sort(key=lambda part: "functionResponse" not in part)
        contents.append(content)


def _sign(contents: list[dict[str, Any]], rendering: Rendering) -> None:
    """Put the documented stand-in on calls of the turn that is going on which no Gemini model has signed.

    The turn begins after the last content of the user's that is no result; in each step the first call is signed.
    """
    start = 0
    for index, content in enumerate(contents):
        if content["role"] == "user" and any("functionResponse" not in part for part in content["parts"]):
            start = index + 1
    for index, content in enumerate(contents[start:], start):
        call = next((part for part in content["parts"] if "functionCall" in part), None)
        if call is not None and "thoughtSignature" not in call:
            call["thoughtSignature"] = DUMMY
            rendering.lose(f"contents[{index}].thoughtSignature", "no Gemini model made this call, so nothing signs it")
