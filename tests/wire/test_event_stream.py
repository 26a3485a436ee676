"""AWS's event streams: any split gives the same messages, and what is damaged or meant to harm is refused."""

from struct import pack
from typing import Any
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.errors import MalformedReply
from limen.wire.event_stream import (
    MAX_HEADERS,
    MAX_PAYLOAD,
    EventMessage,
    EventStreamFramer,
    encode_event,
    encode_exception,
    encode_message,
    header_block,
    read_headers,
)

STREAM = (
    encode_event("messageStart", b'{"role":"assistant"}')
    + encode_event("contentBlockDelta", '{"delta":{"text":"Zoë"}}'.encode())
    + encode_message(b"", b"")
    + encode_exception("throttlingException", b'{"message":"slow down"}')
)


def messages(data: bytes, cuts: list[int] | None = None) -> list[EventMessage]:
    framer, found, start = EventStreamFramer(), [], 0
    for end in [*(cuts or []), len(data)]:
        found += framer.feed(data[start:end])
        start = end
    assert framer.close() is None
    assert framer.between
    return [frame for frame in found if isinstance(frame, EventMessage)]


def test_messages_are_told_apart() -> None:
    """Events by their name, exceptions by theirs, and a message without headers is an event without a name."""
    found = messages(STREAM)
    assert [(m.event, m.kind) for m in found] == [
        ("messageStart", "event"),
        ("contentBlockDelta", "event"),
        (None, "event"),
        ("throttlingException", "exception"),
    ]
    assert found[1].data == '{"delta":{"text":"Zoë"}}'.encode()
    assert b"".join([m.raw for m in found]) == STREAM


def test_an_error_is_named_by_its_code() -> None:
    """The third kind of message: the service gave up."""
    block = header_block({":message-type": "error", ":error-code": "InternalFailure", ":error-message": "oh"})
    (found,) = messages(encode_message(block, b""))
    assert (found.event, found.kind, found.headers[":error-message"]) == ("InternalFailure", "error", "oh")


def test_any_split_gives_the_same_messages() -> None:
    """Whole, byte by byte, and cut at every boundary."""
    whole = messages(STREAM)
    assert messages(STREAM, list(range(1, len(STREAM)))) == whole
    for cut in range(len(STREAM)):
        assert messages(STREAM, [cut]) == whole


def test_botocore_reads_what_is_written() -> None:
    """Its decoder finds the same events and payloads."""
    buffer = EventStreamBuffer()
    buffer.add_data(STREAM)
    assert [(m.headers, m.payload) for m in buffer] == [(m.headers, m.data) for m in messages(STREAM)]


VALUES = {
    b"\x00": True,
    b"\x01": False,
    b"\x02\xff": -1,
    b"\x03\x01\x00": 256,
    b"\x04\xff\xff\xff\xfe": -2,
    b"\x05" + pack(">q", 2**40): 2**40,
    b"\x06\x00\x02ab": b"ab",
    b"\x07\x00\x03\xe2\x82\xac": "€",
    b"\x08" + pack(">q", 1_700_000_000_000): 1_700_000_000_000,
    b"\x09" + bytes(range(16)): bytes(range(16)),
}


@pytest.mark.parametrize(("encoded", "value"), VALUES.items())
def test_headers_of_every_type_are_read(encoded: bytes, value: Any) -> None:
    """Also those that Bedrock does not send today."""
    assert read_headers(b"\x01x" + encoded + b"\x01y\x00") == {"x": value, "y": True}


@pytest.mark.parametrize("encoded", [value for value in VALUES if len(value) > 1])
def test_cut_headers_are_refused(encoded: bytes) -> None:
    """A header's value ends before its length says."""
    with pytest.raises(MalformedReply):
        read_headers(b"\x01x" + encoded[:-1])


@pytest.mark.parametrize("block", [b"\x05x", b"\x01x", b"\x01\xff\x00", b"\x01x\x0a", b"\x01x\x07\x00\x01\xff"])
def test_headers_that_are_none_are_refused(block: bytes) -> None:
    """A name that is cut or not UTF-8, no type, an unknown one."""
    with pytest.raises(MalformedReply):
        read_headers(block)


def test_a_changed_byte_is_noticed() -> None:
    """Wherever it is: in the lengths, the headers, the payload or a checksum."""
    message = encode_event("messageStop", b'{"stopReason":"end_turn"}')
    for place in range(len(message)):
        damaged = message[:place] + bytes([message[place] ^ 1]) + message[place + 1 :]
        with pytest.raises(MalformedReply):
            messages(damaged)


def test_other_bytes_are_refused_at_once() -> None:
    """Server-sent events, a page: nothing is waited for that the first twelve bytes rule out."""
    for text in (b'data: {"choices":[]}\n\n', b"<!doctype html><html>"):
        with pytest.raises(MalformedReply):
            EventStreamFramer().feed(text[:12])


@pytest.mark.parametrize(
    ("total", "head"),
    [(16 + MAX_PAYLOAD + 1, 0), (16 + MAX_HEADERS + 1, MAX_HEADERS + 1), (2**32 - 1, 0), (15, 0), (40, 100), (0, 0)],
)
def test_a_length_that_can_not_be_is_refused_before_its_bytes(total: int, head: int) -> None:
    """More than a message may have, or less than it must."""
    lengths = pack(">II", total, head)
    with pytest.raises(MalformedReply):
        EventStreamFramer().feed(lengths + pack(">I", crc32(lengths)))


def test_a_cut_message_does_not_look_whole() -> None:
    """The bytes end inside a message."""
    framer = EventStreamFramer()
    framer.feed(STREAM[:-1])
    assert not framer.between
    with pytest.raises(MalformedReply):
        framer.close()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_noise_is_refused_or_waited_for(noise: bytes, cuts: list[int]) -> None:
    """Random bytes never raise anything else."""
    framer, start = EventStreamFramer(), 0
    try:
        for end in [*sorted(cut for cut in cuts if cut < len(noise)), len(noise)]:
            framer.feed(noise[start:end])
            start = end
        framer.close()
    except MalformedReply:
        pass
