"""Framing of HTTP/1.1 messages, for the provider (requests) and the load generator (responses).

As little as two trusted peers need, but right at every split of the bytes: content-length, chunked with
extensions and trailers, or until close. It must stay cheap: it runs on the core that feeds every gateway.
No I/O here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LENGTH = b"\r\ncontent-length:"
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked")
_MORE = -1
"""A step's answer when it can't go on without more bytes."""


class FramingError(Exception):
    """The peer's bytes are not HTTP/1.1 as this tool knows it."""


class MessageReader:
    """Feeds on bytes; calls `on_head(head)`, `on_body(piece)` any number of times, then `on_end()`.

    The head comes in lower case, for all that is asked of it here.

    `until_close` says what a message without a length is: a body that ends with the connection (a response)
    or no body at all (a request).
    """

    __slots__ = ("_buffer", "_left", "_on_body", "_on_end", "_on_head", "_step", "_until_close")

    def __init__(
        self,
        on_head: Callable[[bytes], None],
        on_body: Callable[[bytes], None],
        on_end: Callable[[], None],
        *,
        until_close: bool,
    ) -> None:
        self._on_head, self._on_body, self._on_end = on_head, on_body, on_end
        self._until_close = until_close
        self._buffer = b""
        self._left = 0
        self._step = self._head

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection. Raises `FramingError`."""
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        position, end = 0, len(data)
        while position < end:
            after = self._step(data, position)
            if after == _MORE:
                self._buffer = data[position:]
                return
            position = after

    @property
    def at_rest(self) -> bool:
        """Whether the next byte begins a message."""
        return self._step == self._head and not self._buffer

    def feed_eof(self) -> bool:
        """The connection ended; True when that is a proper end of what was read."""
        if self._step == self._rest:
            self._finish()
        return self.at_rest

    def _finish(self) -> None:
        self._step = self._head
        self._on_end()

    def _head(self, data: bytes, position: int) -> int:
        stop = data.find(b"\r\n\r\n", position)
        if stop < 0:
            return _MORE
        # Lower case and literal searches: a regular expression that ignores case costs a microsecond.
        head = data[position : stop + 2].lower()
        self._on_head(head)
        if (found := head.find(_LENGTH)) > 0:
            first = found + len(_LENGTH)
            self._left = _number(head[first : head.find(b"\r\n", first)], 10)
        elif _CHUNKED.search(head):
            self._step = self._chunk_size
            return stop + 4
        elif self._until_close:
            self._step = self._rest
            return stop + 4
        return self._whole(data, stop + 4)

    def _whole(self, data: bytes, position: int) -> int:
        """A body of known length begins; most often it is here already."""
        if self._left:
            self._step = self._body
            if position < len(data):
                return self._body(data, position)
        else:
            self._finish()
        return position

    def _body(self, data: bytes, position: int) -> int:
        position = self._take(data, position)
        if not self._left:
            self._finish()
        return position

    def _rest(self, data: bytes, position: int) -> int:
        self._on_body(data[position:])
        return len(data)

    def _take(self, data: bytes, position: int) -> int:
        after = min(position + self._left, len(data))
        self._left -= after - position
        self._on_body(data[position:after])
        return after

    def _chunk_size(self, data: bytes, position: int) -> int:
        stop = data.find(b"\r\n", position)
        if stop < 0:
            return _MORE
        self._left = _number(data[position:stop].split(b";", 1)[0], 16)
        self._step = self._chunk if self._left else self._trailer
        return stop + 2

    def _chunk(self, data: bytes, position: int) -> int:
        position = self._take(data, position)
        if not self._left:
            self._step = self._chunk_end
        return position

    def _chunk_end(self, data: bytes, position: int) -> int:
        if len(data) < position + 2:
            return _MORE
        if data[position : position + 2] != b"\r\n":
            raise FramingError("a chunk is longer than it said")
        self._step = self._chunk_size
        return position + 2

    def _trailer(self, data: bytes, position: int) -> int:
        stop = data.find(b"\r\n", position)
        if stop < 0:
            return _MORE
        if stop == position:
            self._finish()
        return stop + 2


def _number(text: bytes, base: int) -> int:
    try:
        return int(text, base)
    except ValueError as error:
        raise FramingError(f"not a length: {text!r}") from error


def chunk(data: bytes) -> bytes:
    """`data` as one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
