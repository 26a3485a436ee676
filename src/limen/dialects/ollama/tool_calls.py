"""Calls of tools, to and from the hub. Ollama has their arguments as an object, and needs no ids.

The hub's text of the arguments is the very text that stood in the body: key order, spacing and long numbers survive. A call
without an id gets one that is the same each time the same conversation is parsed, of nine letters and digits, which every
provider takes. Source: github.com/ollama/ollama, api/types.go (`ToolCall`, `ToolCallFunction`).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2s
from typing import Any

import msgspec

from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import NotJson, decode, encode, raw_json
from limen.dialects.members import LenientMembers, Members
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import ToolCall

_INDEX = "index"
"""Mark: the call told its own position."""
_ABSENT = msgspec.Raw(b"null")
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Function(msgspec.Struct):
    arguments: msgspec.Raw = _ABSENT


class _Call(msgspec.Struct):
    function: _Function | None = None


class Turn(msgspec.Struct):
    """A message, of which only the text of its calls' arguments is wanted."""

    tool_calls: list[_Call] | None = None

    def arguments(self) -> list[bytes]:
        """The text of each call's arguments."""
        return [bytes(call.function.arguments) if call.function else b"null" for call in self.tool_calls or ()]


class Turns(msgspec.Struct):
    """A conversation, likewise."""

    messages: list[Turn] | None = None


class Answered(msgspec.Struct):
    """An answer, likewise."""

    message: Turn | None = None


_TURNS = msgspec.json.Decoder(Turns)
_ANSWERED = msgspec.json.Decoder(Answered)
_TURN = msgspec.json.Decoder(Turn)
Texts = Sequence[bytes]


def conversation_texts(body: bytes) -> list[list[bytes]]:
    """The text of every call's arguments, by message; empty where the body is not shaped as it should be."""
    try:
        return [turn.arguments() for turn in _TURNS.decode(body).messages or ()]
    except (msgspec.DecodeError, RecursionError):
        return []


def answer_texts(body: bytes, *, chat: bool) -> list[bytes]:
    """The same for an answer, whose calls stand in its `message` in `chat`, and else at the top."""
    try:
        turn = _ANSWERED.decode(body).message if chat else _TURN.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return []
    return turn.arguments() if turn else []


def take_calls(message: Members, texts: Texts) -> list[ToolCall]:
    """The calls of a message; those without an id have an empty one. What a provider sent in another shape stays."""
    values = message.rest.get("tool_calls")
    if not values:
        return []
    if isinstance(message, LenientMembers) and not _is_readable(values):
        return []
    where = message.at("tool_calls")
    found: list[Any] = message.array("tool_calls") or []
    return [
        _read(value, f"{where}[{position}]", type(message), position, texts) for position, value in enumerate(found)
    ]


def _is_readable(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(value, dict) and isinstance(value.get("function"), dict) for value in values
    )


def _read(value: Any, where: str, members: type[Members], position: int, texts: Texts) -> ToolCall:
    if not isinstance(value, dict):
        raise BadRequest(f"Invalid type for '{where}': expected an object.", param=where, code="invalid_type")
    call = members(value, where)
    name = call.text("id") if call.rest.get("id") else None
    marks = [] if name else ["-id"]
    if call.rest.get("type") == "function":
        del call.rest["type"]
    else:
        marks.append("-type")
    inner = call.mapping("function")
    if inner is None:
        raise _missing(call.at("function"))
    body = members(inner, call.at("function"))
    tool, inner_marks = body.text("name"), []
    if tool is None and members is Members:
        raise _missing(body.at("name"))
    if tool is None:
        inner_marks.append("-name")
    text, told = _take_arguments(body, texts[position] if position < len(texts) else b"")
    if not told:
        inner_marks.append("-arguments")
    if type(inner.get("index")) is int and inner["index"] == position:
        del inner["index"]
        inner_marks.append(_INDEX)
    if inner or inner_marks:
        call.rest["function"] = Extra(inner, inner_marks)
    return ToolCall(name or "", tool or "", text, extra=extra_of(call.rest, *marks))


def _missing(where: str) -> BadRequest:
    return BadRequest(f"Missing required parameter: '{where}'.", param=where, code="missing_required_parameter")


def _take_arguments(body: Members, text: bytes) -> tuple[str, bool]:
    """The text of the arguments, and whether they were an object. What is none stays where it was."""
    value = body.rest.get("arguments")
    if isinstance(value, dict):
        del body.rest["arguments"]
        return (text if text[:1] == b"{" else encode(value)).decode(), True
    if value is not None:
        body.wrong("arguments", "an object")
        return (value if isinstance(value, str) else encode(value).decode()), False
    return "{}", False


def numbered_id(number: int) -> str:
    """An id for the call with this number in its conversation."""
    return f"call{number:05d}"


def answered_id(moment: str, position: int, call: ToolCall) -> str:
    """An id for a call in an answer of that moment: another one in each answer of a conversation."""
    seed = encode([moment, position, call.name, call.arguments])
    return "c" + blake2s(seed, digest_size=4).hexdigest()


def render_call(call: ToolCall, position: int, where: str, rendering: Rendering) -> dict[str, Any]:
    """One of ``tool_calls``."""
    inner: dict[str, Any] = {"name": call.name, "arguments": _render_arguments(call.arguments, where, rendering)}
    built: dict[str, Any] = {"id": call.id, "function": inner}
    if rendering.same:
        built["type"] = "function"
        kept = call.extra.get("function")
        if isinstance(kept, Extra) and _INDEX in kept.marks:
            inner["index"] = position
        return rendering.keep(built, call.extra, where)
    if rendering.answer:
        inner["index"] = position
    if call.kind != "function":
        rendering.lose(f"{where}.type", f"a call of type {call.kind} is said as one of a function")
    rendering.cache(built, call.cache, where)
    return rendering.keep(built, call.extra, where)


def _render_arguments(text: str, where: str, rendering: Rendering) -> Any:
    """An object. What a model wrote that is none is put under one key, so that it is neither lost nor taken for no arguments."""
    if not text or text.isspace():
        return {}
    raw = raw_json(text)
    if _is_object(raw):
        return _in_one_line(raw)
    rendering.lose(f"{where}.arguments", "Ollama has an object here: the text stands under `arguments` in one")
    return {"arguments": text}


def _in_one_line(text: msgspec.Raw) -> msgspec.Raw:
    """The same JSON where models write it in several lines: in a stream each line is an event."""
    said = bytes(text)
    return msgspec.Raw(msgspec.json.format(said, indent=-1)) if b"\n" in said or b"\r" in said else text


def _is_object(text: msgspec.Raw) -> bool:
    try:
        _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError):
        try:
            return isinstance(decode(bytes(text)), dict)
        except NotJson:
            return False
    return True
