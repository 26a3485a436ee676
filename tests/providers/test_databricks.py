"""Databricks' model serving: its paths and its logins."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from limen.errors import NotSupported
from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.databricks import DatabricksConfig, DatabricksProvider
from one_endpoint import answer, asked_once
from upstream import Asked, Wire, upstream


async def test_a_personal_token() -> None:
    """The model is the serving endpoint's name, in the body."""
    async with upstream(answer) as server:
        told = await asked_once("databricks", {"host": server.url + "/", "token": "dapi1"}, model="dbx-llama")
    assert told.json["choices"][0]["message"]["content"] == "Hello."
    (asked,) = server.asked
    assert asked.target == "/serving-endpoints/chat/completions"
    assert asked.headers["authorization"] == "Bearer dapi1"
    assert asked.json["model"] == "dbx-llama"


async def test_a_service_principal() -> None:
    """Its id and secret buy a token, which is kept for the next request."""
    async with upstream(answer) as server:
        config = {"host": server.url, "client_id": "id", "client_secret": "hidden"}
        told = await asked_once("databricks-model-serving", config, stream=True)
    assert told.events[-1] == "[DONE]"
    bought, asked = server.asked
    assert bought.target == "/oidc/v1/token"
    assert bought.headers["authorization"] == "Basic " + base64.b64encode(b"id:hidden").decode()
    assert parse_qs(bought.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["all-apis"]}
    assert asked.headers["authorization"] == "Bearer tok"


async def test_what_the_file_leaves_out_is_found_by_the_vendor_s_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host and token of the environment serve an endpoint without a `config:` block."""

    async def script(asked: Asked, wire: Wire) -> None:
        if ".well-known" in asked.target:
            await wire.reply({}, 404)
        else:
            await answer(asked, wire)

    async with upstream(script) as server:
        monkeypatch.setenv("DATABRICKS_HOST", server.url)
        monkeypatch.setenv("DATABRICKS_TOKEN", "dapi2")
        told = await asked_once("databricks", None, model="system.ai.gpt-5-2")
    assert told.status == 200
    assert server.asked[-1].headers["authorization"] == "Bearer dapi2"
    assert server.asked[-1].target == "/ai-gateway/mlflow/v1/chat/completions"


def test_where_a_model_is() -> None:
    """Models of Unity Catalog, whose names have three parts, are at the governed address."""
    provider = DatabricksProvider(ProviderSettings("m", DatabricksConfig(host="dbc.test", token="t")))
    for model, target in (
        ("m", b"/serving-endpoints/embeddings"),
        ("system.ai.m", b"/ai-gateway/mlflow/v1/embeddings"),
        (None, b"/serving-endpoints/embeddings"),
    ):
        request = provider.prepare(Operation.EMBEDDINGS, b"{}", model=model, stream=False)
        assert (request.origin.scheme, request.origin.host, request.target) == ("https", "dbc.test", target)
    with pytest.raises(NotSupported):
        provider.prepare(Operation.RERANK, b"{}", model="m", stream=False)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"client_id": "i"}, "both 'client_id' and 'client_secret'"),
        ({"token": "t", "client_id": "i", "client_secret": "s"}, "not both"),
        ({"host": "ftp://x"}, "must begin with http"),
    ],
)
def test_what_the_block_refuses(config: dict[str, Any], said: str) -> None:
    """Half a login, or two."""
    with pytest.raises(ValidationError, match=said):
        DatabricksConfig(**config)
