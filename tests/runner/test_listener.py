"""The listening sockets, against the real kernel."""

from __future__ import annotations

import contextlib
import socket

import pytest

from limen.errors import StartError
from limen.runner.listener import authority, hold_newcomers, open_listeners


@contextlib.contextmanager
def listening(host: str, port: int = 0):
    listeners = open_listeners(host, port)
    try:
        yield listeners
    finally:
        for listener in listeners:
            listener.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_connects(host) -> None:
    """Addresses, the any-address and names can be listened on; port 0 takes a free one."""
    with listening(host) as listeners:
        ports = {listener.getsockname()[1] for listener in listeners}
        assert len(ports) == 1
        socket.create_connection(("127.0.0.1", ports.pop())).close()


def test_both_families_on_the_ipv6_any_address() -> None:
    """`::` takes IPv4 clients too, as the system's default has it."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening("[::]") as (listener,):
        socket.create_connection(("127.0.0.1", listener.getsockname()[1])).close()
        socket.create_connection(("::1", listener.getsockname()[1])).close()


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("no.such.host.invalid", 0, "no such host"),
        ("203.0.113.7", 0, "no such address"),
        ("127.0.0.1", 70000, "from 0"),
        ("x" * 100, 0, "no such host"),
    ],
)
def test_refusals_say_what_to_do(host, port, reason) -> None:
    """A host or a port that can't be is one clear line."""
    with pytest.raises(StartError, match=reason) as caught:
        open_listeners(host, port)
    assert "\n" not in caught.value.message


def test_a_port_in_use_is_refused() -> None:
    """A second listener on a port is refused, and names it."""
    with listening("127.0.0.1") as (first,), pytest.raises(StartError, match=str(first.getsockname()[1])):
        open_listeners("127.0.0.1", first.getsockname()[1])


def test_authority_brackets_ipv6() -> None:
    """IPv6 addresses have brackets in a URL."""
    assert authority("::1", 5) == "[::1]:5"
    assert authority("localhost", 5) == "localhost:5"


def test_newcomers_are_held_and_nobody_else() -> None:
    """A held listener ignores new connections; those that are queued or made go on."""
    with listening("127.0.0.1") as (listener,):
        address = listener.getsockname()
        with socket.create_connection(address) as made:
            hold_newcomers(listener)
            hold_newcomers(listener)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.3)
            accepted, _ = listener.accept()
            with accepted:
                made.sendall(b"still here")
                assert accepted.recv(20) == b"still here"
