"""Tools, and the choice among them."""

import json
from typing import Any

import pytest

from bedrock_wire import DIALECT, REQUEST, request_of, text, written
from limen.model.content import CacheMark, Text, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import Message, Tool, ToolChoice

USER = Message("user", (Text("hi"),))
HISTORY = (
    USER,
    Message("assistant", (ToolCall("a", "look", "{}"),)),
    Message("tool", (ToolResult("a", (Text("1"),)),)),
)
TOOLS = (Tool("look", "d", {"type": "object"}, True), Tool("see"))
EMPTY = {"json": {"type": "object", "properties": {}}}


def test_tools_are_read() -> None:
    """A cache point is a mark on the tool before it; a tool of Bedrock's own is kept whole."""
    request = DIALECT.parse_request(text(REQUEST))
    assert request.tools == (
        Tool("look", "d", {"type": "object"}, True, cache=CacheMark()),
        Tool(
            "nova_grounding",
            kind="systemTool",
            dialect="bedrock_converse",
            data={"systemTool": {"name": "nova_grounding"}},
        ),
    )
    assert request.tool_choice == ToolChoice("named", ("look",))


def test_tools_of_others_are_written() -> None:
    """Each has a schema; an empty description, which Bedrock refuses, is left out; a tool of another kind is named."""
    losses = Losses()
    other = Tool("w", kind="web_search", dialect="other", data={})
    body = written(request_of(USER, tools=(*TOOLS, Tool("x", ""), other)), losses)
    specs = [tool["toolSpec"] for tool in body["toolConfig"]["tools"]]
    assert specs == [
        {"name": "look", "description": "d", "inputSchema": {"json": {"type": "object"}}, "strict": True},
        {"name": "see", "inputSchema": EMPTY},
        {"name": "x", "inputSchema": EMPTY},
    ]
    assert list(losses) == ["tools[3]"]


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (ToolChoice("auto"), {"auto": {}}),
        (ToolChoice("required"), {"any": {}}),
        (ToolChoice("named", ("see",)), {"tool": {"name": "see"}}),
    ],
)
def test_choices_are_written(choice: ToolChoice, wanted: dict[str, Any]) -> None:
    """Each in Bedrock's word."""
    assert written(request_of(USER, tools=TOOLS, tool_choice=choice))["toolConfig"]["toolChoice"] == wanted


def test_only_allowed_tools_are_offered() -> None:
    """Bedrock has no list of allowed ones: the others are left out, and named."""
    losses = Losses()
    choice = ToolChoice("required", ("see",))
    config = written(request_of(USER, tools=TOOLS, tool_choice=choice), losses)["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["see"]
    assert config["toolChoice"] == {"any": {}}
    assert list(losses) == ["tool_choice", "tools"]


def test_none_is_said_without_tools() -> None:
    """Where the history has calls they must stay, and that is named."""
    losses = Losses()
    none = ToolChoice("none")
    assert "toolConfig" not in written(request_of(USER, tools=TOOLS, tool_choice=none), losses)
    assert list(losses) == ["tools", "tool_choice"]
    losses = Losses()
    config = written(request_of(*HISTORY, tools=TOOLS, tool_choice=none), losses)["toolConfig"]
    assert (len(config["tools"]), "toolChoice" in config) == (2, False)
    assert list(losses) == ["tool_choice"]


def test_tools_of_the_history_are_defined() -> None:
    """Bedrock wants a definition for earlier calls, though the client offers no tool any more."""
    losses = Losses()
    config = written(request_of(*HISTORY), losses)["toolConfig"]
    assert config == {"tools": [{"toolSpec": {"name": "look", "inputSchema": EMPTY}}]}
    assert list(losses) == ["tools"]


def test_a_choice_of_nothing_is_named() -> None:
    """There are no tools to choose from."""
    losses = Losses()
    assert "toolConfig" not in written(request_of(USER, tool_choice=ToolChoice("required")), losses)
    assert list(losses) == ["tool_choice"]


@pytest.mark.parametrize(
    "config",
    [
        {"tools": []},
        {"toolChoice": {"new": {}}},
        {"tools": [{"cachePoint": {"type": "default"}}], "toolChoice": {"any": {"x": 1}}},
        {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {}, "x": 1}}, "y": 2}], "z": None},
        {"tools": [{}]},
    ],
)
def test_odd_configurations_come_back(config: dict[str, Any]) -> None:
    """Nothing is lost of what is not known."""
    body = {"messages": REQUEST["messages"][:1], "toolConfig": config}
    assert json.loads(DIALECT.render_request(DIALECT.parse_request(text(body)), Losses())) == body
