"""Tools on offer and which of them must be used, to and from the hub.

A tool of the client has an ``input_schema``; any other (web search, code execution, computer …) is the provider's
own, and goes home whole. Schemas are data here.
"""

from __future__ import annotations

from typing import Any, Literal

from limen.dialects.anthropic.models import Claude
from limen.dialects.anthropic.schema import fits
from limen.dialects.choice_rest import name_absent, name_choice_rest
from limen.dialects.extra import extra_of
from limen.dialects.members import Members, type_name
from limen.dialects.rendering import Rendering, take_cache
from limen.errors import BadRequest
from limen.model.request import ChatRequest, Tool, ToolChoice

CUSTOM = "custom"
"""Mark: the type was said, where it is usually left out."""

_MODES: dict[str, Literal["auto", "none", "required", "named"]] = {
    "auto": "auto",
    "none": "none",
    "any": "required",
    "tool": "named",
}
_WORDS = {mode: word for word, mode in _MODES.items()}


def take_tools(request: Members, wire: str) -> tuple[Tool, ...] | None:
    """The tools of a request; None where it names none."""
    values = request.array("tools")
    if values is None:
        return None
    return tuple([_parse_tool(value, f"tools[{index}]", wire) for index, value in enumerate(values)])


def _parse_tool(value: Any, path: str, wire: str) -> Tool:
    if type(value) is not dict:
        given = type_name(value)
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {given} instead.", param=path, code="invalid_type"
        )
    kind, name = value.get("type"), value.get("name")
    if kind not in (None, "custom"):
        return Tool(name if type(name) is str else str(kind), kind=str(kind), dialect=wire, data=value)
    if type(name) is not str:
        raise BadRequest(f"{path}.name: Field required", param=f"{path}.name", code="missing_required_parameter")
    tool = Members(value, path)
    marks = (CUSTOM,) if tool.text("type") else ()
    del value["name"]
    description, strict, cache = tool.text("description"), tool.flag("strict"), take_cache(value)
    return Tool(name, description, tool.mapping("input_schema"), strict, cache=cache, extra=extra_of(value, *marks))


def render_tools(request: ChatRequest, built: dict[str, Any], rendering: Rendering, model: Claude) -> None:
    """Put the tools of `request` into the body `built`. A choice among some of them leaves the others out."""
    if request.tools is None:
        return
    allowed = _allowed(request, rendering)
    found = []
    for index, tool in enumerate(request.tools):
        if allowed is not None and tool.kind == "function" and tool.name not in allowed:
            rendering.lose(f"tools[{index}]", "only the tools that may be used are offered")
            continue
        rendered = _render_tool(tool, f"tools[{index}]", rendering, model)
        if rendered is not None:
            found.append(rendered)
    if found or rendering.same:
        built["tools"] = found


def _allowed(request: ChatRequest, rendering: Rendering) -> tuple[str, ...] | None:
    """The names of the tools that alone may be used; None where all may, or where the choice itself says which one must."""
    choice = request.tool_choice
    if choice is None or rendering.same or not choice.names or (choice.mode == "named" and len(choice.names) == 1):
        return None
    name_absent(choice, request.tools or (), rendering)
    return choice.names


def _render_tool(tool: Tool, where: str, rendering: Rendering, model: Claude) -> Any:
    if tool.kind != "function":
        if tool.dialect == rendering.wire:
            return tool.data
        rendering.lose(where, f"a tool of type {tool.kind}, which only {tool.dialect} has")
        return None
    built: dict[str, Any] = {"type": "custom"} if rendering.marked(tool.extra, CUSTOM) else {}
    built["name"] = tool.name
    if tool.description is not None:
        built["description"] = tool.description
    if tool.parameters is not None:
        built["input_schema"] = tool.parameters if rendering.same else _with_type(tool.parameters)
    elif not rendering.same:
        built["input_schema"] = {"type": "object", "properties": {}}
    if tool.strict is not None:
        _put_strict(tool, built, where, rendering, model)
    if tool.cache is not None:
        ttl = tool.cache.ttl
        built["cache_control"] = {"type": "ephemeral"} if ttl is None else {"type": "ephemeral", "ttl": ttl}
    return rendering.keep(built, tool.extra, where)


def _with_type(schema: Any) -> Any:
    """`schema` with the type that Anthropic requires to be said."""
    return {"type": "object", **schema} if isinstance(schema, dict) and "type" not in schema else schema


def _put_strict(tool: Tool, built: dict[str, Any], where: str, rendering: Rendering, model: Claude) -> None:
    """A schema that Anthropic could not compile, or an older model, would have the whole request refused."""
    if rendering.same or (tool.strict and model.version and model.structured and fits(tool.parameters)):
        built["strict"] = tool.strict
    elif tool.strict:
        rendering.lose(f"{where}.strict", "this model can't be held to this schema")


def take_choice(request: Members) -> tuple[ToolChoice | None, bool | None]:
    """What the request says of the use of tools, and whether several may be called at once."""
    value = request.rest.get("tool_choice")
    if value is None:
        return None, None
    kind = value.get("type") if type(value) is dict else None
    if type(kind) is not str or kind not in _MODES:
        supported = ", ".join(f"'{word}'" for word in _MODES)
        raise BadRequest(
            f"tool_choice: Input should be an object with a type of {supported}",
            param="tool_choice",
            code="invalid_value",
        )
    name = value.get("name")
    if kind == "tool" and type(name) is not str:
        raise BadRequest(
            "tool_choice.name: Field required", param="tool_choice.name", code="missing_required_parameter"
        )
    del request.rest["tool_choice"]
    alone = value.get("disable_parallel_tool_use")
    names = (str(name),) if kind == "tool" else ()
    return ToolChoice(_MODES[kind], names, value), not alone if type(alone) is bool else None


def render_choice(request: ChatRequest, built: dict[str, Any], rendering: Rendering, model: Claude) -> None:
    """Put which tools must be used, and whether one at a time, into the body `built`."""
    choice = request.tool_choice
    if rendering.same:
        if choice is not None:
            built["tool_choice"] = choice.data
        return
    name_choice_rest(choice, rendering)
    if not built.get("tools"):
        if choice is not None and choice.mode != "none":
            rendering.lose("tool_choice", "there are no tools to choose from")
        return
    mode = choice.mode if choice is not None else "auto"
    if mode in ("required", "named") and not model.forces:
        rendering.lose("tool_choice", "this model can't be made to use a tool")
        mode = "auto"
    if mode == "named" and choice is not None and len(choice.names) != 1:
        mode = "required"
    told: dict[str, Any] = {"type": _WORDS[mode]}
    if mode == "named" and choice is not None:
        told["name"] = choice.names[0]
    if request.parallel_tool_calls is not None and mode != "none":
        told["disable_parallel_tool_use"] = not request.parallel_tool_calls
    if choice is not None or len(told) > 1:
        built["tool_choice"] = told


def is_forced(built: dict[str, Any]) -> bool:
    """Whether the body `built` makes the model use a tool."""
    told = built.get("tool_choice")
    return isinstance(told, dict) and told.get("type") in ("any", "tool")
