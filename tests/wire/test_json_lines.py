"""Lines of JSON, in whatever pieces they come."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.errors import MalformedReply
from limen.wire.json_lines import LineFramer
from limen.wire.sse import Frame

STREAM = b'{"a":"x\xe2\x80\xa8y"}\n{"b":[1,\r 2]}\r\n\r\n\n  \n{"c":"\xc2\x85"}\n{"last":true}'
DATA = [b'{"a":"x\xe2\x80\xa8y"}', b'{"b":[1,\r 2]}', b'{"c":"\xc2\x85"}', b'{"last":true}']


def framed(pieces: list[bytes]) -> list[Frame]:
    framer = LineFramer()
    found = [frame for piece in pieces for frame in framer.feed(piece)]
    rest = framer.close()
    return found if rest is None else [*found, rest]


def test_lines_end_with_a_newline_alone() -> None:
    r"""Not with ``\r``, U+2028 or U+0085; blank lines are left out, and the last line needs no end."""
    assert [frame.data for frame in framed([STREAM])] == DATA


def test_raw_bytes_hold_the_line_end() -> None:
    r"""A frame can be passed on as it came, ``\r\n`` included."""
    assert b"".join(frame.raw for frame in framed([b"1\r\n2\n3"])) == b"1\r\n2\n3"


def test_every_split_gives_the_same_frames() -> None:
    """Byte by byte, and cut at every boundary."""
    whole = framed([STREAM])
    assert framed([STREAM[i : i + 1] for i in range(len(STREAM))]) == whole
    for cut in range(len(STREAM) + 1):
        assert framed([STREAM[:cut], STREAM[cut:]]) == whole


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=12)))
def test_any_pieces_give_what_the_whole_gives(pieces: list[bytes]) -> None:
    """Whatever the bytes are."""
    assert framed(pieces) == framed([b"".join(pieces)])


def test_a_byte_order_mark_is_skipped() -> None:
    """At the start alone, whole or split, and where one line is all there is."""
    for cut in range(5):
        text = b"\xef\xbb\xbf1\n\xef\xbb\xbf2\n"
        assert [frame.data for frame in framed([text[:cut], text[cut:]])] == [b"1", b"\xef\xbb\xbf2"]
    assert [frame.data for frame in framed([b"\xef\xbb\xbf7"])] == [b"7"]


def test_a_line_without_an_end_is_refused_at_the_limit() -> None:
    """A provider that never ends its line can't fill the memory."""
    framer = LineFramer(limit=10)
    assert framer.feed(b"123456789\n") != []
    framer.feed(b"1234567890")
    with pytest.raises(MalformedReply, match="10 bytes"):
        framer.feed(b"1")


def test_between_says_whether_a_line_is_open() -> None:
    """So that whole lines can be passed on unread."""
    framer = LineFramer()
    assert framer.between
    framer.feed(b"1\n2")
    assert not framer.between
    framer.feed(b"\n")
    assert framer.between
