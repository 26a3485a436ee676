"""The framing of ``application/vnd.amazon.eventstream``: messages of binary headers and a payload, each with its checksums.

::

    total length (4) | length of headers (4) | CRC of these 8 (4) | headers | payload | CRC of all before (4)

Numbers are big-endian; checksums are CRC-32 of gzip. A header is a length (1), a name, a type (1) and a value. Source: AWS,
"Amazon Transcribe: setting up a streaming request, event stream encoding"; the limits are those of botocore's decoder.

Must not: decode JSON, know a dialect, or keep more than one incomplete message.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from limen.errors import MalformedReply
from limen.wire.sse import Frame

MAX_HEADERS = 128 * 1024
"""Bytes of one message's headers."""
MAX_PAYLOAD = 24 * 1024 * 1024
"""Bytes of one message's payload."""

_PRELUDE = struct.Struct(">III")
_LENGTHS = struct.Struct(">II")
_NUMBER = struct.Struct(">I")
_OVERHEAD = 16
_MOST_KNOWN_HEADERS = 64
_FIXED = {
    2: struct.Struct(">b"),
    3: struct.Struct(">h"),
    4: struct.Struct(">i"),
    5: struct.Struct(">q"),
    8: struct.Struct(">q"),
}
"""By type: byte, short, integer, long, timestamp in milliseconds since 1970."""
_TEXT, _BYTES, _UUID = 7, 6, 9


class EventMessage(Frame, frozen=True):
    """One message. `event` is the name of its event or exception, `kind` says which: event, exception or error.

    `data` is its payload, `headers` all that its headers say.
    """

    kind: str = "event"
    headers: Mapping[str, Any] = {}


_Known = tuple[str | None, str, Mapping[str, Any]]


class EventStreamFramer:
    """Bytes in any split → messages. One per stream."""

    __slots__ = ("_known", "_tail")

    def __init__(self) -> None:
        self._tail = bytearray()
        # A stream has a handful of different header blocks, each repeated for every message of its kind.
        self._known: dict[bytes, _Known] = {}

    def feed(self, chunk: bytes) -> list[Frame]:
        """The messages that `chunk` completes. MalformedReply for checksums that don't agree and for what is too long."""
        if not self._tail:
            return self._cut(chunk)
        self._tail += chunk
        return self._cut(bytes(self._tail)) if len(self._tail) >= self._wanted() else []

    def _wanted(self) -> int:
        """How many bytes the first message in the tail has, as far as that is known."""
        if len(self._tail) < _PRELUDE.size:
            return _PRELUDE.size
        total: int = _NUMBER.unpack_from(self._tail)[0]
        return total

    def _cut(self, buffer: bytes) -> list[Frame]:
        frames: list[Frame] = []
        start, size = 0, len(buffer)
        while size - start >= _PRELUDE.size:
            total, head = _check_prelude(buffer, start)
            end = start + total
            if end > size:
                break
            frames.append(self._read(buffer[start:end], head))
            start = end
        self._tail = bytearray(buffer[start:])
        return frames

    def _read(self, raw: bytes, head: int) -> EventMessage:
        if crc32(memoryview(raw)[:-4]) != _NUMBER.unpack_from(raw, len(raw) - 4)[0]:
            raise MalformedReply("the provider sent an event whose checksum is not that of its bytes")
        block, payload = raw[12 : 12 + head], raw[12 + head : -4]
        known = self._known.get(block)
        if known is None:
            known = _describe(read_headers(block))
            if len(self._known) < _MOST_KNOWN_HEADERS:
                self._known[block] = known
        event, kind, headers = known
        return EventMessage(payload, raw, event, kind, headers)

    @property
    def between(self) -> bool:
        """Whether every byte so far belongs to a complete message."""
        return not self._tail

    def close(self) -> Frame | None:
        """None: nothing completes a message but its own bytes. MalformedReply if one was cut."""
        if self._tail:
            raise MalformedReply("the provider's stream ended in the middle of an event")
        return None


def _check_prelude(buffer: bytes, start: int) -> tuple[int, int]:
    """The length of the message at `start`, and of its headers; refuses what can't be a message before waiting for it."""
    total, head, checksum = _PRELUDE.unpack_from(buffer, start)
    if crc32(buffer[start : start + _LENGTHS.size]) != checksum:
        raise MalformedReply(
            "the provider sent what is not an event stream: the checksum of an event's lengths is wrong"
        )
    if head > MAX_HEADERS or total - _OVERHEAD - head > MAX_PAYLOAD:
        raise MalformedReply(f"the provider sent an event of {total} bytes, which is more than an event may have")
    if total < _OVERHEAD + head:
        raise MalformedReply("the provider sent an event whose headers are longer than itself")
    return total, head


def _describe(headers: dict[str, Any]) -> _Known:
    kind = headers.get(":message-type", "event")
    key = {"exception": ":exception-type", "error": ":error-code"}.get(str(kind), ":event-type")
    name = headers.get(key)
    return name if isinstance(name, str) else None, str(kind), headers


def read_headers(block: bytes) -> dict[str, Any]:
    """The headers in `block`: text, bytes, numbers, true and false. MalformedReply if they can't be read."""
    found: dict[str, Any] = {}
    position, size = 0, len(block)
    try:
        while position < size:
            length = block[position]
            name_end = position + 1 + length
            name = block[position + 1 : name_end].decode()
            found[name], position = _read_value(block, block[name_end], name_end + 1)
    except (IndexError, struct.error, UnicodeDecodeError):
        raise MalformedReply("the provider sent an event whose headers can't be read") from None
    if position != size:
        raise MalformedReply("the provider sent an event whose last header is cut")
    return found


def _read_value(block: bytes, kind: int, position: int) -> tuple[Any, int]:
    """The value of type `kind` at `position`, and where it ends."""
    if kind in (0, 1):
        return kind == 0, position
    fixed = _FIXED.get(kind)
    if fixed is not None:
        return fixed.unpack_from(block, position)[0], position + fixed.size
    if kind == _UUID:
        return block[position : position + 16], position + 16
    if kind not in (_BYTES, _TEXT):
        raise MalformedReply(f"the provider sent an event with a header of the unknown type {kind}")
    start = position + 2
    end = start + int.from_bytes(block[position:start], "big")
    if end > len(block):
        raise IndexError
    value = block[start:end]
    return value.decode() if kind == _TEXT else value, end


def header_block(headers: Mapping[str, str]) -> bytes:
    """Headers of text values, encoded."""
    parts = []
    for name, value in headers.items():
        key, text = name.encode(), value.encode()
        parts.append(bytes((len(key),)) + key + bytes((_TEXT,)) + len(text).to_bytes(2, "big") + text)
    return b"".join(parts)


def encode_message(headers: bytes, payload: bytes) -> bytes:
    """One message of encoded `headers` (see :func:`header_block`) and a payload."""
    lengths = _LENGTHS.pack(_OVERHEAD + len(headers) + len(payload), len(headers))
    message = b"".join((lengths, _NUMBER.pack(crc32(lengths)), headers, payload))
    return message + _NUMBER.pack(crc32(message))


def encode_event(name: str, payload: bytes) -> bytes:
    """An event with a payload of JSON."""
    return encode_message(event_headers(name), payload)


def event_headers(name: str) -> bytes:
    """The encoded headers of an event, in the order in which Bedrock writes them."""
    return header_block({":event-type": name, ":content-type": "application/json", ":message-type": "event"})


def encode_exception(name: str, payload: bytes) -> bytes:
    """An exception, which ends a stream."""
    told = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return encode_message(header_block(told), payload)
