"""Tokens of an OAuth 2 server, fetched over the gateway's own transport: client credentials and what is like them.

RFC 6749, sections 4.4 (the request), 5.1 (the reply) and 5.2 (errors).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import urlencode

import msgspec

from limen.errors import CredentialFault
from limen.model.http import Timeouts, WireRequest, header_block
from limen.model.secret import Secret
from limen.providers.base import Transport
from limen.providers.base_url import parse_base_url
from limen.providers.credentials import AccessToken, ClientCredentials
from limen.version import __version__

TIMEOUTS = Timeouts(pool=5.0, connect=10.0, first_byte=20.0, idle=10.0, total=25.0)
MOST_BYTES = 256 * 1024
ASSUMED_SECONDS = 300.0  # `expires_in` is only recommended


class _Granted(msgspec.Struct):
    """The reply. IBM Cloud says `expiration` too; some servers send `expires_in` as a text."""

    access_token: str = ""
    expires_in: float | str | None = None


class _Refused(msgspec.Struct):
    error: str | msgspec.Raw = ""
    error_description: str = ""
    errorMessage: str = ""  # noqa: N815  IBM Cloud's spelling


_GRANTED = msgspec.json.Decoder(_Granted, strict=False)
_REFUSED = msgspec.json.Decoder(_Refused, strict=False)


async def fetch_token(client: ClientCredentials, transport: Transport, clock: Callable[[], float]) -> AccessToken:
    """A token for `client`. CredentialFault says what the server said; `clock` counts seconds since 1970."""
    asked_at = clock()
    reply = await transport.request(_request(client), TIMEOUTS)
    try:
        body = await reply.read(MOST_BYTES)
    finally:
        reply.close()
    if reply.status != 200:
        raise CredentialFault(f"{client.token_url} answered with status {reply.status}{_explained(body)}")
    try:
        granted = _GRANTED.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise CredentialFault(f"{client.token_url} answered with something that is not a token") from None
    if not all("!" <= ch <= "~" for ch in granted.access_token):
        raise CredentialFault(f"{client.token_url} answered with a token that can't stand in a header")
    if not granted.access_token:
        raise CredentialFault(f"{client.token_url} answered without an access token{_explained(body)}")
    return AccessToken(Secret(granted.access_token), asked_at + _seconds(granted.expires_in))


def _request(client: ClientCredentials) -> WireRequest:
    base = parse_base_url(client.token_url.partition("?")[0], tls_profile=client.tls_profile)
    fields = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", f"limen/{__version__}"),
    ]
    if client.user is not None:
        pair = f"{client.user}:{client.password.reveal() if client.password else ''}"
        fields.append(("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    form = [*client.form, *((name, secret.reveal()) for name, secret in client.secrets)]
    query = client.token_url.partition("?")[2]
    return WireRequest(base.origin, b"POST", base.target("", query), header_block(fields), urlencode(form).encode())


def _seconds(told: float | str | None) -> float:
    try:
        return float(told) if told else ASSUMED_SECONDS
    except ValueError:
        return ASSUMED_SECONDS


def _explained(body: bytes) -> str:
    try:
        refused = _REFUSED.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ""
    error = refused.error if isinstance(refused.error, str) else ""
    said = ": ".join(part for part in (error, refused.error_description or refused.errorMessage) if part)
    return f": {said}" if said else ""
