"""The relay of a stream of Anthropic's Messages API to a client that speaks it too.

Whole frames go on as they came. Only ``message_start`` and ``message_delta``, which carry usage, and errors are
looked into, and those are told by their event's name.

Must not: decode a frame of a block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.sse import Frame, Framer

_FRAME_ENDS = (b"\n\n", b"\r\n\r\n")


class _Message(msgspec.Struct):
    usage: dict[str, msgspec.Raw] | None = None


class _Tapped(msgspec.Struct):
    """What the tap looks for; all else in a frame is skipped undecoded."""

    type: str = ""
    message: _Message | None = None
    usage: dict[str, msgspec.Raw] | None = None


_TAP = msgspec.json.Decoder(_Tapped)
_ENCODER = msgspec.json.Encoder()


class MessagesRelay:
    """One relayed stream. `usage` is what it has told so far, as one JSON object; later figures replace earlier ones."""

    __slots__ = ("_dress", "_framer", "_plain", "_read_error", "_told", "ended", "fault", "started")

    def __init__(
        self, read_error: Callable[[bytes], ProviderReply], *, dress: Callable[[Frame], bytes] | None = None
    ) -> None:
        self._framer = Framer()
        self._read_error = read_error
        self._dress = dress
        self._plain = False
        self._told: dict[str, Any] = {}
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None

    @property
    def usage(self) -> bytes | None:
        """The usage so far, None before any was told."""
        return _ENCODER.encode(self._told) if self._told else None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an error frame `fault` is set and nothing more goes out."""
        if (
            self._plain
            and self._framer.between
            and chunk.endswith(_FRAME_ENDS)
            and b"message_" not in chunk
            and b"error" not in chunk
        ):
            return chunk  # Whole frames of blocks: two look-ups, no parsing.
        return b"".join([self._pass(frame) for frame in self._framer.feed(chunk)])

    def _pass(self, frame: Frame) -> bytes:
        data = frame.data
        if self.fault or self.ended or (not self.started and (not data or frame.event == "ping")):
            return b""  # What says nothing would commit the reply to a status too early.
        if not data:
            return frame.raw
        kind = frame.event or ""
        if not kind.startswith("content_block_") and kind != "ping":
            kind = self._tap(data, kind)
            if kind == "error":
                self.fault = self._read_error(data)
                return b""
        self.started = True
        self.ended = kind == "message_stop"
        self._plain = self._dress is None and not self.ended
        return frame.raw if self._dress is None else self._dress(frame)

    def _tap(self, data: bytes, name: str) -> str:
        """The type of a frame that may carry usage or an error."""
        try:
            seen = _TAP.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if name == "error":
                return name
            raise MalformedReply("the provider sent a stream event that is not valid JSON") from None
        usage = seen.message.usage if seen.message is not None else seen.usage
        if usage is not None:
            self._told.update({key: value for key, value in usage.items() if bytes(value) != b"null"})
        return name if name == "error" else seen.type

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = self._pass(msgspec.structs.replace(rest, raw=rest.raw.rstrip(b"\r\n") + b"\n\n")) if rest else b""
        if not self.ended and self.fault is None:
            raise MalformedReply("the provider's stream ended without its end marker")
        return out
