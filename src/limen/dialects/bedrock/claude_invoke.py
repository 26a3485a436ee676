"""Claude at Bedrock in its own words: Anthropic's Messages under InvokeModel, for clients that speak that dialect.

The model is in the path, a version of the API in the body, and betas are in the body too. A stream is one of AWS's, each
message of which wraps one of Anthropic's events in base64. Source: AWS, "Anthropic Claude Messages API"; the API reference of
InvokeModelWithResponseStream; recordings.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.anthropic.request_writer import Envelope
from limen.dialects.anthropic.stream_relay import MessagesRelay
from limen.dialects.base import StreamFramer, StreamTap
from limen.dialects.bedrock.errors import SHAPE, exception_body, parse_error
from limen.dialects.json_text import encode
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.wire.edit import Fields
from limen.wire.event_stream import EventMessage, EventStreamFramer
from limen.wire.sse import Frame

VERSION = "bedrock-2023-05-31"
_VERSION_KEY = "anthropic_version"
_BETA_KEY = "anthropic_beta"
_BETA_HEADER = b"anthropic-beta"
_WORDS = {
    FaultKind.RATE_LIMITED: "rate_limit_error",
    FaultKind.OVERLOADED: "overloaded_error",
    FaultKind.CREDENTIALS: "permission_error",
    FaultKind.CLIENT: "invalid_request_error",
    FaultKind.CONTEXT_TOO_LONG: "invalid_request_error",
    FaultKind.TIMEOUT: "timeout_error",
}


class _Chunk(msgspec.Struct):
    bytes: str = ""


class _Kind(msgspec.Struct):
    type: str = ""


_CHUNK = msgspec.json.Decoder(_Chunk)
_KIND = msgspec.json.Decoder(_Kind)


class ClaudeInvoke(AnthropicMessages):
    """``POST /model/{modelId}/invoke``, and ``/invoke-with-response-stream``."""

    name: ClassVar[str] = "bedrock_claude"
    stream_content_type: ClassVar[bytes] = b"application/vnd.amazon.eventstream"

    def __init__(self) -> None:
        super().__init__(Envelope(model=False, stream=False, version=VERSION))

    def stream_framer(self) -> StreamFramer:
        """What unwraps a stream into Anthropic's events."""
        return UnwrappingFramer()

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What unwraps a stream for a client of Anthropic's own API."""
        return UnwrappingTap(read_error, dress=dress)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What an error means: Bedrock's, or Anthropic's own inside a stream."""
        found = parse_error(status, headers, body)
        return found if found.shape == SHAPE else super().parse_error(status, headers, body)


def put_envelope(fields: Fields) -> None:
    """Make a body of Anthropic's own API one of InvokeModel's."""
    fields.remove("model")
    fields.remove("stream")
    if fields.is_absent(_VERSION_KEY):
        fields.set(_VERSION_KEY, VERSION)


def with_betas(body: bytes, carried: Sequence[tuple[bytes, bytes]]) -> bytes:
    """`body` with the betas that a client named in a header, after those that it has already."""
    told = next((value for name, value in carried if name == _BETA_HEADER), b"").decode("latin-1")
    betas = [word for word in map(str.strip, told.split(",")) if word]
    if not betas:
        return body
    fields = Fields.parse(body)
    known = fields.get(_BETA_KEY)
    fields.set(_BETA_KEY, list(dict.fromkeys([*(known if isinstance(known, list) else ()), *betas])))
    return fields.encode()


class UnwrappingFramer:
    """Bytes of an AWS event stream in, frames of Anthropic's events out, as they would be in its own stream."""

    __slots__ = ("_framer",)

    def __init__(self) -> None:
        self._framer = EventStreamFramer()

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes. MalformedReply for what wraps nothing."""
        return [_unwrap(frame) for frame in self._framer.feed(chunk)]

    def close(self) -> Frame | None:
        """None; MalformedReply if a message was cut."""
        return self._framer.close()


def _unwrap(frame: Frame) -> Frame:
    if isinstance(frame, EventMessage) and frame.kind != "event":
        return _frame("error", _error(parse_error(502, (), exception_body(frame.event, frame.data))))
    try:
        data = b64decode(_CHUNK.decode(frame.data).bytes, validate=True)
        name = _KIND.decode(data).type
    except (ValueError, msgspec.DecodeError):
        raise MalformedReply("the provider sent a stream event that wraps no event of Anthropic's") from None
    return _frame(name, data)


def _error(fault: ProviderReply) -> bytes:
    word = _WORDS.get(fault.kind, "api_error")
    return encode({"type": "error", "error": {"type": word, "message": fault.message}})


def _frame(name: str, data: bytes) -> Frame:
    if not name.isidentifier() or b"\n" in data or b"\r" in data:
        raise MalformedReply("the provider sent a stream event that can't be a server-sent one")
    return Frame(data, b"event: %s\ndata: %s\n\n" % (name.encode(), data), name)


class UnwrappingTap(MessagesRelay):
    """A tap on the events inside an AWS event stream."""

    __slots__ = ("_unwrapping",)

    def __init__(
        self, read_error: Callable[[bytes], ProviderReply], *, dress: Callable[[Frame], bytes] | None = None
    ) -> None:
        super().__init__(read_error, dress=dress)
        self._unwrapping = UnwrappingFramer()

    def feed(self, chunk: bytes) -> bytes:
        """The events that `chunk` completes, as server-sent ones."""
        raw = b"".join([frame.raw for frame in self._unwrapping.feed(chunk)])
        return super().feed(raw) if raw else b""

    def close(self) -> bytes:
        """Nothing more. MalformedReply if the answer was cut."""
        if not self.ended and self.fault is None:
            self._unwrapping.close()
        return super().close()
