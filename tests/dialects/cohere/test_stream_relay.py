"""The relay of Cohere's streams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohere_wire import streams
from limen.dialects.cohere.errors import parse_error
from limen.dialects.cohere.stream_relay import CohereStreamRelay
from limen.errors import MalformedReply, ProviderReply

START = b'event: message-start\ndata: {"id":"a","type":"message-start"}\n\n'
PIECE = b'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"\xc3\xa9"}}}}\n\n'
END = b'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"COMPLETE"}}\n\n'
ERROR = b'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"ERROR","error":"bad"}}\n\n'
DONE = b"data: [DONE]\n\n"


def read_error(body: bytes) -> ProviderReply:
    return parse_error(502, (), body)


def run(relay: CohereStreamRelay, *chunks: bytes) -> bytes:
    return b"".join([relay.feed(chunk) for chunk in chunks]) + relay.close()


@given(st.lists(st.integers(0, 10_000)))
def test_bytes_go_through_untouched_for_any_split(cuts: list[int]) -> None:
    """Whatever the split, the client gets exactly the provider's bytes."""
    whole = START + PIECE + b": ping\n\n" + PIECE * 2 + END + DONE
    points = sorted({cut % len(whole) for cut in cuts})
    relay = CohereStreamRelay(read_error)
    assert run(relay, *[whole[a:b] for a, b in zip([0, *points], [*points, len(whole)], strict=True)]) == whole
    assert relay.started
    assert relay.ended


def test_recorded_streams_go_through() -> None:
    """Byte for byte, but for those that end with an error."""
    for name, data in streams():
        relay = CohereStreamRelay(read_error)
        out = run(relay, data)
        assert relay.ended, name
        assert (out == data) is (relay.fault is None), name


def test_an_error_at_the_end_is_a_fault() -> None:
    """The frame does not go out by itself: the exchange tells of the fault."""
    relay = CohereStreamRelay(read_error)
    assert run(relay, START + PIECE + ERROR + DONE) == START + PIECE
    assert relay.fault is not None
    assert relay.fault.message == "bad"


def test_an_error_of_the_api_is_a_fault() -> None:
    """Before anything has begun."""
    relay = CohereStreamRelay(read_error)
    assert run(relay, b'data: {"message":"no"}\n\n') == b""
    assert relay.fault is not None
    assert not relay.started


def test_a_text_about_ends_is_no_end() -> None:
    """The word alone decides nothing."""
    piece = PIECE.replace(b"\xc3\xa9", b"message-end")
    relay = CohereStreamRelay(read_error)
    assert relay.feed(START + piece) == START + piece
    assert not relay.ended


def test_a_cut_stream_is_malformed() -> None:
    """It never looks whole."""
    with pytest.raises(MalformedReply):
        run(CohereStreamRelay(read_error), START + PIECE)
    with pytest.raises(MalformedReply):
        run(CohereStreamRelay(read_error), START, b"data: message-end\n\n")


def test_frames_are_dressed() -> None:
    """Where a surface changes them; it has no end marker of ours."""
    relay = CohereStreamRelay(read_error, dress=lambda frame: frame.data + b"\n")
    assert run(relay, START + END + DONE).count(b"\n") == 2
