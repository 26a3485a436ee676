"""IBM watsonx.ai."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from limen.dialects.openai.chat import OpenAIChat
from limen.errors import NotSupported
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.watsonx import WatsonxConfig, WatsonxProvider
from limen.wire.edit import Fields
from one_endpoint import answer, asked_once
from upstream import upstream

TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


async def test_a_relayed_request() -> None:
    """The key buys a token; the body goes under watsonx's names, at its path and date."""
    async with upstream(answer) as server:
        config = {
            "api_key": "ibm",
            "project_id": "p-1",
            "api_base": server.url,
            "auth_url": f"{server.url}/identity/token",
        }
        told = await asked_once(
            "watsonx", config, model="ibm/granite", tools=[TOOL], tool_choice="auto", temperature=0.1
        )
    assert told.json["choices"][0]["message"]["content"] == "Hello."
    bought, asked = server.asked
    form = {name: values[0] for name, values in parse_qs(bought.body.decode()).items()}
    assert form == {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": "ibm"}
    assert asked.target == "/ml/v1/text/chat?version=2025-02-11"
    assert asked.headers["authorization"] == "Bearer tok"
    assert asked.json == {
        "messages": asked.json["messages"],
        "tools": [TOOL],
        "temperature": 0.1,
        "model_id": "ibm/granite",
        "project_id": "p-1",
        "tool_choice_option": "auto",
    }


async def test_a_stream() -> None:
    """It has a path of its own, and no member of the body asks for it."""
    async with upstream(answer) as server:
        config = {"token": "bearer", "space_id": "s-1", "api_base": server.url, "api_version": "2024-10-08"}
        told = await asked_once("watsonx", config, stream=True, stream_options={"include_usage": True})
    (asked,) = server.asked
    assert asked.target == "/ml/v1/text/chat_stream?version=2024-10-08"
    assert asked.headers["authorization"] == "Bearer bearer"
    assert asked.json.keys() == {"messages", "model_id", "space_id"}
    assert told.events[-1] == "[DONE]"


def test_a_translated_request() -> None:
    """The same names; what watsonx does not take is named."""
    provider = WatsonxProvider(ProviderSettings("m", WatsonxConfig(token="t", project_id="p")))
    body = b"""{"model":"x","messages":[{"role":"user","content":"hi"}],"parallel_tool_calls":false,
        "tools":[{"type":"function","function":{"name":"add"}}],
        "tool_choice":{"type":"function","function":{"name":"add"}}}"""
    losses = Losses()
    rendered = Fields.parse(provider.adapter.chat_to_model(OpenAIChat().parse_request(body), losses))
    assert rendered.raw.keys() == {"messages", "tools", "tool_choice", "model_id", "project_id"}
    assert "parallel_tool_calls" in losses


def test_the_address_is_the_region_s() -> None:
    """Chat only; nothing else is at hand."""
    provider = WatsonxProvider(ProviderSettings("m", WatsonxConfig(token="t", project_id="p", region="eu-de")))
    assert provider.prepare(Operation.CHAT, b"{}", model="m", stream=False).origin.host == "eu-de.ml.cloud.ibm.com"
    with pytest.raises(NotSupported):
        provider.prepare(Operation.EMBEDDINGS, b"{}", model="m", stream=False)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"project_id": "p"}, "either 'api_key' or 'token'"),
        ({"api_key": "k"}, "either 'project_id' or 'space_id'"),
        ({"api_key": "k", "project_id": "p", "space_id": "s"}, "either 'project_id' or 'space_id'"),
    ],
)
def test_what_the_block_refuses(config: dict[str, Any], said: str) -> None:
    """A login and a place, one of each."""
    with pytest.raises(ValidationError, match=said):
        WatsonxConfig(**config)
