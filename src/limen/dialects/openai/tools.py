"""Tools on offer and which of them must be used, to and from the hub.

Schemas are data here: nothing in them is read or changed. The `functions` and `function_call` of 2023 are read as tools too,
so that they reach dialects that only know tools.
"""

from __future__ import annotations

from typing import Any, Literal

from limen.dialects.choice_rest import name_choice_rest
from limen.dialects.extra import Extra, extra_of
from limen.dialects.members import Members, type_name
from limen.dialects.openai.tool_calls import LEGACY
from limen.dialects.rendering import Rendering, take_cache
from limen.errors import BadRequest
from limen.model.request import Tool, ToolChoice

_MODES: dict[str, Literal["auto", "none", "required"]] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "any": "required",  # Mistral's word.
}


def take_tools(request: Members, wire: str) -> tuple[Tool, ...] | None:
    """The tools of a request; None where it names none."""
    values = request.array("tools")
    if values is not None:
        return tuple([_parse_tool(value, f"tools[{index}]", wire) for index, value in enumerate(values)])
    values = request.array("functions") if request.rest.get("functions") else None
    if values is None:
        return None
    return tuple([_parse_function(_object(value, f"functions[{i}]"), (LEGACY,)) for i, value in enumerate(values)])


def _object(value: Any, path: str) -> Members:
    if not isinstance(value, dict):
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {type_name(value)} instead.",
            param=path,
            code="invalid_type",
        )
    return Members(value, path)


def _parse_tool(value: Any, path: str, wire: str) -> Tool:
    tool = _object(value, path)
    kind = tool.rest.get("type")
    if kind is not None and not isinstance(kind, str):
        tool.wrong("type", "a string")
    if kind not in (None, "function"):
        body = value.get(kind)
        name = body.get("name") if isinstance(body, dict) else value.get("name")
        return Tool(name if isinstance(name, str) else str(kind), kind=str(kind), dialect=wire, data=value)
    body = tool.mapping("function")
    if body is None:
        raise BadRequest(
            f"Missing required parameter: '{path}.function'.",
            param=f"{path}.function",
            code="missing_required_parameter",
        )
    marks = () if tool.text("type") else ("-type",)
    cache = take_cache(tool.rest)
    return _parse_function(Members(body, f"{path}.function"), marks, tool.rest, cache)


def _parse_function(
    body: Members, marks: tuple[str, ...], rest: dict[str, Any] | None = None, cache: Any = None
) -> Tool:
    """A function; `rest` is what stands around it in a tool."""
    name = body.text("name")
    if name is None:
        raise BadRequest(
            f"Missing required parameter: '{body.at('name')}'.",
            param=body.at("name"),
            code="missing_required_parameter",
        )
    description, parameters, strict = body.text("description"), body.mapping("parameters"), body.flag("strict")
    if rest is None:
        extra = extra_of(body.rest, *marks)
    else:
        extra = extra_of({**rest, "function": body.rest} if body.rest else rest, *marks)
    return Tool(name, description, parameters, strict, cache=cache, extra=extra)


def render_tools(tools: tuple[Tool, ...], built: dict[str, Any], rendering: Rendering) -> None:
    """Put `tools` into the request `built`."""
    if tools and all(rendering.marked(tool.extra, LEGACY) for tool in tools):
        built["functions"] = [rendering.keep(_function(tool), tool.extra, "") for tool in tools]
        return
    rendered = [_render_tool(tool, f"tools[{index}]", rendering) for index, tool in enumerate(tools)]
    found = [tool for tool in rendered if tool is not None]
    if found or rendering.same:
        built["tools"] = found


def _render_tool(tool: Tool, where: str, rendering: Rendering) -> Any:
    if tool.kind != "function":
        if tool.dialect == rendering.wire:
            return tool.data
        rendering.lose(where, f"a tool of type {tool.kind}, which only {tool.dialect} has")
        return None
    built: dict[str, Any] = {"type": "function", "function": _function(tool)}
    rendering.cache(built, tool.cache, where)
    return rendering.keep(built, tool.extra, where)


def _function(tool: Tool) -> dict[str, Any]:
    known = {"description": tool.description, "parameters": tool.parameters, "strict": tool.strict}
    return {"name": tool.name, **{key: value for key, value in known.items() if value is not None}}


def take_choice(request: Members) -> ToolChoice | None:
    """What the request says of the use of tools; `data` holds what a bare mode or a bare name can't say."""
    value = request.rest.get("tool_choice")
    if value is not None:
        del request.rest["tool_choice"]
        return _parse_choice(value)
    value = request.rest.get("function_call")
    if value is None:
        return None
    del request.rest["function_call"]
    kept = Extra({"function_call": value})
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return ToolChoice("named", (value["name"],), kept)
    return ToolChoice(_mode(value, "function_call"), (), kept)


def _mode(value: Any, param: str) -> Literal["auto", "none", "required"]:
    if not isinstance(value, str) or value not in _MODES:
        supported = "'none', 'auto', 'required' or an object that names a function"
        raise BadRequest(f"Invalid value for '{param}': expected {supported}.", param=param, code="invalid_value")
    return _MODES[value]


def _parse_choice(value: Any) -> ToolChoice:
    if not isinstance(value, dict):
        return ToolChoice(_mode(value, "tool_choice"), data=value if value == "any" else None)
    kind = value.get("type", "function")
    allowed = value.get("allowed_tools")
    if kind == "allowed_tools" and isinstance(allowed, dict):
        names = [_name(tool) for tool in allowed.get("tools") or () if isinstance(tool, dict)]
        mode = _mode(allowed.get("mode"), "tool_choice.allowed_tools.mode")
        return ToolChoice(mode, tuple([name for name in names if name]), value)
    name = _name(value)
    if name is None:
        raise BadRequest(
            "Missing required parameter: 'tool_choice.function.name'.",
            param="tool_choice.function.name",
            code="missing_required_parameter",
        )
    plain = value == {"type": "function", "function": {"name": name}}
    return ToolChoice("named", (name,), None if plain else value)


def _name(value: dict[str, Any]) -> str | None:
    body = value.get(str(value.get("type", "function")))
    name = body.get("name") if isinstance(body, dict) else None
    return name if isinstance(name, str) else None


def render_choice(choice: ToolChoice, built: dict[str, Any], rendering: Rendering) -> None:
    """Put `choice` into the request `built`."""
    name_choice_rest(choice, rendering)
    if rendering.same and isinstance(choice.data, Extra):
        built.update(choice.data)
    elif rendering.same and choice.data is not None:
        built["tool_choice"] = choice.data
    elif choice.mode == "named" and len(choice.names) == 1:
        built["tool_choice"] = _call_of(choice.names[0])
    elif choice.names:
        mode = "required" if choice.mode == "named" else choice.mode
        tools = [_call_of(name) for name in choice.names]
        built["tool_choice"] = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}}
    else:
        built["tool_choice"] = "required" if choice.mode == "named" else choice.mode


def _call_of(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}
