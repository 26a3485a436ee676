"""Server-sent events, framed on bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.errors import MalformedReply
from limen.wire.sse import Frame, Framer


def framed(pieces: list[bytes]) -> list[Frame]:
    framer = Framer()
    found = [frame for piece in pieces for frame in framer.feed(piece)]
    rest = framer.close()
    return found if rest is None else [*found, rest]


def data(text: bytes) -> list[bytes]:
    return [frame.data for frame in framed([text])]


STREAMS = {
    "newlines": b"data: one\n\ndata: two\n\n",
    "carriage returns": b"data: one\r\rdata: two\r\r",
    "both": b"data: one\r\n\r\ndata: two\r\n\r\n",
    "mixed": b"data: one\r\n\ndata: two\r\r\n",
    "no space": b"data:one\n\ndata:two\n\n",
    "comments": b": hi\n\n: OPENROUTER PROCESSING\n\ndata: one\n\n:\ndata: two\n\n",
    "ids and retries": b"retry: 10\nid: 1\ndata: one\n\nid: 2\ndata: two\n\n",
    "byte order mark": b"\xef\xbb\xbfdata: one\n\ndata: two\n\n",
    "blank lines": b"\n\n\ndata: one\n\n\n\n\r\n\r\ndata: two\n\n",
    "no last blank line": b"data: one\n\ndata: two\n",
    "no last line end": b"data: one\n\ndata: two",
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_every_way_to_write_two_events(stream: bytes) -> None:
    """Line ends of three kinds, comments, a mark at the start and a missing last blank line change nothing of what is said."""
    assert [frame.data for frame in framed([stream]) if frame.data] == [b"one", b"two"]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_every_split_in_two_gives_the_same_frames(stream: bytes) -> None:
    """A chunk may end anywhere, inside a line end or the mark too."""
    whole = [(frame.data, frame.event) for frame in framed([stream])]
    for cut in range(len(stream) + 1):
        assert [(frame.data, frame.event) for frame in framed([stream[:cut], stream[cut:]])] == whole
    assert [(frame.data, frame.event) for frame in framed([bytes([byte]) for byte in stream])] == whole


@given(
    st.lists(st.sampled_from(["data: a", "data:b", "data", ": c", "event: e", "id: 1", "x", ""]), max_size=12),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=12, max_size=12),
    st.sets(st.integers(0, 120), max_size=8),
)
def test_any_lines_in_any_split(lines: list[str], ends: list[str], cuts: set[int]) -> None:
    """Whatever the lines and wherever the cuts, the frames are those of the whole."""
    stream = "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert [(f.data, f.event) for f in framed(pieces)] == [(f.data, f.event) for f in framed([stream])]


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_framed_without_a_crash(noise: bytes, cut: int) -> None:
    """Bytes that are no events at all are no reason to fail."""
    framed([noise[:cut], noise[cut:]])


def test_raw_bytes_are_kept() -> None:
    """What is relayed is what came, comments and line ends and all."""
    stream = b"event: x\r\nid: 1\r\ndata: one\r\n\r\n: c\n\ndata:two\n\n"
    assert b"".join(frame.raw for frame in framed([stream])) == stream


def test_data_of_several_lines_is_joined() -> None:
    """The standard's multi-line data; one space after the colon belongs to the syntax, others to the data."""
    assert data(b"data: {\ndata:  1\r\ndata\rdata:}\n\n") == [b"{\n 1\n\n}"]


def test_an_event_name_is_read() -> None:
    """Names stand before or after the data."""
    assert [(f.event, f.data) for f in framed([b"event: a\ndata: 1\n\ndata: 2\nevent:b\n\ndata: 3\n\n"])] == [
        ("a", b"1"),
        ("b", b"2"),
        (None, b"3"),
    ]


def test_unicode_line_separators_are_text() -> None:
    """U+2028, U+2029, U+0085 and form feeds are legal inside JSON strings and end no line."""
    text = 'data: {"a":"x\u2028y\u2029z\u0085\x0b\x0c"}\n\n'.encode()
    assert data(text) == [text[6:-2]]


def test_the_mark_is_one_only_at_the_start() -> None:
    """A byte order mark is taken off once; a later one is text."""
    assert data(b"\xef\xbb\xbfdata: 1\n\ndata: \xef\xbb\xbf2\n\n") == [b"1", b"\xef\xbb\xbf2"]


def test_half_a_mark_is_no_event() -> None:
    """A stream that ends inside a mark says nothing."""
    assert [frame for frame in framed([b"\xef", b"\xbb"]) if frame.data] == []


def test_an_empty_chunk_changes_nothing() -> None:
    """An empty piece between the halves of a line end does not make the second half a line of its own."""
    assert [frame.raw for frame in framed([b"data: 1\n\r", b"", b"\ndata: 2\n\n"])] == [b"data: 1\n\r", b"data: 2\n\n"]


def test_a_frame_that_never_ends_is_malformed() -> None:
    """Memory is bounded by the limit, however small the pieces."""
    framer = Framer(limit=10)
    assert framer.feed(b"data: 1\n\ndata: 2") == [Frame(b"1", b"data: 1\n\n")]
    for _ in range(3):
        framer.feed(b"x")
    with pytest.raises(MalformedReply, match="more than 10 bytes"):
        framer.feed(b"x")


def test_the_unfinished_frame_can_be_seen() -> None:
    """A relay must know whether a chunk ended between frames."""
    framer = Framer()
    framer.feed(b"data: 1\n\nda")
    assert framer.pending == b"da"
    framer.feed(b"ta: 2\n\n")
    assert framer.pending == b""
    assert framer.close() is None
