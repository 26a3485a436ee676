"""Streams, passed on."""

import json
from collections.abc import Iterable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthropic_wire import DIALECT, STREAM, event, stream_of
from limen.dialects.anthropic.stream_relay import MessagesRelay
from limen.errors import MalformedReply, ProviderReply

ERROR = event("error", error={"type": "overloaded_error", "message": "Overloaded"})


def relay() -> MessagesRelay:
    found = DIALECT.stream_tap(partial(DIALECT.parse_error, 502, ()))
    assert isinstance(found, MessagesRelay)
    return found


def feed(tap: MessagesRelay, data: bytes, cuts: Iterable[int] = ()) -> bytes:
    out, start = b"", 0
    for end in [*sorted(cuts), len(data)]:
        out += tap.feed(data[start:end])
        start = end
    return out


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(1, len(STREAM) - 1), max_size=30))
def test_bytes_go_through_in_any_split(cuts: set[int]) -> None:
    """The very bytes, with the usage of the whole stream told beside."""
    tap = relay()
    assert feed(tap, STREAM, cuts) + tap.close() == STREAM
    assert (tap.started, tap.ended, tap.fault) == (True, True, None)
    usage = json.loads(tap.usage or b"")
    assert (usage["input_tokens"], usage["output_tokens"], usage["output_tokens_details"]) == (
        10,
        20,
        {"thinking_tokens": 8},
    )


def test_whole_frames_of_blocks_are_not_looked_into() -> None:
    """Not even if they are no JSON, which the client will see for itself."""
    tap = relay()
    tap.feed(STREAM[: STREAM.index(b"event: content_block_start")])
    odd = b"event: content_block_delta\ndata: {not json}\n\n"
    assert tap.feed(odd) == odd
    assert tap.feed(odd[:9]) == b""
    assert tap.feed(odd[9:]) == odd


def test_what_says_nothing_does_not_start_it() -> None:
    """A status is still to be chosen; afterwards it goes through."""
    tap = relay()
    assert (feed(tap, b": hello\n\n" + event("ping")), tap.started) == (b"", False)
    assert feed(tap, STREAM) == STREAM
    assert tap.usage is not None
    assert relay().usage is None


def test_an_error_is_a_fault() -> None:
    """It keeps back the event, and all that follows; also one whose frame has no name."""
    for error in (ERROR, ERROR[ERROR.index(b"data") :], b"event: error\ndata: oops\n\n"):
        tap = relay()
        begun = STREAM[: STREAM.index(b"event: ping")]
        assert feed(tap, begun + error + STREAM) == begun
        assert isinstance(tap.fault, ProviderReply)
        assert tap.close() == b""
    assert isinstance(tap.fault, ProviderReply)


def test_a_cut_is_malformed() -> None:
    """Wherever it comes; a last frame without its blank line is completed."""
    for end in range(0, len(STREAM) - 30, 23):
        tap = relay()
        tap.feed(STREAM[:end])
        with pytest.raises(MalformedReply):
            tap.close()
    tap = relay()
    assert tap.feed(STREAM[:-2]) + tap.close() == STREAM
    with pytest.raises(MalformedReply):
        relay().feed(b"event: message_start\ndata: {\n\n")


def test_a_surface_may_change_each_frame() -> None:
    """Then none takes the short way."""
    tap = DIALECT.stream_tap(
        partial(DIALECT.parse_error, 502, ()), dress=lambda frame: (frame.event or "").encode() + b";"
    )
    out = tap.feed(stream_of(event("content_block_stop", index=0)))
    assert out == b"message_start;content_block_stop;message_delta;message_stop;"
    assert tap.feed(STREAM) == b""
