r"""A JSON array that arrives in pieces, framed on bytes: each element is a frame.

Google's servers stream so where a client does not ask for server-sent events: ``[{…}\n,\n{…}]``.

Must not: decode JSON, or keep more than one incomplete element.
"""

from __future__ import annotations

import re

from limen.errors import MalformedReply
from limen.wire.sse import MAX_FRAME, Frame

_TOKEN = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'["\\]')

_BETWEEN = b" \t\r\n,"


class ArrayFramer:
    """Bytes in any split → one frame for each object of the array. One per stream.

    An object that stands alone, without an array around it, is a frame too: a server's error is often sent so.
    """

    __slots__ = ("_begun", "_depth", "_in_string", "_limit", "_position", "_tail", "closed")

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._tail = bytearray()
        self._limit = limit
        self._depth = 0
        self._position = 0
        self._in_string = False
        self._begun = False
        self.closed = False
        """True once the array's closing bracket was seen."""

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes. MalformedReply for what is no array of objects, and for one that grows too long."""
        self._tail += chunk
        frames: list[Frame] = []
        while self._depth or self._skip_between():
            end = self._find_end()
            if end is None:
                break
            raw = bytes(self._tail[:end])
            frames.append(Frame(raw, raw))
            del self._tail[:end]
            self._position = 0
        if len(self._tail) > self._limit:
            raise MalformedReply(f"the provider sent more than {self._limit} bytes without completing an event")
        return frames

    def close(self) -> Frame | None:
        """Nothing: an element is complete with its own last byte, or was cut."""
        return None

    def _skip_between(self) -> bool:
        """Drop what stands between elements; tells whether one begins."""
        tail = self._tail
        at = 0
        while at < len(tail) and tail[at] in _BETWEEN:
            at += 1
        if at < len(tail) and tail[at] == ord("[") and not self._begun:
            self._begun = True
            del tail[: at + 1]
            return self._skip_between()
        if at < len(tail) and tail[at] == ord("]") and self._begun:
            self.closed = True
            at += 1
            while at < len(tail) and tail[at] in _BETWEEN:
                at += 1
        if at < len(tail) and (tail[at] != ord("{") or self.closed):
            raise MalformedReply("the provider's stream is not a JSON array of objects")
        del tail[:at]
        return bool(tail)

    def _find_end(self) -> int | None:
        """Where the element at the front of the tail ends; None while it is not complete. Goes on where it stopped."""
        tail, position = self._tail, self._position
        while True:
            match = (_STRING_END if self._in_string else _TOKEN).search(tail, position)
            if match is None:
                self._position = len(tail)
                return None
            character = match[0]
            position = match.end()
            if character == b"\\":
                if position == len(tail):
                    self._position = match.start()  # What is escaped has not arrived.
                    return None
                position += 1
            elif character == b'"':
                self._in_string = not self._in_string
            elif character in (b"{", b"["):
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 0:
                    return position
