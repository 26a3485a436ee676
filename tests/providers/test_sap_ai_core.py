"""SAP AI Core."""

from __future__ import annotations

import base64

import pytest
from pydantic import ValidationError

from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.sap_ai_core import SapAiCoreConfig, SapAiCoreProvider
from one_endpoint import answer, asked_once
from upstream import upstream


async def test_a_deployment() -> None:
    """A token for the service key, then the deployment's own path, its resource group, and OpenAI's API version."""
    async with upstream(answer) as server:
        told = await asked_once(
            "sap-ai-core",
            {
                "deployment_url": f"{server.url}/v2/inference/deployments/d01",
                "auth_url": server.url,
                "client_id": "sb-1!b2|aicore!b3",
                "client_secret": "hidden",
                "resource_group": "team-a",
                "api_version": "2024-10-21",
            },
        )
    assert told.status == 200
    bought, asked = server.asked
    assert bought.target == "/oauth/token"
    assert base64.b64decode(bought.headers["authorization"][6:]) == b"sb-1!b2|aicore!b3:hidden"
    assert asked.target == "/v2/inference/deployments/d01/chat/completions?api-version=2024-10-21"
    assert asked.headers["authorization"] == "Bearer tok"
    assert asked.headers["ai-resource-group"] == "team-a"


def test_what_may_be_left_out() -> None:
    """The resource group is `default`; other executables than OpenAI's have no version; the token's path may be written out."""
    config = SapAiCoreConfig(
        deployment_url="https://api.test/d", auth_url="https://auth.test/oauth/token", client_id="i", client_secret="s"
    )
    address = SapAiCoreProvider(ProviderSettings("m", config)).address(Operation.EMBEDDINGS)
    assert address.target == b"/d/embeddings"
    assert b"ai-resource-group: default\r\n" in address.headers


def test_a_resource_group_is_a_word() -> None:
    """It stands in a header."""
    with pytest.raises(ValidationError):
        SapAiCoreConfig(
            deployment_url="https://a.test",
            auth_url="https://b.test",
            client_id="i",
            client_secret="s",
            resource_group="a\r\nb",
        )
