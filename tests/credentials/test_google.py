"""Google's credentials, with google-auth talking to a token server and a metadata server of the test's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from limen.credentials.google import read_key
from limen.credentials.store import CredentialStore
from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.credentials import AccessToken, GoogleAccount
from upstream import Asked, Upstream, Wire, upstream

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def grant(asked: Asked, wire: Wire) -> None:
    """Google's token server."""
    await wire.reply({"access_token": "ya29.x", "expires_in": 3600, "token_type": "Bearer"})


def service_account(server: Upstream) -> dict[str, Any]:
    return {
        "type": "service_account",
        "client_email": "limen@project.iam.gserviceaccount.com",
        "private_key": PEM,
        "private_key_id": "1",
        "token_uri": f"{server.url}/token",
    }


async def obtain(account: GoogleAccount) -> AccessToken:
    store = CredentialStore(Client())
    kept = store.google(account)
    try:
        return await kept.obtain()
    finally:
        await store.aclose()


def in_an_hour(token: AccessToken) -> bool:
    assert token.expires is not None
    left = datetime.fromtimestamp(token.expires, UTC) - datetime.now(UTC)
    return timedelta(minutes=50) < left < timedelta(minutes=70)


@pytest.mark.parametrize("as_file", [False, True])
async def test_a_service_account(as_file: bool, tmp_path: Path) -> None:
    """The key is the text itself, or the path of its file; a signed claim is exchanged for a token."""
    async with upstream(grant) as server:
        text = json.dumps(service_account(server))
        if as_file:
            (tmp_path / "key.json").write_text(text)
            text = str(tmp_path / "key.json")
        token = await obtain(GoogleAccount(Secret(text)))
    assert token.token == Secret("ya29.x")
    assert in_an_hour(token)
    assert parse_qs(server.asked[0].body.decode())["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]


async def test_a_user_s_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `gcloud auth application-default login` leaves behind works as well; its token server is always Google's."""
    async with upstream(grant) as server:
        key = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
        monkeypatch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{server.url}/token")
        token = await obtain(GoogleAccount(Secret(json.dumps(key))))
    assert token.token == Secret("ya29.x")
    assert parse_qs(server.asked[0].body.decode())["refresh_token"] == ["r"]


async def test_application_default_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a key in the file, GOOGLE_APPLICATION_CREDENTIALS says where one is."""
    async with upstream(grant) as server:
        (tmp_path / "key.json").write_text(json.dumps(service_account(server)))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
        assert (await obtain(GoogleAccount())).token == Secret("ya29.x")


async def test_impersonation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account of the file acts as another: its own token buys that one's."""
    expires = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def script(asked: Asked, wire: Wire) -> None:
        if asked.target == "/token":
            await grant(asked, wire)
        else:
            await wire.reply({"accessToken": "ya29.other", "expireTime": expires})

    async with upstream(script) as server:
        monkeypatch.setattr(
            "google.auth.iam._IAM_ENDPOINT", server.url + "/v1/projects/-/serviceAccounts/{}:generateAccessToken"
        )
        account = GoogleAccount(
            Secret(json.dumps(service_account(server))), impersonate="other@p.iam.gserviceaccount.com"
        )
        token = await obtain(account)
    assert token.token == Secret("ya29.other")
    assert in_an_hour(token)
    assert server.asked[1].headers["authorization"] == "Bearer ya29.x"
    assert "other@p.iam.gserviceaccount.com" in server.asked[1].target


async def test_a_refusal_names_the_reason() -> None:
    """What the token server says reaches the operator."""

    async def refuse(asked: Asked, wire: Wire) -> None:
        await wire.reply({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)

    async with upstream(refuse) as server:
        with pytest.raises(CredentialFault, match=r"Google Cloud.*Invalid JWT Signature"):
            await obtain(GoogleAccount(Secret(json.dumps(service_account(server)))))


async def test_a_workload_identity(tmp_path: Path) -> None:
    """A token of another issuer, read from a file, is exchanged for Google's."""
    (tmp_path / "subject").write_text("subject")

    async def script(asked: Asked, wire: Wire) -> None:
        form = parse_qs(asked.body.decode())
        await wire.reply({"access_token": form["subject_token"][0] + "-exchanged", "expires_in": 3600})

    async with upstream(script) as server:
        key = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/x",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{server.url}/token",
            "credential_source": {"file": str(tmp_path / "subject")},
        }
        assert (await obtain(GoogleAccount(Secret(json.dumps(key))))).token == Secret("subject-exchanged")


async def test_a_kind_that_is_not_known() -> None:
    """The kind is named, the key is not."""
    with pytest.raises(CredentialFault, match=r"a kind that limen does not take: 'x'"):
        await obtain(GoogleAccount(Secret('{"type": "x", "private_key": "hidden"}')))


@pytest.mark.parametrize(
    ("text", "said"),
    [("/nowhere/key.json", "neither JSON nor a file"), ("{", "not valid JSON")],
)
def test_a_key_that_is_none(text: str, said: str) -> None:
    """The message does not repeat what it was given."""
    with pytest.raises(CredentialFault, match=said):
        read_key(text)


def test_a_file_that_holds_no_object(tmp_path: Path) -> None:
    """A list is no key."""
    (tmp_path / "key.json").write_text("[]")
    with pytest.raises(CredentialFault, match="not a JSON object"):
        read_key(str(tmp_path / "key.json"))
