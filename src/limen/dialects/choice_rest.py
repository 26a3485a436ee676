"""What a choice of tools says beside the choice itself: keys that the hub's words don't carry from one wire to another.

A parser keeps the client's own object in :attr:`ToolChoice.data`. At home it goes back as it was; on any other wire the mode and
the names are written anew, and whatever else stood in the object is named here.

Must not: write the choice.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.rendering import Rendering
from limen.model.request import Tool, ToolChoice

_SAID = frozenset({"type", "mode", "name", "allowedFunctionNames", "allowed_function_names"})
"""The keys that hold a mode, a kind or a name, in all dialects."""
_HOLDERS = frozenset({"function", "custom", "allowed_tools", "function_call", "auto", "any", "tool"})
"""The keys whose objects hold those."""
_ALONE = "disable_parallel_tool_use"


def name_choice_rest(choice: ToolChoice | None, rendering: Rendering) -> None:
    """Name what `choice` holds and another wire is not told: unknown keys, values of an odd type, tools without a name."""
    if choice is not None and isinstance(choice.data, dict) and not rendering.same:
        _name(choice.data, "tool_choice", rendering)


def name_absent(choice: ToolChoice, tools: tuple[Tool, ...], rendering: Rendering) -> None:
    """Name a choice of tools that are not on offer, where the rest is said by offering only those that may be called."""
    if set(choice.names) - {tool.name for tool in tools}:
        rendering.lose("tool_choice", "it names a tool that is not on offer")


def _name(told: dict[str, Any], where: str, rendering: Rendering) -> None:
    for key, value in told.items():
        place = f"{where}.{key}"
        if key in _HOLDERS and isinstance(value, dict):
            _name(value, place, rendering)
        elif key == "tools" and isinstance(value, list):
            for index, tool in enumerate(value):
                _name_tool(tool, f"{place}[{index}]", rendering)
        elif not _is_said(key, value):
            rendering.lose(place, "known to the dialect it came from alone")


def _is_said(key: str, value: Any) -> bool:
    if value is None or value == {}:
        return True
    if key in _SAID:
        return isinstance(value, str | list)
    return isinstance(value, bool) if key == _ALONE else key in ("function_call",) and isinstance(value, str)


def _name_tool(tool: Any, where: str, rendering: Rendering) -> None:
    """One of the tools that may be called: its name is carried, whatever else it has is not."""
    inner = tool.get(str(tool.get("type"))) if isinstance(tool, dict) else None
    named = inner if isinstance(inner, dict) else tool
    if isinstance(tool, dict) and isinstance(named, dict) and isinstance(named.get("name"), str):
        _name(tool, where, rendering)
    else:
        rendering.lose(where, "it names no tool that another dialect could know")
