"""Which proxy, if any, stands before an origin, and how to ask it for a tunnel. Pure: the environment is an argument."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from limen.errors import ConfigError
from limen.model.http import Origin

_NO_PROXY_ENTRY = re.compile(r"^(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:]+))(?::(?P<port>\d+))?$")


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy. `authorization` is the whole value of `proxy-authorization`, or empty; it never shows in a repr."""

    host: str
    port: int
    authorization: bytes = b""

    def __repr__(self) -> str:
        return f"<Proxy {self.address}>"

    @property
    def address(self) -> str:
        """The proxy as `host:port`, for messages."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def tunnel_request(self, origin: Origin) -> bytes:
        """The CONNECT request that asks for a tunnel to the origin."""
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        target = f"{host}:{origin.port}".encode("ascii")
        return b"CONNECT %b HTTP/1.1\r\nhost: %b\r\n%b\r\n" % (target, target, self.header_lines)

    @property
    def header_lines(self) -> bytes:
        """The header lines that a request to the proxy itself needs."""
        return b"proxy-authorization: %b\r\n" % self.authorization if self.authorization else b""


class Exemption(msgspec.Struct, frozen=True):
    """One entry of NO_PROXY: a domain with its subdomains, an address or network, or everything; perhaps one port."""

    domain: str = ""
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    port: int | None = None
    everything: bool = False

    def covers(self, origin: Origin) -> bool:
        """Whether the origin goes without a proxy."""
        if self.everything:
            return True
        if self.port is not None and self.port != origin.port:
            return False
        if self.network is not None:
            address = _as_address(origin.host)
            return address is not None and address.version == self.network.version and address in self.network
        host = origin.host.lower().rstrip(".")
        return host == self.domain or host.endswith("." + self.domain)


class ProxySettings(msgspec.Struct, frozen=True):
    """The proxies of a process: one for https origins, one for http, and who goes without.

    Loopback is always direct: a proxy on another machine can't reach it, and a model server on this one is common.
    """

    https: Proxy | None = None
    http: Proxy | None = None
    exempt: tuple[Exemption, ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> ProxySettings:
        """Read `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; the lower-case name wins over the upper-case.

        Raises ConfigError if a value is not an `http://[user:password@]host[:port]` URL.
        """

        def value(name: str) -> str:
            return (environ.get(name.lower()) or environ.get(name) or "").strip()

        everywhere = _parse_proxy("ALL_PROXY", value("ALL_PROXY"))
        return cls(
            https=_parse_proxy("HTTPS_PROXY", value("HTTPS_PROXY")) or everywhere,
            http=_parse_proxy("HTTP_PROXY", value("HTTP_PROXY")) or everywhere,
            exempt=tuple(_parse_exemption(entry) for entry in re.split(r"[,\s]+", value("NO_PROXY")) if entry),
        )

    def for_origin(self, origin: Origin) -> Proxy | None:
        """The proxy that a connection to the origin goes through, or None for a direct one."""
        proxy = self.https if origin.scheme == "https" else self.http
        if proxy is None or _is_loopback(origin.host):
            return None
        return None if any(entry.covers(origin) for entry in self.exempt) else proxy


def _parse_proxy(name: str, text: str) -> Proxy | None:
    if not text:
        return None
    mend = "write it as http://host:port or http://user:password@host:port"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        # The text itself may hold a password, so no message repeats it.
        raise ConfigError(f"`{name}` is not a URL; {mend}") from None
    if parts.scheme.lower() != "http":
        raise ConfigError(f"`{name}` asks for a {parts.scheme!r} proxy, which limen does not speak; {mend}")
    if not host:
        raise ConfigError(f"`{name}` names no host; {mend}")
    return Proxy(host, port or 80, _basic(parts.username, parts.password))


def _basic(user: str | None, password: str | None) -> bytes:
    if user is None:
        return b""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return b"Basic " + base64.b64encode(pair.encode())


def _parse_exemption(entry: str) -> Exemption:
    if entry == "*":
        return Exemption(everything=True)
    network = _as_network(entry)
    if network is not None:
        return Exemption(network=network)
    match = _NO_PROXY_ENTRY.match(entry)
    if match is None:
        raise ConfigError(f"`NO_PROXY` entry {entry!r} is not a domain, an address or a network")
    port = int(match["port"]) if match["port"] else None
    network = _as_network(match["v6"] or match["host"])
    if network is not None:
        return Exemption(network=network, port=port)
    # "example.com", ".example.com" and "*.example.com" mean the same, as they do to curl.
    domain = match["host"] or match["v6"]
    return Exemption(domain=domain.lower().removeprefix("*").strip("."), port=port)


def _as_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _as_address(host)
    if address is not None:
        return address.is_loopback
    return host.lower().rstrip(".") == "localhost"
