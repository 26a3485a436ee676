"""What limen asks of a reply's head beyond what the parser does. Pure.

The parser (llhttp, strict) refuses by itself: bad lengths, repeated lengths, a length beside `transfer-encoding`, folded
lines, control characters in names and values, bare line feeds. These are the rules it leaves to its user.
"""

from __future__ import annotations

from typing import Final

from limen.errors import MalformedReply

Fields = list[tuple[bytes, bytes]]

_VERSIONS: Final = ("1.1", "1.0")


def check_transfer_encoding(name: str, fields: Fields) -> None:
    """Refuse every `transfer-encoding` but a single `chunked`: another would have to be decoded to be understood."""
    codings = [value for field, value in fields if field == b"transfer-encoding"]
    if len(codings) != 1 or codings[0].lower() != b"chunked":
        shown = b", ".join(codings)[:80].decode("latin-1")
        raise MalformedReply(f"{name}: transfer-encoding {shown!r}; only 'chunked' is understood")


def check_version(name: str, version: str) -> None:
    """Refuse what the parser takes for HTTP but is not HTTP/1.x."""
    if version not in _VERSIONS:
        raise MalformedReply(f"{name}: the reply is in version {version} of its protocol, not HTTP/1.1")


def ends_with_connection(status: int, fields: Fields) -> bool:
    """Whether only the connection's end ends the body (RFC 9112, section 6.3, rule 8)."""
    if status in (204, 304):
        return False
    return all(name not in (b"content-length", b"transfer-encoding") for name, _ in fields)


def check_interim(name: str, status: int, fields: Fields) -> None:
    """Refuse an interim reply that switches protocols, or has a body: no request asks for the one, RFC 9110 forbids both."""
    if status == 101:
        raise MalformedReply(f"{name}: switched protocols (status 101) though nobody asked it to")
    if status < 100:
        raise MalformedReply(f"{name}: status {status} does not exist")
    if not ends_with_connection(status, fields):
        raise MalformedReply(f"{name}: an interim reply (status {status}) with a body")
