r"""Server-sent events, framed on bytes.

The standard's line ends are ``\n``, ``\r\n`` and ``\r`` and no others: U+2028, U+0085 and the like are legal inside JSON strings,
so a text-level line splitter would tear frames apart. Source: WHATWG HTML, 9.2.6 "Interpreting an event stream".

Must not: decode JSON, know a dialect, or keep more than one incomplete frame.
"""

from __future__ import annotations

import re

import msgspec

from limen.errors import MalformedReply

# Atomic groups: once "\r\n" is taken as one line end, it is never reconsidered as "\r" followed by "\n".
_BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_LONGEST_BLANK_LINE = 4

MAX_FRAME = 32 * 1024 * 1024
"""Bytes. A provider that sends more without a blank line is broken, or means harm."""


class Frame(msgspec.Struct, frozen=True):
    """One frame. `data` is its data lines joined by newlines, empty for a frame of comments; `raw` is all of its bytes."""

    data: bytes
    raw: bytes
    event: str | None = None


class Framer:
    """Bytes in any split → frames. One per stream."""

    __slots__ = ("_at_start", "_limit", "_skip_newline", "_tail")

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._tail = bytearray()
        self._limit = limit
        self._skip_newline = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes. MalformedReply if one grows over the limit."""
        if self._skip_newline and chunk:
            # The last frame was closed by "\r" at the very end of its chunk; a "\n" now is the rest of that line end.
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk:
            return []
        if not self._at_start and not self._tail:
            return self._cut(chunk, 0)
        known = len(self._tail)
        self._tail += chunk
        if self._at_start:
            if len(self._tail) < len(_BOM) and _BOM.startswith(self._tail):
                return []
            self._at_start = False
            known = 0
            if self._tail.startswith(_BOM):
                del self._tail[: len(_BOM)]
        return self._cut(self._tail, max(0, known - _LONGEST_BLANK_LINE))

    def _cut(self, buffer: bytes | bytearray, search_from: int) -> list[Frame]:
        """Cut frames off the front of `buffer`; what is left becomes the tail. A tail grows in place, a chunk is not copied."""
        frames: list[Frame] = []
        start = 0
        while match := _BLANK_LINE.search(buffer, search_from):
            end = search_from = match.end()
            frame = _read(bytes(buffer[start : match.start()]), bytes(buffer[start:end]))
            if frame is not None:
                frames.append(frame)
            start = end
        if start:
            self._skip_newline = start == len(buffer) and buffer.endswith(b"\r")
        if buffer is self._tail:
            del self._tail[:start]
        else:
            self._tail += buffer[start:]
        if len(self._tail) > self._limit:
            raise MalformedReply(f"the provider sent more than {self._limit} bytes without completing an event")
        return frames

    @property
    def between(self) -> bool:
        """Whether every byte so far belongs to a complete frame."""
        return not self._tail

    @property
    def pending(self) -> bytes:
        """The bytes of the frame that is not complete."""
        return bytes(self._tail)

    def close(self) -> Frame | None:
        """The frame that the end of the bytes left without its blank line, if it reads as one; some servers omit the last."""
        tail, self._tail = bytes(self._tail), bytearray()
        return _read(tail, tail) if tail.strip() else None


def _read(text: bytes, raw: bytes) -> Frame | None:
    if text.startswith(b"data:") and b"\n" not in text and b"\r" not in text:
        return Frame(text[6:] if text[5:6] == b" " else text[5:], raw)
    data: list[bytes] = []
    event: str | None = None
    lines = _LINE_END.split(text)
    for line in lines:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value.decode("utf-8", "replace")
    if not any(lines):
        return None
    return Frame(b"\n".join(data), raw, event)
