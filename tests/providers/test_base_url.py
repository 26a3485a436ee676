"""Base URLs: what they become, and what is said about bad ones."""

from __future__ import annotations

import pytest

from limen.model.http import Origin
from limen.providers.base_url import BaseUrl, check_base_url, parse_base_url


@pytest.mark.parametrize(
    ("text", "origin", "path"),
    [
        ("https://api.openai.com/v1", Origin("https", "api.openai.com", 443), "/v1"),
        ("https://api.openai.com/v1/", Origin("https", "api.openai.com", 443), "/v1"),
        ("https://api.openai.com", Origin("https", "api.openai.com", 443), ""),
        ("http://localhost:11434/v1", Origin("http", "localhost", 11434), "/v1"),
        ("HTTP://LocalHost/V1//", Origin("http", "localhost", 80), "/V1"),
        ("http://[::1]:8080/a/b", Origin("http", "::1", 8080), "/a/b"),
        ("http://[2001:DB8::1]", Origin("http", "2001:db8::1", 80), ""),
        ("https://bücher.example/v1", Origin("https", "xn--bcher-kva.example", 443), "/v1"),
        ("https://h.example/a b".replace(" ", "%20"), Origin("https", "h.example", 443), "/a%20b"),
        ("https://h.example/préfixe", Origin("https", "h.example", 443), "/pr%C3%A9fixe"),
    ],
)
def test_parts(text: str, origin: Origin, path: str) -> None:
    """A base URL is an origin and a path without its last slash."""
    assert parse_base_url(text) == BaseUrl(origin, path)
    assert check_base_url(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("api.openai.com/v1", "did you mean 'https://api.openai.com/v1'?"),
        ("localhost:8000/v1", "did you mean 'https://localhost:8000/v1'?"),
        ("ftp://host/v1", "must begin with http:// or https://"),
        ("https:/host/v1", "must begin with http:// or https://"),
        ("https:///v1", "names no host"),
        ("https://user:pass@host/v1", "must not hold a user name or password"),
        ("https://host/v1?api-version=1", "take out what follows '?' or '#'"),
        ("https://host/v1#", "take out what follows '?' or '#'"),
        ("https://host/v1/chat/completions", "must stop before '/chat/completions'"),
        ("https://host:0/v1", "from 1 to 65535"),
        ("https://host:99999/v1", "from 1 to 65535"),
        ("https://host:port/v1", "from 1 to 65535"),
        ("https://ho st/v1", "a blank or a control character"),
        ("https://host/v1\r\nx: y", "a blank or a control character"),
        ("https://[::1/v1", "can't be read"),
        ("https://h*st/v1", "can't have"),
        ("https://" + "ü" * 80 + "/v1", "is not a valid one"),
    ],
)
def test_refusals(text: str, said: str) -> None:
    """Each mistake is named, with the way to mend it."""
    with pytest.raises(ValueError) as caught:
        parse_base_url(text)
    assert said in str(caught.value)


def test_a_password_in_the_url_is_not_repeated() -> None:
    """The message about credentials does not show them."""
    with pytest.raises(ValueError) as caught:
        parse_base_url("https://user:hunter2@host")
    assert "hunter2" not in str(caught.value)


def test_targets() -> None:
    """A request target is the base's path, the operation's path and the query."""
    base = parse_base_url("https://h.example/p/", tls_profile="corporate")
    assert base.origin.tls_profile == "corporate"
    assert base.target("/embeddings") == b"/p/embeddings"
    assert base.target("/x", "a=1") == b"/p/x?a=1"
