r"""Lines of JSON (NDJSON), framed on bytes: one value a line, ended by ``\n`` or ``\r\n``.

Only the newline ends a line: a carriage return by itself is white space to JSON, and U+2028 or U+0085 may stand inside strings.
Source: github.com/ndjson/ndjson-spec, 3.1 "Serialization", 3.2 "Parsing" (blank lines may be ignored).

Must not: decode JSON, know a dialect, or keep more than one incomplete line.
"""

from __future__ import annotations

from limen.errors import MalformedReply
from limen.wire.sse import MAX_FRAME, Frame

_BOM = b"\xef\xbb\xbf"


class LineFramer:
    """Bytes in any split → frames, whose `data` is a line without its end. Blank lines are left out. One per stream."""

    __slots__ = ("_at_start", "_limit", "_tail")

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._tail = bytearray()
        self._limit = limit
        self._at_start = True

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes. MalformedReply if a line grows over the limit."""
        end = chunk.rfind(b"\n") + 1
        if not end:
            self._keep(chunk)
            return []
        whole = bytes(self._tail) + chunk[:end] if self._tail else chunk[:end]
        self._tail.clear()
        self._keep(chunk[end:])
        return [frame for line in self._start(whole).split(b"\n")[:-1] if (frame := _read(line, line + b"\n"))]

    def _keep(self, rest: bytes) -> None:
        self._tail += rest
        if len(self._tail) > self._limit:
            raise MalformedReply(f"the provider sent more than {self._limit} bytes without completing a line")

    def _start(self, text: bytes) -> bytes:
        """`text` without the mark that some writers put before the first byte."""
        if not self._at_start:
            return text
        self._at_start = False
        return text.removeprefix(_BOM)

    @property
    def between(self) -> bool:
        """Whether every byte so far belongs to a complete line."""
        return not self._tail

    def close(self) -> Frame | None:
        """The line that the end of the bytes left without its newline; the last one often has none."""
        tail = self._start(bytes(self._tail))
        self._tail.clear()
        return _read(tail, tail)


def _read(line: bytes, raw: bytes) -> Frame | None:
    data = line.removesuffix(b"\r")
    return Frame(data, raw) if data and not data.isspace() else None
