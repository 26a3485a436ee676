"""The smallest bodies of what the fuzzers found once, so that it stays mended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.base import AnyDialect
from limen.dialects.bedrock.converse import BedrockConverse
from limen.dialects.cohere.chat import CohereChat
from limen.dialects.gemini.chat import GeminiChat
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.responses.responses import OpenAIResponses
from limen.model.losses import Losses
from limen.wire.sse import Frame

USER = {"role": "user", "content": "a"}
CITED = {"citationsContent": {"content": [{"text": "a"}], "citations": []}}


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (BedrockConverse(), {"messages": [{"role": "assistant", "content": [CITED]}]}),
        (GeminiChat(), {"contents": [{"parts": [{"inlineData": {"data": "a", "mimeType": ""}}]}]}),
        (GeminiChat(), {"contents": [{"parts": [{"functionResponse": {"name": ""}}]}]}),
    ],
)
def test_a_request_is_the_same_at_home(dialect: AnyDialect, body: dict[str, Any]) -> None:
    """Empty words and lists are not nothing."""
    assert json.loads(dialect.render_request(dialect.parse_request(json.dumps(body).encode()), Losses())) == body


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (AnthropicMessages(), {"type": "message", "role": "assistant", "content": [None]}),
        (GeminiChat(), {"candidates": [{"content": {"parts": [None], "role": "model"}, "index": 0}]}),
    ],
)
def test_an_answer_is_the_same_at_home(dialect: AnyDialect, body: dict[str, Any]) -> None:
    """A null in a list stays one."""
    assert json.loads(dialect.render_response(dialect.parse_response(json.dumps(body).encode()), Losses())) == body


@pytest.mark.parametrize(
    ("source", "target", "body", "lost"),
    [
        (OpenAIResponses(), OpenAIChat(), {"input": [{**USER, "id": "i", "status": "s"}]}, set()),
        (OpenAIResponses(), OpenAIChat(), {"input": [{**USER, "zz": 1}]}, {"messages[0].zz"}),
        (OpenAIResponses(), OpenAIChat(), {"input": [{**USER, "id": ["i"]}]}, {"messages[0].id"}),
        (
            OpenAIResponses(),
            OpenAIChat(),
            {"input": [{"role": "assistant", "content": "a", "phase": "p", "zz": 1}]},
            {"messages[0].content[0].zz"},
        ),
        (
            OpenAIResponses(),
            OpenAIChat(),
            {"input": "a", "tools": [{"type": "mcp", "server_label": "l"}]},
            {"tools[0]"},
        ),
        (
            OpenAIResponses(),
            OpenAIChat(),
            {"input": "a", "tools": [{"type": "custom", "name": "f", "zz": 1}]},
            {"tools[0].zz"},
        ),
        (
            OpenAIResponses(),
            OpenAIChat(),
            {"input": "a", "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"name": 7}]}},
            {"tool_choice"},
        ),
        (
            AnthropicMessages(),
            OpenAIResponses(),
            {"max_tokens": 9, "messages": [USER], "tool_choice": {"type": "tool", "name": "f"}},
            {"tool_choice"},
        ),
        (
            OpenAIChat(),
            OpenAIResponses(),
            {"messages": [{"role": "assistant", "content": "a", "zz": 1}]},
            {"messages[0].zz"},
        ),
        (
            GeminiChat(),
            AnthropicMessages(),
            {
                "contents": [{"parts": [{"text": "a"}]}],
                "tools": [{"functionDeclarations": [{"name": "f"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["g"]}},
            },
            {"tools[0]", "tool_choice"},
        ),
        (
            GeminiChat(),
            CohereChat(),
            {"contents": [{"parts": [{"thoughtSignature": "s"}]}]},
            {"messages[0].content[0]"},
        ),
        (
            OpenAIChat(),
            GeminiChat(),
            {"messages": [{"role": "system", "content": "s"}, {"role": "system", "content": "t", "zz": 1}, USER]},
            {"messages[1].zz"},
        ),
    ],
)
def test_a_loss_is_named(source: AnyDialect, target: AnyDialect, body: dict[str, Any], lost: set[str]) -> None:
    """And an envelope is not."""
    losses = Losses()
    request = source.translatable(source.parse_request(json.dumps({"model": "m", **body}).encode()), losses)
    target.render_request(request, losses)
    assert set(losses) >= lost
    assert lost or not losses


@pytest.mark.parametrize("kind", ["content-delta", "content-end", "tool-call-delta", "tool-call-end"])
def test_an_index_that_is_no_number_is_kept(kind: str) -> None:
    """Cohere's frames are read though they name no block."""
    data = json.dumps({"type": kind, "index": [0], "delta": {"message": {"content": {"text": "a"}}}}).encode()
    assert len(CohereChat().stream_parser().feed(Frame(data, b"", kind))) > 0
