"""Ollama's generate: one prompt."""

import json
from typing import Any

import pytest

from corpus import recordings
from limen.dialects.ollama.generate import OllamaGenerate
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest
from limen.model.content import Image, Text, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Tool
from ollama_wire import PNG, events, parsed, rendered

DIALECT = OllamaGenerate()


def again(body: dict[str, Any]) -> Any:
    losses = Losses()
    text = DIALECT.render_request(DIALECT.parse_request(json.dumps(body).encode()), losses)
    assert not losses
    return json.loads(text)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "m"},
        {"model": "m", "prompt": "", "system": "", "template": "", "context": [], "raw": False, "images": []},
        {"model": "m", "prompt": "x", "images": [PNG], "system": "s", "format": "json", "think": True, "stream": True},
        {"model": "m", "prompt": "x", "raw": True, "suffix": "y", "template": "{{ .Prompt }}", "context": [1, 2]},
        {"prompt": None, "system": None, "options": {"num_ctx": 8, "seed": 1}, "keep_alive": 0, "width": 64},
    ],
)
def test_requests_come_back(body: dict[str, Any]) -> None:
    """To the last key."""
    assert again(body) == body


def test_a_prompt_is_a_chat_of_one_turn() -> None:
    """Instructions before it, pictures in it."""
    request = DIALECT.parse_request(
        json.dumps({"system": "s", "prompt": "x", "images": [PNG], "stream": False}).encode()
    )
    assert [message.role for message in request.messages] == ["system", "user"]
    assert [type(block) for block in request.messages[1].blocks] == [Text, Image]


@pytest.mark.parametrize("body", [{"prompt": 7}, {"system": ["s"]}, {"images": [7]}, {"stream": "no"}])
def test_what_ollama_would_refuse_is_refused(body: dict[str, Any]) -> None:
    """As a bad request."""
    with pytest.raises(BadRequest):
        DIALECT.parse_request(json.dumps(body).encode())


def test_what_only_this_path_has_is_named_elsewhere() -> None:
    """Another dialect knows no templates, no raw prompts and no middles to fill."""
    body = {"prompt": "x", "raw": True, "suffix": "y", "template": "t", "context": [1], "options": {"num_ctx": 8}}
    losses = Losses()
    OpenAIChat().render_request(DIALECT.parse_request(json.dumps(body).encode()), losses)
    assert sorted(losses) == ["context", "options.num_ctx", "raw", "suffix", "template"]
    losses = Losses()
    OpenAIChat().render_request(DIALECT.parse_request(b'{"prompt":"x","raw":false,"context":[]}'), losses)
    assert not losses


def test_a_conversation_becomes_one_prompt() -> None:
    """Roles, calls and tools have no place in it."""
    messages = (
        Message("system", (Text("s"),)),
        Message("user", (Text("a"),)),
        Message("assistant", (ToolCall("c", "f", "{}"),)),
        Message("tool", (ToolResult("c", (Text("5"),)),)),
    )
    losses = Losses()
    body = json.loads(DIALECT.render_request(ChatRequest("m", messages, "other", tools=(Tool("f"),)), losses))
    assert body == {"model": "m", "system": "s", "prompt": "a\n\n5", "stream": False}
    assert set(losses) == {
        *(f"messages[{index}].role" for index in (1, 2, 3)),
        *("messages[2].tool_calls", "messages[3].tool_name", "messages[3].tool_call_id", "tools"),
    }


def test_recorded_exchanges_come_back() -> None:
    """Requests, answers and streams."""
    for each in recordings("generate_native"):
        if each["provider"] != "ollama":
            continue
        assert again(each["request"]) == each["request"]
        if each.get("response"):
            response = DIALECT.parse_response(json.dumps(each["response"]).encode())
            assert json.loads(DIALECT.render_response(response, Losses())) == each["response"]
        else:
            stream = each["response_text"].encode()
            assert rendered(DIALECT, events(DIALECT, stream)) == parsed(stream)
