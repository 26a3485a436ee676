"""Tools, and which of them must be used."""

import json
from typing import Any

import pytest

from cohere_wire import COHERE
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Tool, ToolChoice
from openai_wire import exact, request_again

TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}
TURN = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [TOOL]},
        {"tools": []},
        {"tools": [TOOL, TOOL], "strict_tools": True, "tool_choice": "REQUIRED"},
        {"tools": [TOOL], "strict_tools": False, "tool_choice": "NONE"},
        {"strict_tools": True},
        {"tools": [{"type": "new", "x": 1}], "strict_tools": True},
        {"tools": [{"type": "function", "function": {"name": "f", "strict": True}}], "strict_tools": True},
        {"tools": [TOOL], "tool_choice": "required"},
        {"tools": None, "tool_choice": None},
    ],
)
def test_tools_come_back(more: dict[str, Any]) -> None:
    """With the switch that makes them strict."""
    body = json.dumps({"messages": TURN, **more}).encode()
    assert exact(request_again(COHERE, body)) == exact(body)


@pytest.mark.parametrize("choice", ["SOME", 1, {"type": "function"}])
def test_an_unknown_choice_is_refused(choice: object) -> None:
    """Cohere knows two."""
    with pytest.raises(BadRequest) as raised:
        COHERE.parse_request(json.dumps({"messages": TURN, "tool_choice": choice}).encode())
    assert raised.value.param == "tool_choice"


def sent(tools: list[Tool], choice: ToolChoice | None = None) -> tuple[dict[str, Any], list[str]]:
    losses = Losses()
    turn = Message("user", (Text("Hi"),))
    body = COHERE.render_request(ChatRequest("m", (turn,), "test", tuple(tools), choice), losses)
    return json.loads(body), list(losses)


def test_tools_that_are_all_strict_are_so_by_the_switch() -> None:
    """Where only some are, that is named."""
    told, lost = sent([Tool("f", strict=True), Tool("g", strict=True)])
    assert told["strict_tools"] is True
    assert "strict" not in told["tools"][0]["function"]
    assert lost == []
    assert sent([Tool("f", strict=True), Tool("g")])[1] == ["tools.strict"]


def test_a_named_tool_is_the_only_one_offered() -> None:
    """Which comes to the same, and is named."""
    told, lost = sent([Tool("f"), Tool("g")], ToolChoice("named", ("g",)))
    assert [tool["function"]["name"] for tool in told["tools"]] == ["g"]
    assert told["tool_choice"] == "REQUIRED"
    assert lost == ["tools", "tool_choice"]


def test_auto_is_what_cohere_does_unasked() -> None:
    """There is no word for it."""
    told, lost = sent([Tool("f")], ToolChoice("auto"))
    assert "tool_choice" not in told
    assert lost == []
