"""Azure OpenAI: its two kinds of address, its keys and identities."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

from limen.model.http import Origin
from limen.model.operation import Operation
from limen.providers.azure import AzureConfig, AzureProvider
from limen.providers.base import ProviderSettings
from one_endpoint import answer, asked_once
from upstream import Asked, Wire, upstream

AZURE = {
    "openai_api_key": "k",
    "openai_api_type": "azure",
    "openai_api_base": "https://my-resource.openai.azure.com/",
    "openai_api_version": "2024-10-21",
    "openai_deployment_name": "my deploy/1",
}
IDENTITY = {key: value for key, value in AZURE.items() if key != "openai_api_key"} | {"openai_api_type": "azuread"}


def lines(block: bytes) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.decode().split("\r\n") if line)


@pytest.mark.parametrize(
    ("api_type", "header", "value"), [("azure", "api-key", "k"), ("AzureAD", "authorization", "Bearer k")]
)
def test_azure(api_type: str, header: str, value: str) -> None:
    """At Azure the URL names the deployment and the version, and the key has a header of its own; a token does not."""
    azure = AzureProvider(ProviderSettings("ignored", AzureConfig(**{**AZURE, "openai_api_type": api_type})))
    request = azure.prepare(Operation.CHAT, b"{}", model=None, stream=False)
    assert request.origin == Origin("https", "my-resource.openai.azure.com", 443)
    assert request.target == b"/openai/deployments/my%20deploy%2F1/chat/completions?api-version=2024-10-21"
    sent = lines(request.headers)
    assert sent[header] == value
    assert len({"api-key", "authorization"} & sent.keys()) == 1


@pytest.mark.parametrize(
    ("api_type", "header"), [("azure", "api-key"), ("azuread", "authorization"), ("openai", "authorization")]
)
async def test_the_newer_address(api_type: str, header: str) -> None:
    """Below `/openai/v1` Azure is as OpenAI is: the body names the model, and there is neither deployment nor version."""
    async with upstream(answer) as server:
        config = {"openai_api_key": "k", "openai_api_type": api_type, "openai_api_base": f"{server.url}/openai/v1"}
        told = await asked_once("azure", config)
    assert told.status == 200
    (asked,) = server.asked
    assert asked.target == "/openai/v1/chat/completions"
    assert asked.headers[header].endswith("k")
    assert asked.json["model"] == "m"


async def test_an_identity_s_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key, tokens are fetched from the machine's identity, before the first request."""

    async def script(asked: Asked, wire: Wire) -> None:
        if asked.target.startswith("/msi"):
            await wire.reply(
                {"access_token": "eyJ", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
            )
        else:
            await answer(asked, wire)

    async with upstream(script) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        told = await asked_once("azure", {**IDENTITY, "openai_api_base": server.url, "azure_managed_identity": True})
    assert told.status == 200, told.body
    bought, asked = server.asked
    assert "cognitiveservices.azure.com" in bought.target
    assert asked.headers["authorization"] == "Bearer eyJ"
    assert "api-key" not in asked.headers
    assert "model" not in asked.json


async def test_an_identity_that_has_no_token_is_the_gateway_s_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """502, not 401: the client's own credentials are not at fault."""

    async def refuse(asked: Asked, wire: Wire) -> None:
        await wire.reply({"message": "no such identity"}, 400)

    async with upstream(refuse) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        told = await asked_once("azure", {**IDENTITY, "openai_api_base": server.url, "azure_managed_identity": True})
    assert told.status == 502
    assert "no credentials could be obtained" in told.json["error"]["message"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"openai_api_type": "openai"}, "'openai_api_key' is missing"),
        ({**IDENTITY, "openai_api_type": "azure"}, "'openai_api_key' is missing"),
        ({**AZURE, "azure_client_secret": "s"}, "not both"),
        ({**IDENTITY, "azure_client_secret": "s"}, "needs 'azure_tenant_id' and 'azure_client_id'"),
        ({**AZURE, "openai_organization": "o"}, "can only specify 'openai_organization' if"),
        ({**IDENTITY, "openai_deployment_name": None}, "must specify 'openai_api_base', 'openai_deployment_name', and"),
    ],
)
def test_what_the_block_refuses(config: dict[str, Any], said: str) -> None:
    """OpenAI's rules, and that there is one login."""
    with pytest.raises(ValidationError, match=said):
        AzureConfig(**config)


def test_the_name_does_not_make_the_type() -> None:
    """As in MLflow: a file that says `azure` and no type has OpenAI's addresses."""
    request = AzureProvider(ProviderSettings("m", AzureConfig(openai_api_key="k"))).prepare(
        Operation.CHAT, b"{}", model="m", stream=False
    )
    assert request.origin.host == "api.openai.com"
    assert AzureProvider.NAME == "azure"
    assert not AzureProvider.ENV_KEYS


def test_responses_have_no_deployment_in_their_address() -> None:
    """They are below the newer kind of address, whichever the base is; the body names the deployment, or the model."""
    for base in ("https://r.test", "https://r.test/openai/v1"):
        config = AzureConfig(**{**AZURE, "openai_api_base": base})
        provider = AzureProvider(ProviderSettings("m", config))
        request = provider.prepare(Operation.CHAT, b"{}", model="m", stream=False, wire="openai_responses")
        assert request.target == b"/openai/v1/responses"
