"""The relay of a Gemini stream between two ends that speak the same dialect: whole frames through, a tap beside.

Only frames that say why they end, or that carry an error, are looked into. The stream has no end marker: it is complete if its
provider closed it after a reason to finish.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from limen.dialects.gemini.errors import read_error
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.sse import Frame, Framer

_ABSENT = msgspec.Raw(b"null")


class _Candidate(msgspec.Struct):
    finishReason: msgspec.Raw = _ABSENT  # noqa: N815  the wire's name


class _Feedback(msgspec.Struct):
    blockReason: msgspec.Raw = _ABSENT  # noqa: N815  the wire's name


class _Tapped(msgspec.Struct):
    """What the tap looks for; all else in a frame is skipped undecoded."""

    error: msgspec.Raw = _ABSENT
    usageMetadata: msgspec.Raw = _ABSENT  # noqa: N815  the wire's name
    candidates: list[_Candidate] | None = None
    promptFeedback: _Feedback | None = None  # noqa: N815  the wire's name


_TAP = msgspec.json.Decoder(_Tapped)


class StreamRelay:
    """One relayed stream. `read_error` turns an error frame into a fault; `dress` changes a frame for the client's surface."""

    __slots__ = ("_dress", "_finished", "_framer", "_read_error", "_usage_frame", "ended", "fault", "started")

    def __init__(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> None:
        self._framer = Framer()
        self._read_error = read_error
        self._dress = dress
        self._finished = False
        self._usage_frame = b""
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None

    @property
    def usage(self) -> bytes | None:
        """The raw JSON of the last ``usageMetadata``; None if there was none."""
        if not self._usage_frame:
            return None
        raw = bytes(_TAP.decode(self._usage_frame).usageMetadata)
        return None if raw == b"null" else raw

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an error frame `fault` is set and nothing more goes out."""
        if self.fault is not None:
            return b""
        return b"".join([self._pass(frame) for frame in self._framer.feed(chunk)])

    def _pass(self, frame: Frame) -> bytes:
        data = frame.data
        if self.fault is not None or (not data and not self.started):
            return b""  # Comments before the first event would commit the reply to a status too early.
        if not data:
            return frame.raw
        if (b'"finishReason"' in data or b'"error"' in data or b'"blockReason"' in data) and not self._look(data):
            return b""
        if b'"usageMetadata"' in data:
            self._usage_frame = data
        self.started = True
        return frame.raw if self._dress is None else self._dress(frame)

    def _look(self, data: bytes) -> bool:
        """Look into a frame; tells whether it goes on to the client."""
        try:
            seen = _TAP.decode(data)
        except msgspec.DecodeError:
            return self._look_again(data)
        if seen.error != _ABSENT and seen.candidates is None:
            self.fault = self._read_error(data)
            return False
        if any(candidate.finishReason != _ABSENT for candidate in seen.candidates or ()):
            self._finished = True
        if seen.promptFeedback is not None and seen.promptFeedback.blockReason != _ABSENT:
            self._finished = True
        return True

    def _look_again(self, data: bytes) -> bool:
        """A frame of another shape: an error in a list, or nothing that could go on."""
        if read_error(data) is None:
            raise MalformedReply("the provider sent a stream event that is not a JSON object")
        self.fault = self._read_error(data)
        return False

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = b""
        if rest is not None:
            out = self._pass(msgspec.structs.replace(rest, raw=rest.raw.rstrip(b"\r\n") + b"\n\n"))
        if self.fault is None:
            if not self._finished:
                raise MalformedReply("the provider's stream ended before it said why")
            self.ended = True
        return out
