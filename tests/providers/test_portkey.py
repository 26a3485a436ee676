"""Portkey: its headers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.portkey import PortkeyConfig, PortkeyProvider
from one_endpoint import answer, asked_once
from upstream import upstream


async def test_every_key_is_a_header() -> None:
    """Portkey's own key, which provider, which config, and the provider's key."""
    async with upstream(answer) as server:
        told = await asked_once(
            "portkey",
            {
                "api_key": "pk",
                "api_base": f"{server.url}/v1",
                "portkey_provider": "@openai-prod",
                "portkey_config": "pc-1",
                "provider_api_key": "sk-1",
            },
        )
    assert told.status == 200
    (asked,) = server.asked
    assert asked.target == "/v1/chat/completions"
    assert asked.headers.items() >= {
        ("x-portkey-api-key", "pk"),
        ("x-portkey-provider", "@openai-prod"),
        ("x-portkey-config", "pc-1"),
        ("authorization", "Bearer sk-1"),
    }


def test_what_is_not_given_is_not_sent() -> None:
    """A key alone is enough, at Portkey's own address."""
    provider = PortkeyProvider(ProviderSettings("m", PortkeyConfig(api_key="pk")))
    request = provider.prepare(Operation.CHAT, b"{}", model="m", stream=False)
    assert (request.origin.host, request.target) == ("api.portkey.ai", b"/v1/chat/completions")
    assert request.headers.endswith(b"x-portkey-api-key: pk\r\n")


def test_no_header_can_be_smuggled_in() -> None:
    """A line break in a name is refused when the file is read."""
    with pytest.raises(ValidationError):
        PortkeyConfig(api_key="pk", portkey_provider="a\r\nx: y")
