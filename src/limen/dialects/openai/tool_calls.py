"""A model's calls of tools, to and from the hub: ``tool_calls`` of a message, and the one ``function_call`` of old.

Arguments are kept as the text that the model wrote. A legacy call has no id; the hub gives it one made of its name, so that
dialects which pair results by id can.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.json_text import encode
from limen.dialects.members import LenientMembers, Members, type_name
from limen.dialects.rendering import Rendering, take_cache
from limen.dialects.seal import seal_id
from limen.errors import BadRequest
from limen.model.content import NOTHING, Thinking, ToolCall

LEGACY = "legacy"
"""Mark: said in the words of `functions`, which `tools` replaced in 2023."""
OBJECT = "object"
"""Mark: the arguments are an object where OpenAI has its text."""

BODIES = {"function": "arguments", "custom": "input"}
"""For each type of call, the key that holds what the model wrote, inside the object named after the type."""


def legacy_id(name: str) -> str:
    """The id of a call that has none."""
    return f"call_{name}"


def parse_call(value: Any, path: str, members: type[Members]) -> ToolCall:
    """One of ``tool_calls``, read by `members`. BadRequest for what is not an object."""
    if not isinstance(value, dict):
        given = type_name(value)
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {given} instead.", param=path, code="invalid_type"
        )
    return read_call(members(value, path))


def read_call(call: Members) -> ToolCall:
    """One of ``tool_calls`` from its members."""
    marks: list[str] = []
    name = call.text("id")
    kind = call.text("type") if call.rest.get("type") != "" else None
    marks += [mark for mark, found in (("-id", name), ("-type", kind)) if found is None]
    kind = kind or "function"
    cache = take_cache(call.rest)
    tool, text = _take_body(call, kind)
    if tool is None and kind in BODIES and not isinstance(call.rest.get(kind), dict):
        marks.append(f"-{kind}")
    return ToolCall(
        name or "", kind if tool is None else tool, text, kind, cache=cache, extra=extra_of(call.rest, *marks)
    )


def _take_body(call: Members, kind: str) -> tuple[str | None, str]:
    """The name and the text of a call; whatever else its object holds stays in `rest`."""
    key = BODIES.get(kind)
    inner = call.mapping(kind) if key else None
    if key is None or inner is None:
        return None, ""
    body = type(call)(inner, call.at(kind))
    name, marks = body.text("name"), []
    if name is None:
        marks.append("-name")
    if isinstance(inner.get(key), dict):
        text: str | None = encode(inner.pop(key)).decode()
        marks.append(OBJECT)
    else:
        text = body.text(key)
    if text is None:
        marks.append(f"-{key}")
    if inner or marks:
        call.rest[kind] = Extra(inner, marks)
    return name, text or ""


def parse_legacy(rest: dict[str, Any]) -> ToolCall | None:
    """The ``function_call`` of a message, if it names a function."""
    value = rest.get("function_call")
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        return None
    call = LenientMembers(rest.pop("function_call"))
    name, text = call.text("name") or "", call.text("arguments")
    marks = [LEGACY] if text is not None else [LEGACY, "-arguments"]
    return ToolCall(legacy_id(name), name, text or "", extra=Extra(call.rest, marks))


def is_foreign(thought: Thinking, rendering: Rendering) -> bool:
    """Whether only another dialect's provider can read the proof of `thought`."""
    return thought.proof is not None and thought.proof.issuer != rendering.wire


def render_calls(
    calls: list[tuple[str, ToolCall]], built: dict[str, Any], rendering: Rendering, thoughts: Sequence[Thinking] = ()
) -> None:
    """Put `calls`, each with its place, into the message `built`. The first one carries `thoughts` for the client."""
    modern: list[dict[str, Any]] = []
    for where, call in calls:
        if rendering.marked(call.extra, LEGACY):
            built["function_call"] = rendering.keep({"name": call.name, "arguments": call.arguments}, call.extra, where)
        elif call.kind in BODIES or rendering.same:
            modern.append(render_call(call, where, rendering, () if modern else thoughts))
        else:
            rendering.lose(where, f"a call of type {call.kind}, which this dialect does not have")
    if modern:
        built["tool_calls"] = modern


def render_call(call: ToolCall, where: str, rendering: Rendering, thoughts: Sequence[Thinking] = ()) -> dict[str, Any]:
    """One of ``tool_calls``. A client carries the call's proof, and that of the `thoughts` before it, in the id."""
    name = call.id
    if rendering.answer and (thoughts or call.proof is not None):
        name = seal_id(name, [thought for thought in thoughts if is_foreign(thought, rendering)], call.proof)
    built: dict[str, Any] = {"id": name, "type": call.kind}
    key = BODIES.get(call.kind)
    if key is not None:
        as_object = rendering.same and OBJECT in marks_of(call.extra.get(call.kind, NOTHING))
        text: Any = msgspec.Raw(call.arguments.encode()) if as_object else call.arguments
        built[call.kind] = {"name": call.name, key: text}
    if call.proof is not None and not rendering.answer:
        rendering.lose(f"{where}.proof", f"only {call.proof.issuer} can read it")
    rendering.cache(built, call.cache, where)
    return rendering.keep(built, call.extra, where)
