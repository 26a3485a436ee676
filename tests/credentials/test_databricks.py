"""Databricks' own chain, with its SDK talking to a workspace of the test's own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from limen.credentials.databricks import ASK_AGAIN
from limen.credentials.kept import Clock
from limen.credentials.store import CredentialStore
from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.credentials import DatabricksProfile, HostLogin
from upstream import Asked, Wire, upstream


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own."""
    for name in [each for each in os.environ if each.startswith(("DATABRICKS_", "ARM_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / ".databrickscfg"))


async def nothing_there(asked: Asked, wire: Wire) -> None:
    """A workspace that tells nothing about itself, as those of a while ago."""
    await wire.reply({"error_code": "ENDPOINT_NOT_FOUND"}, 404)


async def obtain(profile: DatabricksProfile, clock: Clock = lambda: 1000.0) -> HostLogin:
    return await CredentialStore(Client(), clock=clock).databricks(profile).obtain()


async def test_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host and token from there; they are looked at again after a while."""
    async with upstream(nothing_there) as server:
        monkeypatch.setenv("DATABRICKS_HOST", server.url)
        monkeypatch.setenv("DATABRICKS_TOKEN", "dapi1")
        login = await obtain(DatabricksProfile())
        assert login == HostLogin(server.url, Secret("Bearer dapi1"), 1000.0 + ASK_AGAIN)


async def test_what_the_file_says_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment fills in what the configuration leaves out."""
    async with upstream(nothing_there) as server:
        monkeypatch.setenv("DATABRICKS_HOST", server.url)
        login = await obtain(DatabricksProfile(token=Secret("dapi2")))
        assert (login.host, login.authorization) == (server.url, Secret("Bearer dapi2"))


async def test_a_service_principal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an id and a secret in the environment the SDK gets a token, and its end is known."""

    async def script(asked: Asked, wire: Wire) -> None:
        if asked.target.endswith("/oidc/v1/token"):
            await wire.reply({"access_token": "eyJ", "token_type": "Bearer", "expires_in": 3600})
        elif ".well-known/oauth-authorization-server" in asked.target:
            places = {"authorization_endpoint": f"{server.url}/oidc/v1/authorize", "issuer": f"{server.url}/oidc"}
            await wire.reply({**places, "token_endpoint": f"{server.url}/oidc/v1/token"})
        else:
            await nothing_there(asked, wire)

    async with upstream(script) as server:
        monkeypatch.setenv("DATABRICKS_HOST", server.url)
        monkeypatch.setenv("DATABRICKS_DISCOVERY_URL", f"{server.url}/oidc/.well-known/oauth-authorization-server")
        monkeypatch.setenv("DATABRICKS_CLIENT_ID", "id")
        monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "hidden")
        login = await obtain(DatabricksProfile(), time.time)
    assert login.authorization == Secret("Bearer eyJ")
    assert login.expires == pytest.approx(time.time() + 3600, abs=60)


async def test_nothing_anywhere() -> None:
    """The SDK's words say what it looked for."""
    async with upstream(nothing_there) as server:
        with pytest.raises(CredentialFault, match="Databricks"):
            await obtain(DatabricksProfile(host=server.url))
