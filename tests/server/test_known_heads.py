"""Request heads seen before."""

from typing import Any

import pytest

from limen.server.known_heads import MOST, KnownHeads

HEAD = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\nX: y\r\n\r\n"


def scope(length: bytes, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"path": "/x", "headers": [(b"host", b"h"), (b"content-length", length), *more]}


def known() -> KnownHeads:
    heads = KnownHeads()
    assert heads.match(HEAD % 2 + b"{}") is None
    heads.learn(scope(b"2"))
    return heads


def test_the_same_head_with_another_length_is_known() -> None:
    """The scope of the first parse comes back, with the body of this request."""
    found = known().match(HEAD % 5 + b"hello")
    assert found is not None
    assert (found[0]["path"], found[1]) == ("/x", b"hello")


@pytest.mark.parametrize(
    "data",
    [
        HEAD % 5 + b"hell",
        HEAD % 5 + b"hello!",
        HEAD.replace(b"%d", b"+5") + b"hello",
        HEAD.replace(b"%d", b"5 ") + b"hello",
        HEAD.replace(b"%d", b"") + b"",
        HEAD.replace(b"%d", b"00000000005") + b"hello",
        (HEAD % 5).replace(b"X: y", b"X: z") + b"hello",
        (HEAD % 5).replace(b"X: y", b"Content-Length: 1") + b"hello",
        (HEAD % 5).replace(b"X: y", b"Transfer-Encoding: chunked") + b"hello",
        (HEAD % 5)[:-2],
        b"",
    ],
)
def test_anything_else_is_left_to_the_parser(data: bytes) -> None:
    """Half a request, two of them, an odd length or one other byte in the head: not known."""
    assert known().match(data) is None


@pytest.mark.parametrize(
    "more",
    [
        (b"content-length", b"2"),
        (b"transfer-encoding", b"chunked"),
        (b"expect", b"100-continue"),
        (b"upgrade", b"h2c"),
        (b"connection", b"close"),
    ],
)
def test_heads_with_other_framing_are_not_learnt(more: tuple[bytes, bytes]) -> None:
    """Two lengths, chunks, expectations and closing connections are parsed each time."""
    heads = KnownHeads()
    heads.match(HEAD % 2 + b"{}")
    heads.learn(scope(b"2", more))
    assert heads.match(HEAD % 2 + b"{}") is None


def test_a_length_inside_another_value_is_no_length() -> None:
    """A value that quotes the header's name must not be read as the length: that would be a door for smuggling."""
    heads = KnownHeads()
    quoted = b"POST /x HTTP/1.1\r\nX: Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}"
    heads.match(quoted)
    heads.learn(scope(b"2"))
    other = quoted.replace(b"X: Content-Length: 2", b"X: Content-Length: 9")
    assert heads.match(other) is None


def test_few_are_kept() -> None:
    """A client whose every head differs fills no memory."""
    heads = KnownHeads()
    for i in range(MOST * 3):
        heads.match(HEAD.replace(b"y", b"%d") % (2, i) + b"{}")
        heads.learn(scope(b"2"))
    assert heads.match(HEAD.replace(b"y", b"%d") % (2, MOST * 3 - 1) + b"{}") is None
    assert heads.match(HEAD.replace(b"y", b"%d") % (2, 0) + b"{}") is not None
