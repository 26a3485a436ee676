"""OAuth 2 against a server that follows a script."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

import pytest

from limen.credentials.oauth import ASSUMED_SECONDS, fetch_token
from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.credentials import AccessToken, ClientCredentials
from upstream import Asked, Upstream, Wire, upstream


async def fetch(reply: Any, status: int = 200, **given: Any) -> tuple[AccessToken, Asked]:
    """What comes of `reply`, and what was asked."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply(reply, status)

    async with upstream(script) as server:
        client = Client()
        try:
            token = await fetch_token(credentials(server, **given), client, lambda: 1000.0)
        finally:
            await client.aclose()
        return token, server.asked[0]


def credentials(server: Upstream, **given: Any) -> ClientCredentials:
    return ClientCredentials(f"{server.url}/oauth/token?zone=x", **given)


async def test_a_secret_in_the_form() -> None:
    """RFC 6749, section 2.3.1: id and secret may stand in the body; the token's life counts from before it was asked for."""
    form = (("grant_type", "client_credentials"), ("client_id", "me"))
    secrets = (("client_secret", Secret("p&ss wörd")),)
    token, asked = await fetch({"access_token": "tok", "expires_in": 3599}, form=form, secrets=secrets)
    assert token == AccessToken(Secret("tok"), 1000.0 + 3599)
    assert (asked.method, asked.target) == ("POST", "/oauth/token?zone=x")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(asked.body.decode()) == [*form, ("client_secret", "p&ss wörd")]


async def test_a_secret_in_a_basic_header() -> None:
    """Section 2.3.1 again: most servers want them in the header."""
    _, asked = await fetch({"access_token": "tok"}, user="me", password=Secret("secret"))
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()
    assert asked.body == b"grant_type=client_credentials"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [({}, ASSUMED_SECONDS), ({"expires_in": "600"}, 600.0), ({"expires_in": "soon"}, ASSUMED_SECONDS)],
)
async def test_how_long_it_lasts(told: dict[str, Any], seconds: float) -> None:
    """`expires_in` is optional, and some servers send it as a text."""
    token, _ = await fetch({"access_token": "tok", **told})
    assert token.expires == 1000.0 + seconds


@pytest.mark.parametrize(
    ("reply", "status", "said"),
    [
        ({"error": "invalid_client", "error_description": "No."}, 401, "status 401: invalid_client: No."),
        (
            {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found."},
            400,
            "400: Provided API key",
        ),
        ({"error": {"odd": 1}}, 500, "status 500$"),
        (b"<html>", 503, "status 503$"),
        (b"<html>", 200, "not a token"),
        ({"token_type": "bearer"}, 200, "without an access token"),
        ({"access_token": "a\r\nb: c"}, 200, "can't stand in a header"),
        ({}, 302, "status 302"),
    ],
)
async def test_a_refusal_is_told_with_the_server_s_words(reply: Any, status: int, said: str) -> None:
    """The operator reads why, and from where."""
    with pytest.raises(CredentialFault, match=rf"http://127.0.0.1:\d+/oauth/token.*{said}"):
        await fetch(reply, status)
