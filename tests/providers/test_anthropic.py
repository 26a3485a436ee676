"""Anthropic: what its `config:` block allows, and where requests go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from anthropic_wire import RESPONSE, STREAM
from limen.errors import NotSupported
from limen.model.content import Text, ToolCall
from limen.model.http import Origin
from limen.model.operation import Operation
from limen.model.request import ChatRequest, Message
from limen.net.client import Client
from limen.providers.anthropic import AnthropicConfig, AnthropicProvider
from limen.providers.base import ProviderSettings
from limen.version import __version__
from limen.wire.edit import Fields
from upstream import Asked, Wire, upstream


def provider(**config: Any) -> AnthropicProvider:
    return AnthropicProvider(
        ProviderSettings("claude-sonnet-4-5", AnthropicConfig(**{"anthropic_api_key": "k", **config}))
    )


def lines(block: bytes) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.decode().split("\r\n") if line)


@pytest.mark.parametrize(
    ("operation", "target"),
    [(Operation.CHAT, b"/v1/messages"), (Operation.COUNT_TOKENS, b"/v1/messages/count_tokens")],
)
def test_a_request_to_anthropic(operation: Operation, target: bytes) -> None:
    """Address, credentials and headers of each operation."""
    request = provider().prepare(operation, b"{}", model="m", stream=False)
    assert request.origin == Origin("https", "api.anthropic.com", 443)
    assert (request.method, request.target, request.body) == (b"POST", target, b"{}")
    assert lines(request.headers) == {
        "content-type": "application/json",
        "user-agent": f"limen/{__version__}",
        "accept-encoding": "identity",
        "x-api-key": "k",
        "anthropic-version": "2023-06-01",
    }


@pytest.mark.parametrize(
    ("base", "target"),
    [
        ("http://127.0.0.1:9000", b"/v1/messages"),
        ("http://127.0.0.1:9000/v1/", b"/v1/messages"),
        ("http://127.0.0.1:9000/anthropic", b"/anthropic/v1/messages"),
    ],
)
def test_another_server(base: str, target: bytes) -> None:
    """With and without `/v1`; such a server may want no key."""
    moved = provider(anthropic_api_base=base, anthropic_api_key=None)
    request = moved.prepare(Operation.CHAT, b"", model=None, stream=True)
    assert (request.origin, request.target) == (Origin("http", "127.0.0.1", 9000), target)
    assert "x-api-key" not in lines(request.headers)


def test_a_token_is_a_bearer_s() -> None:
    """With the beta that Anthropic wants beside it."""
    found = lines(
        provider(anthropic_api_key=None, anthropic_auth_token="t")
        .prepare(Operation.CHAT, b"", model=None, stream=True)
        .headers
    )
    assert (found["authorization"], found["anthropic-beta"]) == ("Bearer t", "oauth-2025-04-20")
    assert "x-api-key" not in found


def test_a_client_s_own_headers_go_along() -> None:
    """Its version stands before the configured one, its betas beside those."""
    carried = [(b"anthropic-version", b"2099-01-01"), (b"anthropic-beta", b"b, a")]
    ours = provider(anthropic_beta="a,c")
    found = lines(ours.prepare(Operation.CHAT, b"", model=None, stream=True, carried=carried).headers)
    assert (found["anthropic-version"], found["anthropic-beta"]) == ("2099-01-01", "a,c,b")
    only = lines(ours.prepare(Operation.CHAT, b"", model=None, stream=True, carried=carried[1:]).headers)
    assert only["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize(
    "config",
    [
        {"anthropic_api_key": None},
        {"anthropic_api_key": "a b"},
        {"anthropic_auth_token": "t"},
        {"anthropic_version": "2023 06"},
        {"anthropic_beta": ["a\n"]},
        {"anthropic_api_base": "https://api.anthropic.com/v1/messages"},
    ],
)
def test_a_block_that_is_wrong(config: dict[str, Any]) -> None:
    """No credentials or two of them, and what can't stand in a header or an address."""
    with pytest.raises(ValidationError):
        provider(**config)


def test_other_operations_are_not_supported() -> None:
    """There are no embeddings here."""
    assert not provider().supports(Operation.EMBEDDINGS, stream=False)
    assert not provider().supports(Operation.COUNT_TOKENS, stream=True)
    with pytest.raises(NotSupported):
        provider().prepare(Operation.EMBEDDINGS, b"", model=None, stream=False)


def test_a_relayed_body_gets_the_model_alone() -> None:
    """All else stays byte for byte."""
    fields = Fields.parse(b'{"model":"x","messages":[ 1.0 ],"zz":1}')
    provider().adapter.edit_relay(Operation.CHAT, fields, model="claude-opus-4-8", stream=True, wire="anthropic")
    assert fields.encode() == b'{"model":"claude-opus-4-8","messages":[ 1.0 ],"zz":1}'


async def test_a_conversation_with_a_server() -> None:
    """Whole and streamed, as a library."""

    async def answer(asked: Asked, wire: Wire) -> None:
        if json.loads(asked.body).get("stream"):
            await wire.reply(STREAM, content_type="text/event-stream")
        else:
            await wire.reply(json.dumps(RESPONSE).encode())

    request = ChatRequest("", (Message("user", (Text("x"),)),), "test")
    async with upstream(answer) as server:
        client = Client()
        config = AnthropicConfig(anthropic_api_base=server.url)
        ours = AnthropicProvider(ProviderSettings("claude-sonnet-4-5", config), client)
        whole = await ours.chat(request)
        streamed = [event async for event in ours.chat_stream(request)]
        await client.aclose()
    assert [type(block) for block in whole.choices[0].blocks][1:] == [Text, ToolCall]
    assert len(streamed) > 10
    assert [asked.target for asked in server.asked] == ["/v1/messages"] * 2
