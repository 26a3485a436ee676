"""Where a provider lives: the text of a base URL, read and checked once, when the configuration is.

Pure. Raises ValueError with a message for the person who wrote the file; never resolves a name.
"""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import AfterValidator

from limen.model.http import Origin

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")
_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/rerank", "/invocations", "/messages")


class BaseUrl(NamedTuple):
    """An origin, and the path in front of every request: empty, or one that begins and does not end with a slash."""

    origin: Origin
    path: str

    def target(self, path: str, query: str = "") -> bytes:
        """The request target of `path`, which begins with a slash, under this base."""
        return f"{self.path}{path}{'?' if query else ''}{query}".encode("ascii")


def parse_base_url(text: str, *, tls_profile: str = "") -> BaseUrl:
    """Read `text`; ValueError says what is wrong with it and how to mend it."""
    parts = _split(text)
    if "@" in parts.netloc:
        raise ValueError("the base URL must not hold a user name or password; keys have a field of their own")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ValueError(f"the base URL {text!r} must end with its path: take out what follows '?' or '#'")
    path = quote(parts.path.rstrip("/"), safe="/:@!$&'()*+,;=~%-._")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            raise ValueError(f"the base URL {text!r} must stop before {endpoint!r}, which limen adds itself")
    return BaseUrl(Origin(parts.scheme, _host(parts, text), _port(parts, text), tls_profile), path)


def check_base_url(text: str) -> str:
    """`text` as it is, if it is a base URL; for pydantic."""
    parse_base_url(text)
    return text


BaseUrlText = Annotated[str, AfterValidator(check_base_url)]


def _split(text: str) -> SplitResult:
    if not text.strip():
        raise ValueError("the base URL is empty")
    if _UNPRINTABLE.search(text):
        raise ValueError(f"the base URL {text!r} has a blank or a control character in it")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"the base URL {text!r} can't be read: {error}") from None
    if parts.scheme not in ("http", "https") or not text[len(parts.scheme) :].startswith("://"):
        hint = "" if "://" in text else f"; did you mean 'https://{text}'?"
        raise ValueError(f"the base URL {text!r} must begin with http:// or https://{hint}")
    return parts


def _host(parts: SplitResult, text: str) -> str:
    host = parts.hostname or ""
    if not host:
        raise ValueError(f"the base URL {text!r} names no host")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"the host name {host!r} is not a valid one") from None
    if not re.fullmatch(r"[0-9a-z:.]+" if ":" in host else r"[0-9a-z._-]+", host):
        raise ValueError(f"the host name {host!r} has a character in it that host names can't have")
    return host


def _port(parts: SplitResult, text: str) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"the port in the base URL {text!r} must be a number from 1 to 65535")
    return port or (443 if parts.scheme == "https" else 80)
