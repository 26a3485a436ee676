"""The relay of Ollama's streams: whole lines through, with a look at those that end the answer or break it.

Pure: fed with bytes, asked for bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.json_lines import LineFramer
from limen.wire.sse import Frame

_GOES_ON = b',"done":false}'
_LINE_THAT_GOES_ON = _GOES_ON + b"\n"
_ABSENT = msgspec.Raw(b"null")


class _Tapped(msgspec.Struct):
    """What the tap looks for; all else in a line is skipped undecoded."""

    done: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    message: msgspec.Raw = _ABSENT
    response: msgspec.Raw = _ABSENT


_TAP = msgspec.json.Decoder(_Tapped)


class LineRelay:
    """One relayed stream. `read_error` turns an error line into a fault; `dress` changes a line for the client's surface."""

    __slots__ = ("_dress", "_framer", "_read_error", "ended", "fault", "started")

    def __init__(
        self, read_error: Callable[[bytes], ProviderReply], dress: Callable[[Frame], bytes] | None = None
    ) -> None:
        self._framer = LineFramer()
        self._read_error = read_error
        self._dress = dress
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an error line `fault` is set and nothing more goes out."""
        if self.started and self._dress is None and self._framer.between and chunk.endswith(_LINE_THAT_GOES_ON):
            # Whole lines that all say that the answer goes on, which a line of an error does not.
            lines = chunk.count(b"\n")
            if lines == chunk.count(_LINE_THAT_GOES_ON) and not (self.ended or self.fault):
                return chunk
        return b"".join([self._pass(frame) for frame in self._framer.feed(chunk)])

    def _pass(self, frame: Frame) -> bytes:
        if self.fault or self.ended:
            return b""
        if not frame.data.endswith(_GOES_ON) and not self._tap(frame.data):
            return b""
        self.started = True
        return frame.raw if self._dress is None else self._dress(frame)

    def _tap(self, data: bytes) -> bool:
        """Look into a line that may be the last; tells whether it goes on to the client."""
        try:
            seen = _TAP.decode(data)
        except (msgspec.DecodeError, RecursionError):
            raise MalformedReply("the provider sent a line that is not a JSON object") from None
        if _is_set(seen.error) and not _is_set(seen.message) and not _is_set(seen.response):
            self.fault = self._read_error(data)
            return False
        self.ended = bytes(seen.done) == b"true"
        return True

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = self._pass(msgspec.structs.replace(rest, raw=rest.data + b"\n")) if rest else b""
        if not (self.ended or self.fault):
            raise MalformedReply("the provider's stream ended without its last line")
        return out


def _is_set(raw: msgspec.Raw) -> bool:
    return bytes(raw) != b"null"
