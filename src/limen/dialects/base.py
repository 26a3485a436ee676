"""The contract of a dialect: two halves, parse (wire → hub) and render (hub → wire).

Pure: bytes and values in, bytes and values out. A dialect knows one wire format for one operation and nothing about who
speaks it; what a single provider does differently belongs to that provider's adapter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from limen.errors import BadRequest, ClientFault, LimenError, MalformedReply, ProviderReply
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.wire.edit import Fields
from limen.wire.sse import Frame, Framer

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class _Object(msgspec.Struct):
    """Any JSON object: decoding it proves that it is one, and keeps nothing."""


_OBJECT = msgspec.json.Decoder(_Object)


class StreamFramer(Protocol):
    """Bytes of one streamed answer in, whole frames out."""

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes. MalformedReply for bytes that can't be framed."""

    def close(self) -> Frame | None:
        """A last frame that only the end of the bytes completes."""


class StreamParser(Protocol):
    """Frames of one streamed answer in, events out."""

    ended: bool
    """True once the dialect's end marker was seen; an answer that stops without it was cut."""

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one frame. Raises MalformedReply for a frame that carries something and can't be read."""

    def close(self) -> list[Event]:
        """What is still owed when the bytes have ended (open blocks are closed)."""


class StreamRenderer(Protocol):
    """Events of one streamed answer in, bytes of the client's dialect out."""

    def render(self, event: Event) -> bytes:
        """The bytes of one event; may be empty."""

    def end(self) -> bytes:
        """The end marker, where the dialect has one."""


class StreamTap(Protocol):
    """A streamed answer passed on as it came: whole frames through, with a look at those that matter."""

    started: bool
    """True once a frame of the answer has gone through."""
    ended: bool
    """True once the answer is complete."""
    fault: LimenError | None
    """What ended the answer early, if something did; nothing goes through after it."""

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now."""

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended. MalformedReply if the answer was cut."""


class Dialect(ABC, Generic[RequestT, ResponseT]):
    """One wire format for one operation.

    `name` is unique, such as ``openai_chat``. `wire` names the format itself: two dialects with the same `wire` can be relayed to
    each other without translation. `dresses` says that what is relayed to a client of this dialect must still be changed by
    :meth:`dress_response` and :meth:`dress_frame`.
    """

    name: ClassVar[str]
    wire: ClassVar[str]
    operation: ClassVar[Operation]
    content_type: ClassVar[bytes] = b"application/json"
    stream_content_type: ClassVar[bytes] = b"text/event-stream; charset=utf-8"
    dresses: ClassVar[bool] = False
    streams_by_default: ClassVar[bool] = False
    """Whether a body that does not say `stream` asks for a streamed answer."""
    keep_alive: ClassVar[bytes] = b": keep-alive\n\n"
    """What is sent on a silent stream so that nothing between closes it; empty where the framing has no such thing."""
    carried: ClassVar[tuple[bytes, ...]] = ()
    """Headers of a client's request that mean something to the provider, and go with a relayed body."""
    body_fault: ClassVar[type[ClientFault]] = BadRequest
    """What a body that can't be read is, on the surfaces of this dialect."""

    def validate_relay(self, fields: Fields) -> None:
        """Refuse what no provider could make sense of, before it is relayed. Cheap: values are not decoded. BadRequest."""

    def check_response(self, body: bytes) -> None:
        """Refuse a relayed full answer that is none: MalformedReply if it is not JSON, ProviderReply for an error in a 200."""
        try:
            _OBJECT.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise MalformedReply("the provider answered with a body that is not valid JSON") from None

    def dress_response(self, body: bytes, provider: str) -> bytes:
        """A relayed full answer as this dialect shows it; `provider` is the endpoint's own name for it. MalformedReply."""
        return body

    def dress_frame(self, frame: Frame, provider: str) -> bytes:
        """A relayed frame as this dialect shows it; empty for a frame that it has no place for. MalformedReply."""
        return frame.raw

    @abstractmethod
    def parse_request(self, body: bytes) -> RequestT:
        """The hub's request. Raises BadRequest, with the field at fault in `param`."""

    def translatable(self, request: RequestT, losses: Losses) -> RequestT:
        """A client's request as other wires can take it, asked for only where the provider speaks one of those.

        BadRequest for what nobody else could do; what has to be left out is noted in `losses`. Answers are rendered for
        the request that this gives.
        """
        return request

    @abstractmethod
    def render_request(self, request: RequestT, losses: Losses) -> bytes:
        """The body to send; what can't be said is noted in `losses`."""

    @abstractmethod
    def parse_response(self, body: bytes) -> ResponseT:
        """The hub's response. Raises MalformedReply."""

    @abstractmethod
    def render_response(self, response: ResponseT, losses: Losses) -> bytes:
        """The body to give to a client."""

    def render_answer(self, response: ResponseT, request: RequestT, losses: Losses) -> bytes:
        """The same for the client that sent `request`, for dialects whose answers repeat something of it."""
        return self.render_response(response, losses)

    def stream_framer(self) -> StreamFramer:
        """What cuts one streamed answer into frames; server-sent events unless a dialect says otherwise."""
        return Framer()

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on, to a client that speaks this very wire.

        `read_error` turns an error inside the stream into a fault; `hide_usage` leaves out what only carries usage, where the
        client did not ask for it; `dress` changes each frame for the client's surface.
        """
        raise ValueError(f"{self.name} does not stream")

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer; ValueError where the dialect does not stream."""
        raise ValueError(f"{self.name} does not stream")

    def stream_renderer(self, request: RequestT, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer to `request`; `provider` is who gives it, for dialects that say so."""
        raise ValueError(f"{self.name} does not stream")

    @abstractmethod
    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error reply means."""

    @abstractmethod
    def render_error(self, error: LimenError) -> bytes:
        """The JSON body that tells a client of this dialect about `error`."""

    def error_headers(self, error: LimenError) -> list[tuple[bytes, bytes]]:
        """Headers that belong to an error's reply in this dialect."""
        return []

    def render_error_event(self, error: LimenError) -> bytes:
        """The same inside a stream that has begun."""
        return b"data: " + self.render_error(error) + b"\n\n"


AnyDialect = Dialect[Any, Any]
