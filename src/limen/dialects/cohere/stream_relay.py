"""The relay of a stream between two ends that both speak Cohere's chat.

Whole frames go on as they came. Only the last one is looked into, which tells whether the answer ended well; see
`limen.dialects.openai.stream_relay` for the same with OpenAI's frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.sse import Frame, Framer

_FRAME_ENDS = (b"\n\n", b"\r\n\r\n")
_END = b"message-end"


class _Delta(msgspec.Struct):
    """What the last frame tells of the end."""

    error: Any = None
    finish_reason: Any = None


class _Last(msgspec.Struct):
    """What is looked for in a frame; all else is skipped undecoded."""

    type: Any = None
    delta: _Delta | None = None
    message: Any = None


_LAST = msgspec.json.Decoder(_Last)


class CohereStreamRelay:
    """One relayed stream. `dress` changes each frame for the client's surface; `read_error` turns one into a fault."""

    __slots__ = ("_dress", "_framer", "_read_error", "ended", "fault", "started")

    def __init__(
        self, read_error: Callable[[bytes], ProviderReply], *, dress: Callable[[Frame], bytes] | None = None
    ) -> None:
        self._framer = Framer()
        self._read_error = read_error
        self._dress = dress
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an error `fault` is set and nothing more goes out."""
        if (
            self.started
            and not self.ended
            and self.fault is None
            and self._dress is None
            and self._framer.between
            and _END not in chunk
            and b"[DONE]" not in chunk
            and b"event: error" not in chunk
            and chunk.endswith(_FRAME_ENDS)
        ):
            return chunk
        return b"".join([self._pass(frame) for frame in self._framer.feed(chunk)])

    def _pass(self, frame: Frame) -> bytes:
        data = frame.data
        if self.fault is not None or (not data and not self.started):
            return b""  # Comments before the first event would commit the reply to a status too early.
        if not data:
            return b"" if self.ended else frame.raw
        if data.strip() == b"[DONE]":
            return frame.raw if self.ended and self._dress is None else b""
        if self.ended:
            return b""
        if _END in data or b'"type"' not in data or frame.event == "error":
            self._look(data)
            if self.fault is not None:
                return b""
        self.started = True
        return frame.raw if self._dress is None else self._dress(frame)

    def _look(self, data: bytes) -> None:
        try:
            seen = _LAST.decode(data)
        except msgspec.DecodeError:
            raise MalformedReply("the provider sent a stream event that is not valid JSON") from None
        if seen.type == "message-end":
            self.ended = True
            delta = seen.delta
            if delta is not None and (delta.error or delta.finish_reason == "ERROR"):
                self.fault = self._read_error(data)
        elif seen.type is None and seen.message:
            self.fault = self._read_error(data)

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = self._pass(msgspec.structs.replace(rest, raw=rest.raw.rstrip(b"\r\n") + b"\n\n")) if rest else b""
        if not self.ended and self.fault is None:
            raise MalformedReply("the provider's stream ended without its last event")
        return out
