"""Tools on offer and which of them must be used, to and from the hub.

The definitions are OpenAI's. Strictness is one switch for all of them (`strict_tools`), and `tool_choice` knows only REQUIRED and
NONE: a request that names tools is sent with those tools alone, which comes to the same.

Source: https://docs.cohere.com/reference/chat (`tools`, `strict_tools`, `tool_choice`).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from limen.dialects.choice_rest import name_choice_rest
from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.members import Members
from limen.dialects.openai.tools import render_tools as render_openai_tools
from limen.dialects.openai.tools import take_tools as take_openai_tools
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.request import Tool, ToolChoice

_SWITCH = "strict_tools"
"""Mark: strict because the whole request says so."""
_MODES: dict[str, Literal["required", "none"]] = {"REQUIRED": "required", "NONE": "none"}
_WORDS: dict[str, str] = {mode: word for word, mode in _MODES.items()}


def take_tools(request: Members, wire: str) -> tuple[Tool, ...] | None:
    """The tools of a request; None where it names none. A switch without tools to apply to stays where it was."""
    tools = take_openai_tools(request, wire)
    if not tools or any(tool.kind != "function" or tool.strict is not None for tool in tools):
        return tools
    strict = request.flag(_SWITCH)
    return tools if strict is None else tuple([_switched(tool, strict=strict) for tool in tools])


def _switched(tool: Tool, *, strict: bool) -> Tool:
    return msgspec.structs.replace(tool, strict=strict, extra=Extra(tool.extra, (*marks_of(tool.extra), _SWITCH)))


def render_tools(tools: tuple[Tool, ...], built: dict[str, Any], rendering: Rendering) -> None:
    """Put `tools`, and whether they are strict, into the request `built`."""
    bare = list(tools)
    strict: set[bool | None] = set()
    for index, tool in enumerate(tools):
        if tool.kind != "function" or (rendering.same and not rendering.marked(tool.extra, _SWITCH)):
            continue
        strict.add(tool.strict)
        bare[index] = msgspec.structs.replace(tool, strict=None, extra=_unmarked(tool))
    render_openai_tools(tuple(bare), built, rendering)
    if strict == {True} or (rendering.same and strict):
        built[_SWITCH] = True in strict
    elif True in strict:
        rendering.lose("tools.strict", "here all tools are strict, or none")


def _unmarked(tool: Tool) -> Any:
    return extra_of(dict(tool.extra), *(marks_of(tool.extra) - {_SWITCH}))


def take_choice(request: Members) -> ToolChoice | None:
    """What the request says of the use of tools; `data` holds another spelling of a mode."""
    value = request.rest.get("tool_choice")
    if value is None:
        return None
    mode = _MODES.get(value.upper()) if isinstance(value, str) else None
    if mode is None:
        raise BadRequest(
            "Invalid value for 'tool_choice': expected 'REQUIRED' or 'NONE'.",
            param="tool_choice",
            code="invalid_value",
        )
    del request.rest["tool_choice"]
    return ToolChoice(mode, data=None if value in _MODES else value)


def render_choice(choice: ToolChoice, built: dict[str, Any], rendering: Rendering) -> None:
    """Put `choice` into the request `built`, whose tools are there already. `auto` is what Cohere does unasked."""
    if rendering.same and choice.data is not None:
        built["tool_choice"] = choice.data
        return
    name_choice_rest(choice, rendering)
    if choice.names:
        _keep_only(choice.names, built, rendering)
    word = _WORDS.get("required" if choice.mode == "named" else choice.mode)
    if word is not None:
        built["tool_choice"] = word


def _keep_only(names: tuple[str, ...], built: dict[str, Any], rendering: Rendering) -> None:
    """Offer only the tools that may be called."""
    tools = built.get("tools", [])
    kept = [tool for tool in tools if tool.get("function", {}).get("name") in names]
    if not kept:
        rendering.lose("tool_choice", "none of the tools that it names is on offer")
        return
    if len(kept) < len(names):
        rendering.lose("tool_choice", "it names a tool that is not on offer")
    if len(kept) < len(tools):
        rendering.lose("tools", "only those that may be called are offered, for want of a way to name them")
        rendering.lose("tool_choice", "the tools that may be called are the only ones offered")
        built["tools"] = kept
