"""The settings are values: equal by content, frozen, and never nonsense."""

from __future__ import annotations

import pytest

from limen.errors import ConfigError
from limen.net import NetSettings, ProxySettings, TlsProfile


def test_settings_are_equal_by_content() -> None:
    """Two readings of the same file make equal settings, so that a reload can tell whether anything changed."""
    first, second = (
        NetSettings(tls={"a": TlsProfile(ca_file="x")}, proxies=ProxySettings.from_environ({"HTTPS_PROXY": "p:1"}))
        for _ in range(2)
    )
    assert first == second
    assert first != NetSettings()


def test_settings_are_frozen() -> None:
    """Nobody changes them behind a client's back."""
    with pytest.raises(AttributeError):
        NetSettings().high_water = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", ["connections_per_origin", "max_head_bytes", "max_headers", "high_water"])
def test_counts_are_positive(name: str) -> None:
    """A limit of nothing would stop everything; the message names the setting."""
    with pytest.raises(ConfigError, match=f"`{name}` is 0; it must be at least 1"):
        NetSettings(**{name: 0})


@pytest.mark.parametrize("name", ["keepalive_idle", "happy_eyeballs_delay", "dns_ttl"])
def test_times_are_not_negative(name: str) -> None:
    """Time does not run backwards."""
    with pytest.raises(ConfigError, match=f"`{name}` is -1; it can't be negative"):
        NetSettings(**{name: -1})
