"""The rules on heads that the parser leaves to its user. The others are tested through real sockets in test_parser.py."""

from __future__ import annotations

import pytest

from limen.errors import MalformedReply
from limen.net.framing import check_interim, check_transfer_encoding, check_version, ends_with_connection

LENGTH = (b"content-length", b"0")
CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize(
    ("status", "fields", "expected"),
    [
        (200, [], True),
        (200, [LENGTH], False),
        (200, [CHUNKED], False),
        (204, [], False),
        (304, [], False),
        (404, [(b"a", b"b")], True),
    ],
)
def test_ends_with_connection(status: int, fields: list[tuple[bytes, bytes]], expected: bool) -> None:
    """A body without a length ends with its connection, unless its status has none."""
    assert ends_with_connection(status, fields) == expected


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"chunked, chunked", b"identity", b""])
def test_codings_that_are_refused(coding: bytes) -> None:
    """Only a single `chunked` is understood; the message shows what came instead."""
    with pytest.raises(MalformedReply, match=f"'{coding.decode()}'; only 'chunked' is understood"):
        check_transfer_encoding("x", [(b"transfer-encoding", coding)])


def test_chunked_in_any_case() -> None:
    """Coding names have no case."""
    check_transfer_encoding("x", [(b"transfer-encoding", b"Chunked")])


@pytest.mark.parametrize("version", ["2.0", "0.9"])
def test_versions_that_are_refused(version: str) -> None:
    """What the parser also knows is not HTTP/1.x."""
    with pytest.raises(MalformedReply, match=version):
        check_version("x", version)


@pytest.mark.parametrize(
    ("status", "fields", "words"), [(101, [], "switched"), (99, [], "does not exist"), (103, [LENGTH], "with a body")]
)
def test_interim_replies_that_are_refused(status: int, fields: list[tuple[bytes, bytes]], words: str) -> None:
    """No upgrade, no status below 100, no body."""
    with pytest.raises(MalformedReply, match=words):
        check_interim("x", status, fields)
