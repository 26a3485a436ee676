"""``tools`` and ``toolConfig``, to and from the hub.

An entry of ``tools`` holds declarations of functions, tools that Google runs, or both; which stood together is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from limen.dialects.choice_rest import name_choice_rest
from limen.dialects.extra import Extra, marks_of
from limen.dialects.gemini.schema import name_what_is_not_held_to, to_json_schema
from limen.dialects.gemini.spelling import (
    WIRE,
    Kept,
    camel,
    original_of,
    respell,
    spell_back,
    take_list,
    take_text,
)
from limen.dialects.members import type_name
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.request import Tool, ToolChoice

_DECLARATIONS = "functionDeclarations"
_DECLARATION = frozenset({"parametersJsonSchema"})
_CONFIG = frozenset({"functionCallingConfig"})
_CALLING = frozenset({"allowedFunctionNames"})
_ENTRY = "entry:"
"""Mark, followed by the number of the entry that a tool stood in."""
_JSON = "json"
"""Mark: the schema of the parameters stood under ``parametersJsonSchema``."""
_AROUND = "entry"
"""In what a tool remembers: the rest of its entry, and how that was spelled."""
_MODES: dict[str, Literal["auto", "none", "required"]] = {
    "AUTO": "auto",
    "VALIDATED": "auto",
    "NONE": "none",
    "ANY": "required",
    "MODE_UNSPECIFIED": "auto",
}
_WORDS = {"auto": "AUTO", "none": "NONE", "required": "ANY", "named": "ANY"}


def take_tools(request: dict[str, Any], marks: list[str]) -> tuple[Tool, ...] | None:
    """The tools of a request; None where it names none."""
    values = take_list(request, "tools", marks)
    if values is None:
        return None
    found: list[Tool] = []
    for index, value in enumerate(values):
        if not isinstance(value, dict):
            given = type_name(value)
            raise BadRequest(f"Invalid value at 'tools[{index}]': an object, not {given}.", param=f"tools[{index}]")
        found += _parse_entry(value, index)
    return tuple(found)


def _parse_entry(entry: dict[str, Any], index: int) -> list[Tool]:
    marks = respell(entry, frozenset({_DECLARATIONS}))
    found: list[Tool] = []
    mark = f"{_ENTRY}{index}"
    if entry.get(_DECLARATIONS):
        values = take_list(entry, _DECLARATIONS, marks) or []
        found = [_parse_function(value, f"tools[{index}].{_DECLARATIONS}[{i}]", mark) for i, value in enumerate(values)]
    nothing = {key: entry.pop(key) for key in [key for key, value in entry.items() if value is None]}
    tools = [
        Tool(camel(key), kind=camel(key), dialect=WIRE, data={key: value}, extra=Extra({}, (mark,)))
        for key, value in entry.items()
    ]
    found += tools
    if not found:
        return [Tool("empty", kind="empty", dialect=WIRE, data=nothing, extra=Extra({}, (mark,)))]
    if nothing or marks:
        # What is no tool itself stays with the first one of its entry.
        _remember(found, Extra(nothing, marks))
    return found


def _remember(found: list[Tool], around: Extra) -> None:
    first = found[0]
    original = {**original_of(first.extra), _AROUND: around}
    kept = Kept(first.extra, marks_of(first.extra), original)
    found[0] = Tool(
        first.name,
        first.description,
        first.parameters,
        kind=first.kind,
        dialect=first.dialect,
        data=first.data,
        extra=kept,
    )


def _parse_function(value: Any, path: str, entry: str) -> Tool:
    if not isinstance(value, dict):
        raise BadRequest(f"Invalid value at '{path}': an object, not {type_name(value)}.", param=path)
    marks = [entry, *respell(value, _DECLARATION)]
    name = take_text(value, "name")
    if not name:
        raise BadRequest(f"Invalid value at '{path}.name': a function needs a name.", param=f"{path}.name")
    description = take_text(value, "description")
    parameters, original = None, {}
    if isinstance(value.get("parametersJsonSchema"), dict):
        parameters = value.pop("parametersJsonSchema")
        marks.append(_JSON)
    elif isinstance(value.get("parameters"), dict):
        original["parameters"] = value.pop("parameters")
        parameters = to_json_schema(original["parameters"])
    return Tool(name, description, parameters, extra=Kept(value, marks, original))


def render_tools(tools: tuple[Tool, ...], built: dict[str, Any], rendering: Rendering) -> None:
    """Put `tools` into the request `built`."""
    entries: dict[str, dict[str, Any]] = {}
    around: dict[str, Mapping[str, Any]] = {}
    for index, tool in enumerate(tools):
        mark = next((mark for mark in marks_of(tool.extra) if mark.startswith(_ENTRY)), "") if rendering.same else ""
        _render_tool(tool, f"tools[{index}]", mark, entries, rendering)
        if rendering.same and _AROUND in original_of(tool.extra):
            around[mark] = original_of(tool.extra)[_AROUND]
    for mark, rest in around.items():
        entries[mark] = spell_back({**entries[mark], **rest}, rest)
    if entries or rendering.same:
        built["tools"] = list(entries.values())


def _render_tool(tool: Tool, where: str, mark: str, entries: dict[str, dict[str, Any]], rendering: Rendering) -> None:
    if tool.kind == "function" and not (tool.name or rendering.same):
        rendering.lose(where, "a function without a name, which Gemini refuses")
    elif tool.kind == "function":
        entries.setdefault(mark, {}).setdefault(_DECLARATIONS, []).append(_render_function(tool, where, rendering))
    elif tool.dialect == WIRE:
        entries.setdefault(mark or where, {}).update(tool.data)
    else:
        rendering.lose(where, f"a tool of type {tool.kind}, which only {tool.dialect} has")


def _render_function(tool: Tool, where: str, rendering: Rendering) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        declared["description"] = tool.description
    if tool.parameters is not None and (_JSON in marks_of(tool.extra) or not rendering.same):
        declared["parametersJsonSchema"] = tool.parameters
    rendering.keep(declared, tool.extra, where)
    if rendering.same:
        declared.update({key: value for key, value in original_of(tool.extra).items() if key != _AROUND})
        return spell_back(declared, tool.extra)
    name_what_is_not_held_to(tool.parameters, rendering, f"{where}.parameters")
    if tool.strict is not None:
        rendering.lose(f"{where}.strict", "this dialect does not say how strictly a schema binds")
    if tool.cache is not None:
        rendering.lose(f"{where}.cache_control", "this dialect has no marks for prompt caches")
    return declared


def take_choice(request: dict[str, Any]) -> ToolChoice | None:
    """What ``toolConfig`` says of the use of functions; the rest of it stays in the request."""
    told = request.get("toolConfig")
    if not isinstance(told, dict):
        return None
    marks = respell(told, _CONFIG)
    calling = told.get("functionCallingConfig")
    choice = _parse_choice(calling) if isinstance(calling, dict) else None
    if choice is not None and isinstance(calling, dict):
        del told["functionCallingConfig"]
        if str(calling.get("mode")).upper() not in _WORDS.values():
            told["functionCallingConfig"] = {"mode": calling["mode"]}  # Lost elsewhere, by this name.
    request["toolConfig"] = Extra(told, marks)
    return choice


def _parse_choice(calling: dict[str, Any]) -> ToolChoice | None:
    read = dict(calling)
    respell(read, _CALLING)
    word = read.get("mode")
    mode = _MODES.get(word.upper()) if isinstance(word, str) else None
    names = read.get("allowedFunctionNames")
    if mode is None or not isinstance(names, list | None) or not all(isinstance(name, str) for name in names or ()):
        return None
    allowed = tuple(names or ())
    if mode == "required" and len(allowed) == 1:
        return ToolChoice("named", allowed, calling)
    return ToolChoice(mode, allowed, calling)


def render_choice(choice: ToolChoice, built: dict[str, Any], rendering: Rendering) -> None:
    """Put `choice` into the request `built`."""
    if rendering.same and choice.data is not None:
        calling = choice.data
    else:
        name_choice_rest(choice, rendering)
        calling = {"mode": _WORDS[choice.mode]}
        if choice.names:
            if calling["mode"] == "AUTO":
                calling["mode"] = "VALIDATED"  # Names go with ANY and VALIDATED only.
            calling["allowedFunctionNames"] = choice.names
    built["toolConfig"] = {"functionCallingConfig": calling}
