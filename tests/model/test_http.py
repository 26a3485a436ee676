"""What crosses between a provider and the network."""

import pytest

from limen.errors import BadRequest
from limen.model.http import Origin, header_block


@pytest.mark.parametrize(
    ("origin", "authority"),
    [
        (Origin("https", "a.test", 443), "a.test"),
        (Origin("https", "a.test", 8443), "a.test:8443"),
        (Origin("http", "a.test", 80), "a.test"),
        (Origin("http", "::1", 80), "[::1]"),
        (Origin("http", "::1", 443), "[::1]:443"),
    ],
)
def test_the_port_is_named_unless_it_is_the_schemes_own(origin: Origin, authority: str) -> None:
    """IPv6 gets its brackets."""
    assert origin.authority == authority


def test_origins_with_other_trust_are_other_origins() -> None:
    """Two TLS profiles never share a connection."""
    assert Origin("https", "a", 443, "x") != Origin("https", "a", 443, "y")


def test_headers_are_encoded_as_lines() -> None:
    """One line each, in order."""
    assert header_block([("a", "b"), ("x-y", "")]) == b"a: b\r\nx-y: \r\n"


@pytest.mark.parametrize(
    ("name", "value"), [("a b", "c"), ("a:", "c"), ("", "c"), ("é", "c"), ("a", "b\r\nc: d"), ("a", "\0")]
)
def test_a_header_can_not_smuggle_another(name: str, value: str) -> None:
    """Line ends, colons and blanks are refused."""
    with pytest.raises(BadRequest):
        header_block([(name, value)])
