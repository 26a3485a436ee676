"""The relay of a stream between two ends that speak the same dialect: bytes through, a tap beside.

Frames go on as they came, whole ones only, so that a break never leaves half a frame at the client. The tap decodes only the
frames that carry usage or an error, and sees the end marker. Pure: fed with bytes, asked for bytes.

Holds for the dialects of OpenAI's family, whose frames are unnamed and end with ``data: [DONE]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.sse import Frame, Framer

DONE = b"data: [DONE]\n\n"
_FRAME_ENDS = (b"\n\n", b"\r\n\r\n")
_NULL_USAGE = (b'"usage":null', b'"usage": null')
_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')


_ABSENT = msgspec.Raw(b"null")


class _Tapped(msgspec.Struct):
    """What the tap looks for; all else in a frame is skipped undecoded."""

    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    choices: msgspec.Raw = _ABSENT


_TAP = msgspec.json.Decoder(_Tapped)


class StreamRelay:
    """One relayed stream.

    `hide_usage`: leave out the frame that only carries usage, since the client did not ask for it. `dress`: how a frame is
    changed for the client's surface, if at all; then the end marker is left out too. `read_error` turns an error frame into
    a fault.
    """

    __slots__ = (
        "_before_last",
        "_dress",
        "_framer",
        "_hide_usage",
        "_last",
        "_plain",
        "_read_error",
        "ended",
        "fault",
        "started",
        "usage",
    )

    def __init__(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> None:
        self._framer = Framer()
        self._read_error = read_error
        self._hide_usage = hide_usage
        self._dress = dress
        self._before_last = self._last = b""
        self._plain = False
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None
        self.usage: bytes | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an error frame `fault` is set and nothing more goes out."""
        self._before_last, self._last = self._last, chunk
        if self._plain and self._framer.between and b'"error"' not in chunk and chunk.endswith(_FRAME_ENDS):
            # Whole frames with nothing for the tap in them go on as they are: a few look-ups, no parsing.
            usages = chunk.count(b'"usage"')
            if b"[DONE]" not in chunk and (not usages or usages == sum(map(chunk.count, _NULL_USAGE))):
                return chunk
        return b"".join([self._pass(frame) for frame in self._framer.feed(chunk)])

    def _pass(self, frame: Frame) -> bytes:
        data = frame.data
        if self.fault or self.ended or (not data and not self.started):
            return b""  # Comments before the first event would commit the reply to a status too early.
        if not data:
            return frame.raw
        if data.strip() == b"[DONE]":
            self.ended = True
            return frame.raw if self._dress is None else b""
        if not self._tap(data):
            return b""
        self.started = True
        self._plain = self._dress is None
        return frame.raw if self._dress is None else self._dress(frame)

    def _tap(self, data: bytes) -> bool:
        """Look into a frame that may carry usage or an error; tells whether it goes on to the client."""
        if b'"usage"' not in data and b'"error"' not in data:
            return True
        try:
            seen = _TAP.decode(data)
        except msgspec.DecodeError:
            raise MalformedReply("the provider sent a stream event that is not valid JSON") from None
        if _is_set(seen.error) and not _is_set(seen.choices):
            self.fault = self._read_error(data)
            return False
        if _is_set(seen.usage):
            self.usage = bytes(seen.usage)
            if self._hide_usage and bytes(seen.choices).strip(b"[] \t\r\n") == b"":
                return False
        return True

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = self._pass(msgspec.structs.replace(rest, raw=rest.raw.rstrip(b"\r\n") + b"\n\n")) if rest else b""
        if self.ended or self.fault:
            return out
        if not _FINISHED.search(self._before_last + self._last):
            raise MalformedReply("the provider's stream ended without its end marker")
        # Some servers close the stream after the last finish reason and leave `[DONE]` out.
        self.ended = True
        return out if self._dress else out + DONE


def _is_set(raw: msgspec.Raw) -> bool:
    return bytes(raw) != b"null"
