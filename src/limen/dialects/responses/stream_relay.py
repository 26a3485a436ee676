"""The relay of a stream between two ends that speak this dialect: whole frames through, a look at those that end it.

Only the last frame carries usage, and only a failed one an error; the others are told apart by a few look-ups of bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.sse import Frame, Framer

_FRAME_ENDS = (b"\n\n", b"\r\n\r\n")
_SIGNS = (b"response.completed", b"response.incomplete", b"response.failed", b'"error"')
_ABSENT = msgspec.Raw(b"null")


class _Answer(msgspec.Struct):
    usage: msgspec.Raw = _ABSENT


class _Tapped(msgspec.Struct):
    """What the tap looks for; all else in a frame is skipped undecoded."""

    type: str = ""
    response: _Answer | None = None
    error: msgspec.Raw = _ABSENT


_TAP = msgspec.json.Decoder(_Tapped)


class ResponsesRelay:
    """One relayed stream. `read_error` turns an event that tells of an error into a fault; `dress` changes each frame."""

    __slots__ = ("_dress", "_framer", "_read_error", "ended", "fault", "started", "usage")

    def __init__(
        self, read_error: Callable[[bytes], ProviderReply], *, dress: Callable[[Frame], bytes] | None = None
    ) -> None:
        self._framer = Framer()
        self._read_error = read_error
        self._dress = dress
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None
        self.usage: bytes | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an error `fault` is set and nothing more goes out."""
        plain = self.started and self._dress is None and not (self.ended or self.fault)
        if plain and self._framer.between and chunk.endswith(_FRAME_ENDS) and not any(sign in chunk for sign in _SIGNS):
            return chunk
        return b"".join([self._pass(frame) for frame in self._framer.feed(chunk)])

    def _pass(self, frame: Frame) -> bytes:
        data = frame.data
        if self.fault or self.ended or (not data and not self.started):
            return b""  # Comments before the first event would commit the reply to a status too early.
        if data and any(sign in data for sign in _SIGNS) and not self._tap(frame):
            return b""
        self.started = self.started or bool(data)
        return frame.raw if self._dress is None else self._dress(frame)

    def _tap(self, frame: Frame) -> bool:
        """Look into a frame that may end the answer; tells whether it goes on to the client."""
        try:
            seen = _TAP.decode(frame.data)
        except msgspec.DecodeError:
            raise MalformedReply("the provider sent a stream event that is not valid JSON") from None
        failed = seen.type in ("error", "response.failed") or frame.event == "error"
        if failed or (not seen.type and bytes(seen.error) != b"null"):
            self.fault = self._read_error(frame.data)
            return False
        if seen.type in ("response.completed", "response.incomplete"):
            self.ended = True
            if seen.response is not None and bytes(seen.response.usage) != b"null":
                self.usage = bytes(seen.response.usage)
        return True

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = self._pass(msgspec.structs.replace(rest, raw=rest.raw.rstrip(b"\r\n") + b"\n\n")) if rest else b""
        if not self.ended and self.fault is None:
            raise MalformedReply("the provider's stream ended before its response was complete")
        return out
