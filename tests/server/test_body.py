"""Reading a request."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from limen.errors import BadRequest, MethodNotAllowed, TooLarge, UnsupportedMediaType
from limen.server import body as reading


def pieces(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """A `receive` that gives these messages."""
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    return receive


def piece(data: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


async def test_pieces_are_joined() -> None:
    """A body in several messages is one body."""
    assert await reading.read_body(pieces(piece(b"ab", True), piece(b"", True), piece(b"c", False)), {}, 3) == b"abc"


async def test_the_limit_counts_what_came() -> None:
    """A body that grows over the limit is refused as soon as it does."""
    with pytest.raises(TooLarge):
        await reading.read_body(pieces(piece(b"ab", True), piece(b"cd", True)), {}, 3)


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    """Nothing is read of a body that says it is too large."""
    with pytest.raises(TooLarge):
        await reading.read_body(pieces(), {b"content-length": b"4"}, 3)


async def test_a_client_that_leaves_has_no_body() -> None:
    """A disconnect in the middle is no request."""
    with pytest.raises(reading.ClientLeft):
        await reading.read_body(pieces(piece(b"ab", True), {"type": "http.disconnect"}), {}, 10)


async def test_silence_in_the_middle_of_a_body_is_a_408(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that stops sending is not waited for for ever."""
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.05)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(10)
        raise AssertionError

    with pytest.raises(reading.SlowBody) as caught:
        await reading.read_body(receive, {}, 10)
    assert caught.value.status == 408


@pytest.mark.parametrize("value", [b"x", b"-1", b"1.5", b""])
def test_a_content_length_that_is_no_number_is_refused(value: bytes) -> None:
    """Under servers that let it through, too."""
    with pytest.raises(BadRequest):
        reading.declared_length({b"content-length": value})


def test_methods_and_media_types() -> None:
    """Only a POST of JSON passes."""
    reading.require_post("POST")
    reading.require_json({})
    reading.require_json({b"content-type": b"application/vnd.api+json;v=1", b"content-encoding": b"identity"})
    with pytest.raises(MethodNotAllowed):
        reading.require_post("GET")
    with pytest.raises(UnsupportedMediaType):
        reading.require_json({b"content-type": b"text/plain"})


@pytest.mark.parametrize(
    ("value", "kept"), [(b"abc-1", True), (b"", False), (b"a b", False), (b"x" * 129, False), (b"a\nb", False)]
)
def test_only_harmless_request_ids_are_kept(value: bytes, kept: bool) -> None:
    """An id goes into headers and logs, so it must be safe there."""
    assert (reading.given_request_id({b"x-request-id": value}) == value) is kept
