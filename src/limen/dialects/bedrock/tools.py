"""Tools on offer and which of them must be used, to and from the hub: ``toolConfig``.

Schemas are data here. Tools that Bedrock runs (``systemTool``) are kept whole. A cache point among the tools is a mark on the one
before it. Source: the API reference of ToolConfiguration.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.block_writer import BlockWriter
from limen.dialects.bedrock.blocks import CACHE_POINT, read_cache_point
from limen.dialects.bedrock.messages import Turn, has_tools
from limen.dialects.choice_rest import name_absent, name_choice_rest
from limen.dialects.extra import extra_of
from limen.dialects.members import Members, type_name
from limen.errors import BadRequest
from limen.model.request import ChatRequest, Tool, ToolChoice

CONFIG = "toolConfig"
_WORDS = ("auto", "any")
_NO_SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


def take_tools(request: Members) -> tuple[tuple[Tool, ...] | None, ToolChoice | None]:
    """The tools of a request and the choice among them; None for what it does not say."""
    told = request.mapping(CONFIG)
    if told is None:
        return None, None
    config = Members(told, CONFIG)
    request.rest[CONFIG] = config.rest
    values = config.array("tools")
    return None if values is None else _parse_tools(values), _take_choice(config)


def _parse_tools(values: list[Any]) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for index, value in enumerate(values):
        where = f"{CONFIG}.tools[{index}]"
        if not isinstance(value, dict):
            raise BadRequest(
                f"Invalid type for '{where}': expected an object, but got {type_name(value)} instead.",
                param=where,
                code="invalid_type",
            )
        if CACHE_POINT in value and len(value) == 1:
            mark = read_cache_point(value[CACHE_POINT])
            if mark is not None and tools and tools[-1].cache is None:
                tools[-1] = msgspec.structs.replace(tools[-1], cache=mark)
                continue
        tools.append(_parse_tool(value, where))
    return tuple(tools)


def _parse_tool(value: dict[str, Any], where: str) -> Tool:
    spec = value.get("toolSpec")
    if not isinstance(spec, dict):
        kind = next(iter(value), "")
        inner = value.get(kind)
        name = inner.get("name") if isinstance(inner, dict) else None
        return Tool(name if isinstance(name, str) else kind, kind=kind, dialect=WIRE, data=value)
    tool = Members(dict(spec), f"{where}.toolSpec")
    name = tool.text("name")
    if name is None:
        raise BadRequest(
            f"Missing required parameter: '{tool.at('name')}'.",
            param=tool.at("name"),
            code="missing_required_parameter",
        )
    description, strict = tool.text("description"), tool.flag("strict")
    schema, parameters = tool.rest.get("inputSchema"), None
    if isinstance(schema, dict) and isinstance(schema.get("json"), dict):
        parameters = schema["json"]
        left = {key: kept for key, kept in schema.items() if key != "json"}
        del tool.rest["inputSchema"]
        if left:
            tool.rest["inputSchema"] = left
    rest = {key: kept for key, kept in value.items() if key != "toolSpec"}
    if tool.rest:
        rest["toolSpec"] = tool.rest
    return Tool(name, description, parameters, strict, extra=extra_of(rest))


def _take_choice(config: Members) -> ToolChoice | None:
    value = config.rest.get("toolChoice")
    if not isinstance(value, dict) or len(value) != 1:
        return None
    word, inner = next(iter(value.items()))
    if word in _WORDS and isinstance(inner, dict):
        del config.rest["toolChoice"]
        return ToolChoice("auto" if word == "auto" else "required", data=value if inner else None)
    if word == "tool" and isinstance(inner, dict) and isinstance(inner.get("name"), str):
        del config.rest["toolChoice"]
        return ToolChoice("named", (inner["name"],), value if len(inner) > 1 else None)
    return None


def write_tools(request: ChatRequest, turns: list[Turn], writer: BlockWriter) -> dict[str, Any] | None:
    """``toolConfig``; None where there is none to write."""
    if writer.rendering.same:
        return _write_same(request, writer)
    name_choice_rest(request.tool_choice, writer.rendering)
    tools, choice = _allowed(request, turns, writer)
    built = _write_all(tools, writer)
    if not built and has_tools(turns):
        built = _told_by(turns, writer)
    if not built:
        if choice is not None:
            writer.rendering.lose("tool_choice", "said by leaving tools out, or about none")
        return None
    config: dict[str, Any] = {"tools": built}
    if choice is not None and choice.mode != "none":
        config["toolChoice"] = _choice(choice)
    return config


def _write_same(request: ChatRequest, writer: BlockWriter) -> dict[str, Any] | None:
    if request.tools is None and request.tool_choice is None:
        return None
    config: dict[str, Any] = {}
    if request.tools is not None:
        config["tools"] = _write_all(request.tools, writer)
    if request.tool_choice is not None:
        config["toolChoice"] = request.tool_choice.data or _choice(request.tool_choice)
    return config


def _allowed(
    request: ChatRequest, turns: list[Turn], writer: BlockWriter
) -> tuple[tuple[Tool, ...], ToolChoice | None]:
    """The tools that may be used, and the choice among them: Bedrock has neither `none` nor lists of allowed ones.

    To leave tools out says the same, unless the history needs them.
    """
    tools, choice = request.tools or (), request.tool_choice
    if choice is None:
        return tools, None
    if choice.mode == "none":
        if not has_tools(turns):
            if tools:
                writer.rendering.lose("tools", "left out, which is how Bedrock is told to use none")
            return (), choice
        writer.rendering.lose("tool_choice", "Bedrock can't be told to use no tool while the history has calls")
        return tools, choice
    if choice.names and (choice.mode != "named" or len(choice.names) > 1):
        name_absent(choice, tools, writer.rendering)
        kept = tuple([tool for tool in tools if tool.name in choice.names])
        writer.rendering.lose("tool_choice", "Bedrock has no list of allowed tools: only those are offered")
        if len(kept) < len(tools):
            writer.rendering.lose("tools", "those that are not allowed are left out")
        return kept, ToolChoice("auto" if choice.mode == "auto" else "required")
    return tools, choice


def _choice(choice: ToolChoice) -> dict[str, Any]:
    if choice.mode == "named" and choice.names:
        return {"tool": {"name": choice.names[0]}}
    return {"auto": {}} if choice.mode == "auto" else {"any": {}}


def _write_all(tools: tuple[Tool, ...], writer: BlockWriter) -> list[dict[str, Any]]:
    built: list[dict[str, Any]] = []
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        told = _write_tool(tool, where, writer)
        if told is None:
            continue
        built.append(told)
        point = None if tool.cache is None else writer.cache_point(tool.cache, where)
        if point is not None:
            built.append(point)
    return built


def _write_tool(tool: Tool, where: str, writer: BlockWriter) -> dict[str, Any] | None:
    rendering = writer.rendering
    if tool.kind != "function":
        if tool.dialect == WIRE:
            own: dict[str, Any] = tool.data
            return own
        rendering.lose(where, f"a tool of type {tool.kind}, which only {tool.dialect} has")
        return None
    spec: dict[str, Any] = {"name": tool.name}
    if tool.description or (tool.description is not None and rendering.same):
        spec["description"] = tool.description
    if tool.parameters is not None or not rendering.same:
        spec["inputSchema"] = {"json": _NO_SCHEMA if tool.parameters is None else tool.parameters}
    if tool.strict is not None and (rendering.same or writer.model.structured):
        spec["strict"] = tool.strict
    elif tool.strict:
        rendering.lose(f"{where}.strict", "the model can't be held to a schema")
    return rendering.keep({"toolSpec": spec}, tool.extra, where)


def _told_by(turns: list[Turn], writer: BlockWriter) -> list[dict[str, Any]]:
    """The tools that the history tells of: Bedrock wants them defined, though the client offers none any more."""
    names = [block["toolUse"]["name"] for turn in turns for block in turn["content"] if "toolUse" in block]
    writer.rendering.lose("tools", "Bedrock wants the tools of earlier calls defined: they were added")
    found = dict.fromkeys(names) or {"unknown": None}
    return [{"toolSpec": {"name": name, "inputSchema": {"json": _NO_SCHEMA}}} for name in found]
