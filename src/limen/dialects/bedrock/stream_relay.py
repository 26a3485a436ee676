"""The relay of a streamed answer of Converse to a client that speaks Converse: whole messages through, a tap beside.

Only the messages that may carry the usage or end the stream are looked into; no other payload is decoded.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from limen.dialects.bedrock.errors import exception_body
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.wire.event_stream import EventMessage, EventStreamFramer
from limen.wire.sse import Frame

_ABSENT = msgspec.Raw(b"null")


class _Tapped(msgspec.Struct):
    """What the tap looks for; all else in a message is skipped undecoded."""

    usage: msgspec.Raw = _ABSENT


_TAP = msgspec.json.Decoder(_Tapped)


class ConverseStreamRelay:
    """One relayed stream. `read_error` turns an exception into a fault; `dress` changes a message for the client's surface."""

    __slots__ = ("_dress", "_finished", "_framer", "_measured", "_read_error", "ended", "fault", "started", "usage")

    def __init__(
        self, read_error: Callable[[bytes], ProviderReply], *, dress: Callable[[Frame], bytes] | None = None
    ) -> None:
        self._framer = EventStreamFramer()
        self._read_error = read_error
        self._dress = dress
        self._finished = False
        self._measured = False
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None
        self.usage: bytes | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. After an exception `fault` is set and nothing more goes out."""
        frames = self._framer.feed(chunk)
        return b"".join([self._pass(frame) for frame in frames])

    def _pass(self, frame: Frame) -> bytes:
        if self.fault is not None or self.ended:
            return b""
        if isinstance(frame, EventMessage) and frame.kind != "event":
            self.fault = self._read_error(exception_body(frame.event, frame.data))
            return b""
        name = frame.event
        if name == "metadata":
            self._measure(frame.data)
        elif name == "messageStop":
            self._finished = True
        self.ended = self._finished and self._measured
        self.started = True
        return frame.raw if self._dress is None else self._dress(frame)

    def _measure(self, data: bytes) -> None:
        self._measured = True
        try:
            seen = _TAP.decode(data)
        except msgspec.DecodeError:
            raise MalformedReply("the provider sent a stream event that is not valid JSON") from None
        if bytes(seen.usage) != b"null":
            self.usage = bytes(seen.usage)

    def close(self) -> bytes:
        """Nothing is owed once the provider's bytes have ended cleanly. MalformedReply if the answer was cut."""
        if self.fault is not None or self.ended:
            return b""
        self._framer.close()
        if not self._finished:
            raise MalformedReply("the provider's stream ended without its end marker")
        # Bedrock tells the usage last; who imitates it may leave that out.
        self.ended = True
        return b""
