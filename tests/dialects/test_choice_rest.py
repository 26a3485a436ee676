"""What a choice of tools says beside the choice."""

from __future__ import annotations

from typing import Any

import pytest

from limen.dialects.choice_rest import name_absent, name_choice_rest
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses
from limen.model.request import Tool, ToolChoice

NAMED = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("data", "lost"),
    [
        ({"type": "tool", "name": "f", "disable_parallel_tool_use": True}, []),
        ({"type": "auto", "disable_parallel_tool_use": 7}, ["tool_choice.disable_parallel_tool_use"]),
        ({**NAMED, "zz": 1}, ["tool_choice.zz"]),
        ({"type": "function", "function": {"name": "f", "zz": 1}}, ["tool_choice.function.zz"]),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}, []),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp"}]}, ["tool_choice.tools[0]"]),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, []),
        ({"tool": {"name": "f", "zz": 1}}, ["tool_choice.tool.zz"]),
        ("any", []),
        (None, []),
    ],
)
def test_what_another_wire_is_not_told_is_named(data: Any, lost: list[str]) -> None:
    """Unknown keys, odd types, tools without a name; at home nothing is."""
    losses = Losses()
    name_choice_rest(ToolChoice("auto", data=data), Rendering("a", "b", losses))
    assert list(losses) == lost
    name_choice_rest(ToolChoice("auto", data=data), Rendering("a", "a", losses))
    assert list(losses) == lost


def test_a_tool_that_is_not_on_offer_is_named() -> None:
    """Where the rest of the choice is said by what is offered."""
    losses = Losses()
    name_absent(ToolChoice("auto", ("f",)), (Tool("f"),), Rendering("a", "b", losses))
    assert not losses
    name_absent(ToolChoice("auto", ("f", "g")), (Tool("f"),), Rendering("a", "b", losses))
    assert list(losses) == ["tool_choice"]
