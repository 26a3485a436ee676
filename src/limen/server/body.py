"""Reading a request: its headers that matter, and its body within bounds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from limen.errors import BadRequest, ClientFault, MethodNotAllowed, TooLarge, UnsupportedMediaType

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = Mapping[bytes, bytes]
SILENCE_SECONDS = 60.0
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


class ClientLeft(Exception):
    """The client closed its connection before its request was complete. Nobody is there to answer."""


class SlowBody(ClientFault):
    """The body stopped coming."""

    status = 408
    code = "request_timeout"


def given_request_id(headers: Headers) -> bytes | None:
    """The client's own request id, if it is safe to repeat in a header and a log."""
    value = headers.get(b"x-request-id")
    return value if value is not None and _REQUEST_ID.fullmatch(value) else None


def require_post(method: str) -> None:
    """Refuse any other method: the data plane only takes work."""
    if method != "POST":
        raise MethodNotAllowed("Method Not Allowed", allow="POST")


def require_json(headers: Headers) -> None:
    """Refuse a body that is not plain JSON by its own declaration. None declared is taken as JSON."""
    kind = headers.get(b"content-type", b"application/json")
    if kind != b"application/json":
        media = kind.partition(b";")[0].strip().lower()
        if media != b"application/json" and not media.endswith(b"+json"):
            shown = media.decode("latin-1")
            raise UnsupportedMediaType(
                f"the request's content type is {shown!r}; send `content-type: application/json`"
            )
    coding = headers.get(b"content-encoding")
    if coding is not None and coding.lower() != b"identity":
        shown = coding.decode("latin-1")
        raise UnsupportedMediaType(f"the request's content encoding {shown!r} is not supported; send the body plain")


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body, of at most `limit` bytes.

    Raises TooLarge, SlowBody after a minute of silence, ClientLeft.
    """
    if declared_length(headers) > limit:
        raise too_large(limit)
    parts, size, more = [], 0, True
    while more:
        message = await _next(receive)
        part = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    return b"".join(parts)


def declared_length(headers: Headers) -> int:
    """The content length, 0 where none is given. BadRequest if it is no number."""
    value = headers.get(b"content-length", b"0")
    if not value.isdigit():
        raise BadRequest("the request's content-length is not a number")
    return int(value)


async def _next(receive: Receive) -> MutableMapping[str, Any]:
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            message = await receive()
    except TimeoutError:
        raise SlowBody(f"the request's body stopped for {SILENCE_SECONDS:.0f} s before it was complete") from None
    if message["type"] == "http.disconnect":
        raise ClientLeft
    return message


def too_large(limit: int) -> TooLarge:
    """The refusal of a body over the limit."""
    return TooLarge(f"the request body is larger than {limit} bytes, the most that this gateway takes")
