"""Tools on offer, and which must be used."""

from typing import Any

import pytest

from anthropic_wire import DIALECT, parsed, sent
from limen.errors import BadRequest
from limen.model.content import CacheMark, Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Tool, ToolChoice

CLOSED = {"type": "object", "properties": {}, "additionalProperties": False}
WEB = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
CUSTOM = {
    "type": "custom",
    "name": "f",
    "description": "d",
    "input_schema": CLOSED,
    "strict": True,
    "cache_control": {"type": "ephemeral"},
    "input_examples": [{}],
    "defer_loading": True,
    "eager_input_streaming": None,
}


def test_tools_come_back() -> None:
    """The client's and the provider's own, with every option."""
    tools = [CUSTOM, WEB, {"type": "mcp_toolset", "mcp_server_name": "s"}, {"name": "g"}]
    request = parsed(tools=tools)
    assert [(tool.name, tool.kind) for tool in request.tools or ()][:2] == [
        ("f", "function"),
        ("web_search", WEB["type"]),
    ]
    assert sent(request)["tools"] == tools


def send(model: str = "claude-sonnet-4-5", **more: Any) -> tuple[dict[str, Any], list[str]]:
    losses = Losses()
    return sent(ChatRequest(model, (Message("user", (Text("x"),)),), "other", **more), losses), list(losses)


def test_tools_of_another_dialect() -> None:
    """A schema gets the type that is required; a cache mark stays; other types of tools are lost by name."""
    tools = (
        Tool("f"),
        Tool("g", parameters={"properties": {}}, cache=CacheMark("1h")),
        Tool("h", kind="computer", dialect="other"),
    )
    body, lost = send(tools=tools)
    assert body["tools"] == [
        {"name": "f", "input_schema": {"type": "object", "properties": {}}},
        {
            "name": "g",
            "input_schema": {"type": "object", "properties": {}},
            "cache_control": {"type": "ephemeral", "ttl": "1h"},
        },
    ]
    assert lost == ["tools[2]"]


def test_strict_only_where_it_can_be() -> None:
    """A schema that can't be compiled, or an older model, would have the whole request refused."""
    assert send(tools=(Tool("f", parameters=CLOSED, strict=True),))[0]["tools"][0]["strict"] is True
    assert send(tools=(Tool("f", parameters={"type": "object"}, strict=True),))[1] == ["tools[0].strict"]
    assert send("claude-3-haiku", tools=(Tool("f", parameters=CLOSED, strict=True),))[1] == ["tools[0].strict"]
    assert send(tools=(Tool("f", parameters=CLOSED, strict=False),))[1] == []


@pytest.mark.parametrize(
    ("choice", "word"),
    [
        (ToolChoice("auto"), {"type": "auto"}),
        (ToolChoice("none"), {"type": "none"}),
        (ToolChoice("required"), {"type": "any"}),
        (ToolChoice("named", ("f",)), {"type": "tool", "name": "f"}),
    ],
)
def test_choices(choice: ToolChoice, word: dict[str, Any]) -> None:
    """The hub's modes in Anthropic's words, there and back."""
    assert send(tools=(Tool("f"),), tool_choice=choice)[0]["tool_choice"] == word
    back = parsed(tools=[{"name": "f"}], tool_choice=word).tool_choice
    assert back is not None
    assert (back.mode, back.names) == (choice.mode, choice.names)


def test_one_at_a_time() -> None:
    """`parallel_tool_calls` is the reverse of `disable_parallel_tool_use`."""
    assert send(tools=(Tool("f"),), parallel_tool_calls=False)[0]["tool_choice"] == {
        "type": "auto",
        "disable_parallel_tool_use": True,
    }
    allowed = send(tools=(Tool("f"),), tool_choice=ToolChoice("required"), parallel_tool_calls=True)[0]["tool_choice"]
    assert allowed == {"type": "any", "disable_parallel_tool_use": False}
    assert parsed(tool_choice={"type": "any", "disable_parallel_tool_use": True}).parallel_tool_calls is False


def test_some_allowed_tools() -> None:
    """Only these are offered, and the others named."""
    body, lost = send(tools=(Tool("f"), Tool("g"), Tool("h")), tool_choice=ToolChoice("required", ("f", "h")))
    assert ([tool["name"] for tool in body["tools"]], body["tool_choice"]) == (["f", "h"], {"type": "any"})
    assert lost == ["tools[1]"]


def test_a_choice_that_would_be_refused() -> None:
    """Without tools, or by a model that can't be forced."""
    assert send(tool_choice=ToolChoice("required"))[1] == ["tool_choice"]
    body, lost = send("claude-opus-5-5", tools=(Tool("f"),), tool_choice=ToolChoice("required"))
    assert (body["tool_choice"], lost) == ({"type": "auto"}, ["tool_choice"])


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"tools": {}}, "tools"),
        ({"tools": [1]}, "tools[0]"),
        ({"tools": [{"description": "d"}]}, "tools[0].name"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tool_choice": {"type": "some"}}, "tool_choice"),
        ({"tool_choice": {"type": []}}, "tool_choice"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ],
)
def test_what_anthropic_would_refuse(changes: dict[str, Any], param: str) -> None:
    """Named by its place."""
    with pytest.raises(BadRequest) as refused:
        parsed(**changes)
    assert refused.value.param == param
    assert DIALECT.render_error(refused.value)
