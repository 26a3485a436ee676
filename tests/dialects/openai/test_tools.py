"""Tools on offer, and which must be used."""

import json
from typing import Any

import pytest

from limen.dialects.members import Members
from limen.dialects.openai.tools import render_choice, render_tools, take_choice, take_tools
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import CacheMark
from limen.model.losses import Losses
from limen.model.request import Tool, ToolChoice

WIRE = "openai_chat"
SCHEMA = {
    "type": "object",
    "$defs": {"x": {"anyOf": [{"type": "null"}]}},
    "properties": {"p": {"$ref": "#/$defs/x", "default": None}},
}
NAMED = {"type": "function", "function": {"name": "f"}}


def through(value: dict[str, Any]) -> dict[str, Any]:
    """A request's tools and choice, parsed and rendered."""
    request, built = Members(json.loads(json.dumps(value))), {}
    tools, choice = take_tools(request, WIRE), take_choice(request)
    losses = Losses()
    rendering = Rendering(WIRE, WIRE, losses)
    if tools is not None:
        render_tools(tools, built, rendering)
    if choice is not None:
        render_choice(choice, built, rendering)
    assert not losses
    return {**request.rest, **built}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"tools": []},
        {"tools": None, "tool_choice": None},
        {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "f", "parameters": SCHEMA, "strict": False, "description": ""},
                }
            ]
        },
        {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "f", "parameters": None, "x": 1},
                    "cache_control": {"type": "ephemeral"},
                }
            ]
        },
        {"tools": [{"function": {"name": "f"}, "y": 2}]},
        {"tools": [{"type": "web_search", "max_uses": 1}, {"type": "custom", "custom": {"name": "n"}}]},
        {"functions": [{"name": "f", "parameters": SCHEMA, "x": 1}], "function_call": "auto"},
        {"functions": [{"name": "f"}], "function_call": {"name": "f"}},
        {"functions": []},
        {"functions": [{"name": "f"}], "tools": [NAMED]},
        {"tool_choice": "none"},
        {"tool_choice": "any"},
        {"tool_choice": NAMED},
        {"tool_choice": {"function": {"name": "f"}}},
        {"tool_choice": {"type": "custom", "custom": {"name": "n"}}},
        {
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [NAMED, {"type": "web_search"}]},
            }
        },
    ],
)
def test_tools_and_choices_come_back(value: dict[str, Any]) -> None:
    """Schemas untouched, odd spellings kept."""
    assert through(value) == value


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({"tools": {}}, "tools"),
        ({"tools": [1]}, "tools[0]"),
        ({"tools": [{"type": 1}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            "tools[0].function.parameters",
        ),
        ({"functions": [{"name": 1}]}, "functions[0].name"),
        ({"tool_choice": "always"}, "tool_choice"),
        ({"tool_choice": 1}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function.name"),
        ({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "x"}}}, "tool_choice.allowed_tools.mode"),
        ({"function_call": "always"}, "function_call"),
    ],
)
def test_wrong_shapes_name_their_place(value: dict[str, Any], param: str) -> None:
    """Down to the key."""
    with pytest.raises(BadRequest) as told:
        through(value)
    assert told.value.param == param


def test_the_hub_knows_what_is_chosen() -> None:
    """Modes and names, whatever the spelling."""
    told = [
        ("any", "required", ()),
        (NAMED, "named", ("f",)),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}, "required", ("f",)),
    ]
    for value, mode, names in told:
        choice = take_choice(Members({"tool_choice": value}))
        assert choice is not None
        assert (choice.mode, choice.names) == (mode, names)
    choice = take_choice(Members({"function_call": {"name": "f"}}))
    assert choice is not None
    assert (choice.mode, choice.names) == ("named", ("f",))


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("required", data={"type": "any"}), "required"),
        (ToolChoice("named", ("f",)), NAMED),
        (ToolChoice("auto", ("f",)), {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}),
    ],
)
def test_another_dialects_choice(choice: ToolChoice, written: Any) -> None:
    """In OpenAI's own words, not in the other's data."""
    built: dict[str, Any] = {}
    render_choice(choice, built, Rendering(WIRE, "other", Losses()))
    assert built == {"tool_choice": written}


def test_another_dialects_tools() -> None:
    """Functions have a place; server tools, cache marks and extras are named losses, and no empty list is sent."""
    losses, built = Losses(), {}
    tools = (
        Tool("f", parameters=SCHEMA, cache=CacheMark(), extra={"odd": 1}),
        Tool("web", kind="web_search", dialect="other", data={"type": "web_search"}),
    )
    render_tools(tools, built, Rendering(WIRE, "other", losses))
    assert built == {"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]}
    assert [name for name, _ in losses.items()] == ["tools[0].cache_control", "tools[0].odd", "tools[1]"]
    built = {}
    render_tools(tools[1:], built, Rendering(WIRE, "other", losses))
    assert built == {}
