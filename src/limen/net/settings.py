"""What the operator may decide about outgoing connections. Pure values; no file is read and no socket opened here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from limen.errors import ConfigError
from limen.net.proxy import ProxySettings

NO_PROFILES: Mapping[str, TlsProfile] = MappingProxyType({})


class TlsProfile(msgspec.Struct, frozen=True):
    """One set of TLS settings. Verification has no switch: it is always on.

    `ca_file`: PEM bundle that replaces the system's authorities; `cert_file` and `key_file`: PEM client certificate
    and its key (the key may be in `cert_file`).
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class NetSettings(msgspec.Struct, frozen=True):
    """Limits of the client. Sizes are bytes, times are seconds.

    `connections_per_origin`: open connections to one origin, idle ones included. `max_head_bytes`, `max_headers`: a
    reply's head, its interim heads, its trailers, and everything else in it that is not body. `high_water`: a reply
    that nobody reads is held up to here, then its connection stops being read. `tls`: profiles by the name
    that an :class:`~limen.model.http.Origin` carries; the profile "" is the default.
    """

    connections_per_origin: int = 4096
    max_head_bytes: int = 64 * 1024
    max_headers: int = 256
    keepalive_idle: float = 60.0
    high_water: int = 256 * 1024
    happy_eyeballs_delay: float = 0.25
    dns_ttl: float = 30.0
    tls: Mapping[str, TlsProfile] = NO_PROFILES
    proxies: ProxySettings = ProxySettings()

    def __post_init__(self) -> None:
        for name in ("connections_per_origin", "max_head_bytes", "max_headers", "high_water"):
            if getattr(self, name) < 1:
                raise ConfigError(f"`{name}` is {getattr(self, name)}; it must be at least 1")
        for name in ("keepalive_idle", "happy_eyeballs_delay", "dns_ttl"):
            if getattr(self, name) < 0:
                raise ConfigError(f"`{name}` is {getattr(self, name)}; it can't be negative")
