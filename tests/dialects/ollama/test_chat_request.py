"""The request of a chat."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from limen.dialects.ollama.chat_request import parse_chat_request, render_chat_request
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Tool, ToolChoice

WIRE = "ollama_chat"
TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}, "items": 1}


def again(body: dict[str, Any]) -> Any:
    losses = Losses()
    request = parse_chat_request(json.dumps(body).encode(), WIRE)
    text = render_chat_request(request, Rendering(WIRE, WIRE, losses))
    assert not losses
    return json.loads(text)


def put(**fields: Any) -> tuple[dict[str, Any], list[str]]:
    losses = Losses()
    request = replace(ChatRequest("m", (), "other"), **fields)
    return json.loads(render_chat_request(request, Rendering(WIRE, "other", losses))), list(losses)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "", "messages": []},
        {"model": "m", "messages": None, "tools": None, "stream": None, "keep_alive": None},
        {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [], "functions": [1], "options": {}},
        {
            "model": "m",
            "tools": [TOOL, {"function": {"name": "g"}}],
            "stream": False,
            "keep_alive": "5m",
            "think": "low",
        },
        {
            "model": "m",
            "options": {"num_ctx": 8, "temperature": 0.0, "stop": ["a"]},
            "truncate": True,
            "top_logprobs": 3,
        },
        {"model": "m", "format": {"type": "object"}, "temperature": 0.5, "logprobs": True},
    ],
)
def test_requests_come_back(body: dict[str, Any]) -> None:
    """To the last key."""
    assert again(body) == body


def test_it_is_a_json_object() -> None:
    """With a list of messages, if it has any."""
    for body in (b"", b"[]", b'{"messages":{}}', b'{"stream":"yes"}', b'{"tools":[{}]}'):
        with pytest.raises(BadRequest):
            parse_chat_request(body, WIRE)


def test_another_dialects_request_always_says_whether_to_stream() -> None:
    """For Ollama streams unless it is told not to."""
    assert put()[0]["stream"] is False
    assert put(stream=True)[0]["stream"] is True


def test_the_choice_of_tools_is_the_models() -> None:
    """Automatic is what Ollama does; to call none is said by offering none; all else is named."""
    tools = (Tool("f", parameters={"type": "object"}, strict=True),)
    built, lost = put(tools=tools, tool_choice=ToolChoice("auto"))
    assert built["tools"] == [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    assert lost == ["tools[0].strict"]
    built, lost = put(tools=tools, tool_choice=ToolChoice("none"), parallel_tool_calls=False)
    assert "tools" not in built
    assert lost == ["parallel_tool_calls", "tool_choice", "tools"]
    assert put(tools=tools, tool_choice=ToolChoice("named", ("f",)))[1] == ["tool_choice", "tools[0].strict"]


def test_what_ollama_does_not_know_is_named() -> None:
    """The user, tags, tiers, kinds of answers, more than one of them."""
    built, lost = put(n=2, user="u", metadata={"a": "b"}, service_tier="x", modalities=("audio",), stream_usage=True)
    assert built == {"model": "m", "messages": [], "stream": False}
    assert lost == ["n", "user", "metadata", "service_tier", "modalities"]
    assert put(n=1)[1] == []
