"""Microsoft Entra ID, with azure-identity talking to sign-in and identity services of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import trustme

from limen.credentials.store import CredentialStore
from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.credentials import AccessToken, AzureIdentity
from upstream import Asked, Script, Upstream, Wire, upstream

SCOPE = "https://cognitiveservices.azure.com/.default"


async def obtain(identity: AzureIdentity) -> AccessToken:
    store = CredentialStore(Client())
    kept = store.azure(identity)
    try:
        return await kept.obtain()
    finally:
        await store.aclose()


@contextlib.asynccontextmanager
async def secure_upstream(script: Script, folder: Path) -> AsyncIterator[tuple[Upstream, str]]:
    """An upstream over TLS, which sign-in services must have, and the path of its authority's certificate."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = Upstream(script)
    listening = await asyncio.start_server(server._serve, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server, str(folder / "ca.pem")
    finally:
        listening.close()


async def test_a_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Azure's App Service a service beside the program gives its tokens; `client_id` names which of its identities."""
    expires = int(time.time()) + 86400

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply({"access_token": "eyJ", "expires_on": str(expires), "resource": "r", "token_type": "Bearer"})

    async with upstream(script) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        token = await obtain(AzureIdentity(SCOPE, client_id="user-assigned", managed=True))
    assert token.token == Secret("eyJ")
    assert token.expires == pytest.approx(expires, abs=5)
    assert "client_id=user-assigned" in server.asked[0].target
    assert "cognitiveservices.azure.com" in server.asked[0].target


async def test_the_default_chain_reaches_the_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a secret and without `managed`, the chain is tried link by link."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply({"access_token": "eyJ", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"})

    async with upstream(script) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "prod")
        assert (await obtain(AzureIdentity(SCOPE))).token == Secret("eyJ")


async def test_a_client_with_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tenant, client and secret are exchanged at the authority that is configured."""

    async def script(asked: Asked, wire: Wire) -> None:
        place = f"https://localhost:{server.port}/tenant"
        if "openid-configuration" in asked.target:
            await wire.reply(
                {
                    "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{place}/oauth2/v2.0/token",
                    "issuer": f"{place}/v2.0",
                }
            )
        elif "discovery/instance" in asked.target:
            await wire.reply({"tenant_discovery_endpoint": f"{place}/v2.0/.well-known/openid-configuration"})
        else:
            await wire.reply({"access_token": "eyJ", "expires_in": 3600, "token_type": "Bearer"})

    async with secure_upstream(script, tmp_path) as (server, certificate):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
        place = f"https://localhost:{server.port}"
        identity = AzureIdentity(
            SCOPE, tenant_id="tenant", client_id="me", client_secret=Secret("hidden"), authority=place
        )
        token = await obtain(identity)
    assert token.token == Secret("eyJ")
    form = parse_qs(server.asked[-1].body.decode())
    assert (form["client_id"], form["client_secret"], form["scope"]) == (["me"], ["hidden"], [SCOPE])


async def test_a_failure_names_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own words reach the operator."""

    async def refuse(asked: Asked, wire: Wire) -> None:
        await wire.reply({"statusCode": 400, "message": "No identity of that name."}, 400)

    async with upstream(refuse) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        with pytest.raises(CredentialFault, match=r"Microsoft Entra ID.*"):
            await obtain(AzureIdentity(SCOPE, managed=True))
