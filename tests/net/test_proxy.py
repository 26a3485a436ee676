"""Which proxy an environment asks for, and who goes without. Tunnels themselves: test_dial.py."""

from __future__ import annotations

import pytest

from limen.errors import ConfigError
from limen.model.http import Origin
from limen.net import ProxySettings
from limen.net.proxy import Proxy

ORIGIN = Origin("https", "api.example.com", 443)


def chosen(environ: dict[str, str], origin: Origin = ORIGIN) -> str | None:
    proxy = ProxySettings.from_environ(environ).for_origin(origin)
    return proxy.address if proxy else None


@pytest.mark.parametrize(
    ("environ", "https", "http"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://p:3128"}, "p:3128", None),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"}, "low:1", None),
        ({"HTTP_PROXY": "http://p:3128"}, None, "p:3128"),
        ({"ALL_PROXY": "http://all:1", "HTTP_PROXY": "http://p:2"}, "all:1", "p:2"),
        ({"HTTPS_PROXY": "p:3128"}, "p:3128", None),
        ({"HTTPS_PROXY": "http://p/"}, "p:80", None),
        ({"HTTPS_PROXY": "http://[fd00::1]:8080"}, "[fd00::1]:8080", None),
        ({"HTTPS_PROXY": "  "}, None, None),
    ],
)
def test_proxy_by_scheme(environ: dict[str, str], https: str | None, http: str | None) -> None:
    """Each scheme has its variable; lower case wins; ALL_PROXY fills what is left."""
    assert chosen(environ) == https
    assert chosen(environ, Origin("http", "api.example.com", 80)) == http


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("*", True),
        ("example.com", True),
        (".example.com", True),
        ("*.example.com", True),
        ("api.example.com", True),
        ("API.Example.COM", True),
        ("other.com, example.com", True),
        ("other.com example.com", True),
        ("example.com:443", True),
        ("example.com:8443", False),
        ("ample.com", False),
        ("example.com.evil.test", False),
        ("x.api.example.com", False),
        ("com:80", False),
        ("", False),
        (" , ", False),
    ],
)
def test_no_proxy_for_names(no_proxy: str, direct: bool) -> None:
    """A domain covers itself and its subdomains, whole labels only; a port narrows it."""
    assert (chosen({"HTTPS_PROXY": "p:1", "NO_PROXY": no_proxy}) is None) == direct


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.1/8", "10.200.0.1", True),
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.5:443", "192.168.1.5", True),
        ("192.168.1.5:80", "192.168.1.5", False),
        ("10.0.0.0/8:443", "10.1.2.3", True),
        ("fd00::/8", "fd00::1", True),
        ("fd00::/8", "fe80::1", False),
        ("fd00::1", "fd00:0::1", True),
        ("[fd00::1]", "fd00::1", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("[fd00::1]:80", "fd00::1", False),
        ("0.0.0.0/0", "fd00::1", False),
        ("10.0.0.0/8", "api.example.com", False),
    ],
)
def test_no_proxy_for_addresses(no_proxy: str, host: str, direct: bool) -> None:
    """Addresses and networks cover addresses of their family, never names."""
    assert (chosen({"HTTPS_PROXY": "p:1", "NO_PROXY": no_proxy}, Origin("https", host, 443)) is None) == direct


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_is_always_direct(host: str) -> None:
    """A model server on this machine can't be reached through a proxy on another."""
    assert chosen({"HTTPS_PROXY": "p:1", "HTTP_PROXY": "p:1"}, Origin("http", host, 11434)) is None


def test_credentials_are_basic_and_hidden() -> None:
    """User and password are unquoted into Basic; no repr shows them."""
    settings = ProxySettings.from_environ({"HTTPS_PROXY": "http://us%40er:p%3Ass@p:1", "ALL_PROXY": "http://u@q:2"})
    assert settings.https is not None
    assert settings.http is not None
    assert settings.https.authorization == b"Basic dXNAZXI6cDpzcw=="
    assert settings.http.authorization == b"Basic dTo="
    assert "dXNA" not in repr(settings)


def test_tunnel_request() -> None:
    """CONNECT names host and port, brackets IPv6, and carries credentials only if there are any."""
    assert Proxy("p", 1).tunnel_request(Origin("https", "fd00::1", 443)) == (
        b"CONNECT [fd00::1]:443 HTTP/1.1\r\nhost: [fd00::1]:443\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("https://user:hunter2@p:1", "'https' proxy"),
        ("socks5://user:hunter2@p:1", "'socks5' proxy"),
        ("http://user:hunter2@p:99999", "not a URL"),
        ("http://user:hunter2@[p:1", "not a URL"),
        ("http://user:hunter2@:1", "names no host"),
    ],
)
def test_proxies_that_limen_does_not_speak(value: str, words: str) -> None:
    """A proxy that can't be used is an error of the configuration that names the variable and hides the password."""
    with pytest.raises(ConfigError, match=f"`HTTPS_PROXY`.*{words}.*http://host:port") as caught:
        ProxySettings.from_environ({"HTTPS_PROXY": value})
    assert "hunter2" not in str(caught.value)


def test_no_proxy_that_makes_no_sense() -> None:
    """An entry that is neither name nor address is told."""
    with pytest.raises(ConfigError, match="`NO_PROXY` entry 'a:b:c'"):
        ProxySettings.from_environ({"NO_PROXY": "a:b:c"})
