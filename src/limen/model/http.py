"""What crosses between a provider, which says what to send, and the network, which sends it.

Pure values: no sockets here. A provider builds a :class:`WireRequest`; `limen.net` carries it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from limen.errors import BadRequest


class Origin(NamedTuple):
    """Where a connection goes: the key of a connection pool. `host` carries no brackets for IPv6.

    `tls_profile` names a set of TLS settings (CA bundle, client certificate) in the configuration, so that
    two endpoints with different trust never share a connection.
    """

    scheme: str
    host: str
    port: int
    tls_profile: str = ""

    @property
    def authority(self) -> str:
        """The `host` header: brackets round IPv6, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


class WireRequest(msgspec.Struct, frozen=True):
    """One HTTP request, ready to send but for framing.

    `headers` is an encoded block of lines (see :func:`header_block`), without `host`, `content-length`,
    `connection` and `transfer-encoding`, which the network layer owns.
    """

    origin: Origin
    method: bytes
    target: bytes
    headers: bytes
    body: bytes = b""


class Timeouts(msgspec.Struct, frozen=True):
    """The five deadlines of an attempt, in seconds; None switches one off.

    `pool`: waiting for a free connection; `connect`: TCP and TLS; `first_byte`: from the request's last byte to the
    reply's first; `idle`: between two pieces of the reply; `total`: all of it.
    """

    pool: float | None = 10.0
    connect: float | None = 10.0
    first_byte: float | None = 300.0
    idle: float | None = 300.0
    total: float | None = None


def header_block(pairs: Iterable[tuple[str, str]]) -> bytes:
    r"""Encode header pairs as ``name: value\r\n`` lines; refuses control characters (BadRequest)."""
    lines = []
    for name, value in pairs:
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise BadRequest(f"header name {name!r} is not valid")
        if any(ch in value for ch in "\r\n\0"):
            raise BadRequest(f"the value of header {name!r} has a line break or NUL in it")
        lines.append(f"{name}: {value}\r\n")
    return "".join(lines).encode("latin-1", "strict")
