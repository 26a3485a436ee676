"""Tools on offer and which must be used."""

from typing import Any

import pytest

from limen.dialects.members import Members
from limen.dialects.rendering import Rendering
from limen.dialects.responses.tools import render_choice, render_tools, take_choice, take_tools
from limen.errors import BadRequest
from limen.model.losses import Losses
from limen.model.request import Tool, ToolChoice
from responses_wire import WIRE

SAME = Rendering(WIRE, WIRE, Losses())
TOOLS: list[Any] = [
    {"type": "function", "name": "f", "description": None, "parameters": {"type": "object"}, "strict": True},
    {"type": "function", "name": "f", "parameters": None, "defer_loading": True},
    {"type": "custom", "name": "p", "format": {"type": "grammar"}},
    {"type": "web_search", "filters": {}},
    {"type": "namespace", "name": "n", "tools": []},
]
CHOICES: list[Any] = [
    "auto",
    "none",
    "required",
    {"type": "function", "name": "f"},
    {"type": "custom", "name": "p"},
    {"type": "web_search"},
    {"type": "mcp", "server_label": "s"},
    {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "f"}, {"type": "image_generation"}],
    },
]


def test_tools_and_choices_come_back() -> None:
    """Each, whatever its type."""
    found = take_tools(Members({"tools": TOOLS}), WIRE) or ()
    assert render_tools(found, SAME) == TOOLS
    for choice in CHOICES:
        taken = take_choice(Members({"tool_choice": choice}))
        assert taken is not None
        assert render_choice(taken, found, SAME) == choice
    assert (take_choice(Members({})), take_tools(Members({}), WIRE)) == (None, None)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tools": [1]}, "tools[0]"),
    ({"tools": [{}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"),
    ({"tool_choice": "maybe"}, "tool_choice"),
    ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
    ({"tool_choice": {"type": "allowed_tools", "tools": []}}, "tool_choice.mode"),
]


@pytest.mark.parametrize(("request_body", "param"), WRONG)
def test_what_is_wrong_is_refused_in_its_place(request_body: dict[str, Any], param: str) -> None:
    """As OpenAI would."""
    members = Members(request_body)
    with pytest.raises(BadRequest) as error:
        assert take_tools(members, WIRE) is take_choice(members)
    assert error.value.param == param


def test_another_dialects_tools_get_what_openai_requires() -> None:
    """A free-form tool of chat is flat here; a server's tool is lost by name."""
    losses = Losses()
    form = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "G"}}
    nested = {"type": "custom", "custom": {"name": "p", "format": form}}
    given = (
        Tool("f"),
        Tool("p", kind="custom", dialect="openai_chat", data=nested),
        Tool("w", kind="web", dialect="x"),
    )
    assert render_tools(given, Rendering(WIRE, "x", losses)) == [
        {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False},
        {"type": "custom", "name": "p", "format": {"type": "grammar", "syntax": "lark", "definition": "G"}},
    ]
    assert list(losses) == ["tools[2]"]


def test_another_dialects_choice_is_said_flat() -> None:
    """Several names are the allowed ones."""
    other, tools = Rendering(WIRE, "x", Losses()), (Tool("p", kind="custom"),)
    said = [ToolChoice("named", ("f",)), ToolChoice("named", ("f", "p")), ToolChoice("required"), ToolChoice("named")]
    allowed = [{"type": "function", "name": "f"}, {"type": "custom", "name": "p"}]
    assert [render_choice(choice, tools, other) for choice in said] == [
        {"type": "function", "name": "f"},
        {"type": "allowed_tools", "mode": "required", "tools": allowed},
        "required",
        "required",
    ]
