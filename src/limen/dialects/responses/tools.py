"""Tools on offer and which of them must be used, to and from the hub.

A function is flat here. A tool of any other type is kept whole. Schemas are data: nothing in them is read or changed.
"""

from __future__ import annotations

from typing import Any, Literal

from limen.dialects.choice_rest import name_choice_rest
from limen.dialects.extra import extra_of
from limen.dialects.members import Members, type_name
from limen.dialects.rendering import Rendering, take_cache
from limen.errors import BadRequest
from limen.model.request import Tool, ToolChoice

_MODES: dict[str, Literal["auto", "none", "required"]] = {"auto": "auto", "none": "none", "required": "required"}


def take_tools(request: Members, wire: str) -> tuple[Tool, ...] | None:
    """The tools of a request; None where it names none."""
    values = request.array("tools")
    return None if values is None else tuple([parse_tool(value, f"tools[{i}]", wire) for i, value in enumerate(values)])


def parse_tool(value: Any, path: str, wire: str) -> Tool:
    """One tool."""
    if not isinstance(value, dict):
        given = type_name(value)
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {given} instead.", param=path, code="invalid_type"
        )
    tool = Members(dict(value), path)
    kind = tool.text("type")
    if kind is None:
        raise _missing(tool, "type")
    if kind != "function":
        name = value.get("name")
        return Tool(name if isinstance(name, str) else kind, kind=kind, dialect=wire, data=value)
    name = tool.text("name")
    if name is None:
        raise _missing(tool, "name")
    description, parameters, strict = tool.text("description"), tool.mapping("parameters"), tool.flag("strict")
    return Tool(name, description, parameters, strict, cache=take_cache(tool.rest), extra=extra_of(tool.rest))


def _missing(tool: Members, key: str) -> BadRequest:
    name = tool.at(key)
    return BadRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def render_tools(tools: tuple[Tool, ...], rendering: Rendering) -> list[Any]:
    """The tools that this dialect can say."""
    built = [_render_tool(tool, f"tools[{index}]", rendering) for index, tool in enumerate(tools)]
    return [tool for tool in built if tool is not None]


def _render_tool(tool: Tool, where: str, rendering: Rendering) -> Any:
    if tool.kind != "function":
        if tool.dialect == rendering.wire:
            return tool.data
        inner = tool.data.get("custom") if isinstance(tool.data, dict) and tool.kind == "custom" else None
        if isinstance(inner, dict):
            return _flat(inner)
        rendering.lose(where, f"a tool of type {tool.kind}, which only {tool.dialect} has")
        return None
    built: dict[str, Any] = {"type": "function", "name": tool.name}
    if tool.description is not None:
        built["description"] = tool.description
    if tool.parameters is not None:
        built["parameters"] = tool.parameters
    elif not rendering.same:
        built["parameters"] = {"type": "object", "properties": {}}  # OpenAI requires some.
    if tool.strict is not None:
        built["strict"] = tool.strict
    elif not rendering.same:
        built["strict"] = False  # Left out, OpenAI would take it for true, and refuse most schemas.
    rendering.cache(built, tool.cache, where)
    return rendering.keep(built, tool.extra, where)


def _flat(custom: dict[str, Any]) -> dict[str, Any]:
    """A free-form tool of chat completions, which nests what is flat here."""
    built = {"type": "custom", **custom}
    form = custom.get("format")
    if isinstance(form, dict) and isinstance(form.get("grammar"), dict):
        built["format"] = {"type": "grammar", **form["grammar"]}
    return built


def take_choice(request: Members) -> ToolChoice | None:
    """What the request says of the use of tools; `data` holds what a bare mode or a bare name can't say."""
    value = request.rest.get("tool_choice")
    if value is None:
        return None
    del request.rest["tool_choice"]
    if not isinstance(value, dict):
        return ToolChoice(_mode(value, "tool_choice"))
    kind = value.get("type")
    if kind == "allowed_tools":
        tools = value.get("tools")
        names = [_name(tool) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
        mode = _mode(value.get("mode"), "tool_choice.mode")
        return ToolChoice(mode, tuple([name for name in names if name]), value)
    name = _name(value)
    if name is None:
        raise BadRequest(
            "Missing required parameter: 'tool_choice.name'.",
            param="tool_choice.name",
            code="missing_required_parameter",
        )
    return ToolChoice("named", (name,), None if value == _call_of(name) else value)


def _name(value: dict[str, Any]) -> str | None:
    """The name of a tool, or its type where that is its name."""
    name, kind = value.get("name"), value.get("type")
    if isinstance(name, str):
        return name
    return kind if isinstance(kind, str) and kind not in ("function", "custom") else None


def _mode(value: Any, param: str) -> Literal["auto", "none", "required"]:
    if not isinstance(value, str) or value not in _MODES:
        supported = "'none', 'auto', 'required' or an object that names a tool"
        raise BadRequest(f"Invalid value for '{param}': expected {supported}.", param=param, code="invalid_value")
    return _MODES[value]


def render_choice(choice: ToolChoice, tools: tuple[Tool, ...], rendering: Rendering) -> Any:
    """What to say of the use of tools."""
    if rendering.same and choice.data is not None:
        return choice.data
    name_choice_rest(choice, rendering)
    if not choice.names:
        return "required" if choice.mode == "named" else choice.mode
    freeform = {tool.name for tool in tools if tool.kind == "custom"}
    if choice.mode == "named" and len(choice.names) == 1:
        return _call_of(choice.names[0], freeform)
    mode = "required" if choice.mode == "named" else choice.mode
    return {"type": "allowed_tools", "mode": mode, "tools": [_call_of(name, freeform) for name in choice.names]}


def _call_of(name: str, freeform: set[str] | frozenset[str] = frozenset()) -> dict[str, Any]:
    return {"type": "custom" if name in freeform else "function", "name": name}
