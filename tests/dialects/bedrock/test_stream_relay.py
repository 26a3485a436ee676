"""The relay of a stream."""

from functools import partial

import pytest

from bedrock_wire import DIALECT, STREAM, USAGE, encoded, exact
from limen.dialects.bedrock.errors import parse_error
from limen.dialects.bedrock.stream_relay import ConverseStreamRelay
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.wire.event_stream import encode_event, encode_exception

DATA = encoded(STREAM)


def relay() -> ConverseStreamRelay:
    return ConverseStreamRelay(partial(parse_error, 502, ()))


@pytest.mark.parametrize("step", [1, 7, 100, len(DATA)])
def test_bytes_go_through_as_they_came(step: int) -> None:
    """Whole messages, in any split; the usage is seen on the way."""
    tap = relay()
    out = b"".join([tap.feed(DATA[at : at + step]) for at in range(0, len(DATA), step)]) + tap.close()
    assert out == DATA
    assert (tap.started, tap.ended, tap.fault) == (True, True, None)
    assert exact(tap.usage) == exact(USAGE)


def test_only_whole_messages_go_out() -> None:
    """What is not complete waits."""
    tap = relay()
    assert tap.feed(DATA[:-1]) == encoded(STREAM[:-1])
    assert not tap.ended
    with pytest.raises(MalformedReply):
        tap.close()


def test_a_cut_stream_is_noticed() -> None:
    """Unless the message has ended, and only the usage is missing."""
    tap = relay()
    tap.feed(encoded(STREAM[:-2]))
    with pytest.raises(MalformedReply):
        tap.close()
    tap = relay()
    tap.feed(encoded(STREAM[:-1]))
    assert (tap.close(), tap.ended) == (b"", True)


def test_an_exception_is_a_fault() -> None:
    """Nothing goes out with it or after it; before the first event it keeps its status."""
    tap = relay()
    assert tap.feed(encode_exception("throttlingException", b'{"message":"slow"}') + DATA) == b""
    assert isinstance(tap.fault, ProviderReply)
    assert (tap.fault.kind, tap.fault.status, tap.started) == (FaultKind.RATE_LIMITED, 429, False)
    assert tap.close() == b""


def test_a_frame_can_be_dressed() -> None:
    """By the client's surface."""
    tap = DIALECT.stream_tap(
        partial(parse_error, 502, ()), dress=lambda frame: b"<" + (frame.event or "").encode() + b">"
    )
    assert tap.feed(encoded(STREAM[:1])) == b"<messageStart>"


def test_a_usage_that_is_no_json_is_refused() -> None:
    """It can't be looked into."""
    with pytest.raises(MalformedReply):
        relay().feed(encode_event("metadata", b"{"))
