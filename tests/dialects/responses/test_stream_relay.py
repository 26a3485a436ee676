"""The relay of a stream."""

import pytest

from limen.dialects.responses.errors import parse_error
from limen.dialects.responses.stream_relay import ResponsesRelay
from limen.errors import MalformedReply
from responses_wire import answer, sse, streamed, told

CREATED = sse(told("response.created", response=answer(status="in_progress", usage=None)))


def relay() -> ResponsesRelay:
    return ResponsesRelay(lambda data: parse_error(502, (), data))


def test_bytes_go_through_as_they_came() -> None:
    """In any split; the last event's usage is seen, and what follows it does not matter."""
    stream = streamed()
    for size in (1, 7, 100, len(stream)):
        tap = relay()
        out = b"".join([tap.feed(stream[at : at + size]) for at in range(0, len(stream), size)])
        assert (out, tap.ended, tap.feed(b"data: [DONE]\n\n"), tap.close()) == (stream, True, b"", b"")
        assert tap.usage is not None
        assert b'"total_tokens": 16' in tap.usage


def test_whole_frames_between_are_not_looked_into() -> None:
    """They go on as one piece; a text that quotes the end does not end anything."""
    tap = relay()
    assert tap.feed(b": hi\n\n") == b""
    tap.feed(CREATED)
    piece = b'data: {"not json\n\n'
    assert tap.feed(piece) == piece
    quoted = sse(told("response.output_text.delta", delta="response.completed"))
    assert (tap.feed(quoted), tap.ended, tap.started) == (quoted, False, True)


@pytest.mark.parametrize(
    "end",
    [
        sse(told("error", error={"code": "rate_limit_exceeded", "message": "slow"})),
        sse(told("response.failed", response=answer(status="failed", error={"code": "x", "message": "slow"}))),
        b'data: {"error":{"message":"slow"}}\n\n',
    ],
)
def test_an_error_is_a_fault(end: bytes) -> None:
    """Nothing goes through after it."""
    tap = relay()
    tap.feed(CREATED)
    assert (tap.feed(end), tap.feed(CREATED), tap.close()) == (b"", b"", b"")
    assert tap.fault is not None
    assert tap.fault.message == "slow"


def test_a_cut_stream_never_looks_whole() -> None:
    """Nor does one whose last event can't be read; a last frame without its blank line is completed."""
    tap = relay()
    tap.feed(CREATED)
    with pytest.raises(MalformedReply):
        tap.close()
    with pytest.raises(MalformedReply):
        relay().feed(b'data: {"type":"response.completed"\n\n')
    last = sse(told("response.incomplete", response=answer()))
    tap = relay()
    assert tap.feed(last[:-2]) + tap.close() == last


def test_frames_can_be_dressed() -> None:
    """For a surface that shows them in another way."""
    tap = ResponsesRelay(lambda data: parse_error(502, (), data), dress=lambda frame: frame.data)
    assert tap.feed(CREATED).startswith(b"{")
