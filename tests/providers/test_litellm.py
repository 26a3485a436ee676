"""LiteLLM, as a proxy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.providers.base import ProviderSettings
from limen.providers.litellm import LiteLLMConfig, LiteLLMProvider
from limen.wire.edit import Fields
from one_endpoint import answer, asked_once
from upstream import upstream


def build(**config: Any) -> LiteLLMProvider:
    return LiteLLMProvider(ProviderSettings("m", LiteLLMConfig(**{"api_base": "http://localhost:4000", **config})))


async def test_the_proxy_is_asked_for_the_vendor_s_model() -> None:
    """MLflow's keys mean what they meant to the library: whose model, and with which key."""
    async with upstream(answer) as server:
        auth = {"auth_mode": "api_key", "api_key": "sk-1", "api_base": server.url}
        told = await asked_once("litellm", {"litellm_provider": "mistral", "litellm_auth_config": auth})
    assert told.status == 200
    (asked,) = server.asked
    assert asked.target == "/chat/completions"
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert asked.json["model"] == "mistral/m"


@pytest.mark.parametrize(("vendor", "name"), [("mistral", "mistral/m"), ("litellm_proxy", "m"), (None, "m")])
def test_the_model_s_name(vendor: str | None, name: str) -> None:
    """The vendor stands before it, relayed or translated, but for LiteLLM's word for a proxy."""
    adapter = build(litellm_provider=vendor).adapter
    fields = Fields.parse(b'{"model":"chat"}')
    adapter.edit_relay(Operation.CHAT, fields, model="m", stream=False)
    assert fields.get("model") == name
    request = adapter.edit_request(Operation.CHAT, ChatRequest(model="m", messages=(), dialect="x"), Losses())
    assert request.model == name
    fields = Fields.parse(b'{"model":"chat"}')
    adapter.edit_relay(Operation.CHAT, fields, model=None, stream=False)
    assert fields.get("model") == "chat"


def test_a_proxy_may_need_no_key() -> None:
    """Then none is sent."""
    assert b"authorization" not in build().prepare(Operation.CHAT, b"{}", model="m", stream=False).headers


def test_without_an_address_there_is_no_proxy() -> None:
    """A file written for the library is told what is missing."""
    with pytest.raises(ValidationError, match="as a proxy, not as a library"):
        LiteLLMConfig(litellm_provider="openai", litellm_auth_config={"api_key": "k"})
