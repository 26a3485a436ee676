"""What an exchange gives back: a whole answer, or a stream whose pieces are pulled one by one.

A stream's `pull` returns whole frames of the client's dialect, and empty bytes at its clean end; it raises when the provider
fails. Pulling is what makes a slow client slow the provider down: nothing is read before it is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec

from limen.dialects.base import AnyDialect, StreamFramer, StreamParser, StreamRenderer, StreamTap
from limen.errors import LimenError, MalformedReply
from limen.model.events import Event, Failure
from limen.model.losses import Losses
from limen.providers.base import Reply
from limen.wire.sse import Frame

Headers = list[tuple[bytes, bytes]]


_PASSED_ON = (b"retry-after", b"x-should-retry", b"openai-processing-ms", b"openai-version")
_PASSED_ON_PREFIXES = (b"x-ratelimit-", b"ratelimit-", b"retry-after-")
_MOST_KNOWN_HEADERS = 1000
_known_headers: dict[bytes, bytes | None] = {}


def passed_on(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The provider's headers that a client can use: rate limits, and its own request id under another name."""
    kept = []
    for name, value in headers:
        client_name = _known_headers.get(name, b"")
        if client_name is None:
            continue
        client_name = client_name or _learn(name)
        if client_name is not None:
            kept.append((client_name, value))
    return kept


def _learn(name: bytes) -> bytes | None:
    """Decide on a header's name once: providers send the same ones every time. Bounded, for a hostile one."""
    if name == b"x-request-id":
        client_name: bytes | None = b"limen-provider-request-id"
    else:
        client_name = name if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES) else None
    if len(_known_headers) < _MOST_KNOWN_HEADERS:
        _known_headers[name] = client_name
    return client_name


class Answer(msgspec.Struct, frozen=True):
    """A whole answer, ready to send but for the gateway's own headers."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    content_type: bytes = b"application/json"
    losses: Losses | None = None


class Stream(Protocol):
    """A streamed answer. `finish` is for after its clean end, `close` for any end; both may be called again.

    `beats` counts the pieces that have gone out, so that a silent stream can be told from a busy one.
    """

    headers: Headers
    content_type: bytes
    keep_alive: bytes
    losses: Losses | None
    flows: bool
    beats: int

    async def pull(self) -> bytes:
        """The next bytes for the client."""

    async def flow(self, write: Callable[[bytes], bool]) -> None:
        """Where it `flows`: give pieces to `write` as they arrive, until it returns False or there is reason to pull."""

    def error_event(self, error: LimenError) -> bytes:
        """`error` as an event of the client's dialect."""

    async def finish(self) -> None:
        """Let the provider end its reply, so that its connection can serve again."""

    async def close(self) -> None:
        """Let go of the provider, at once."""


class RelayedStream:
    """A stream of the provider's, through a tap: as it came, or translated."""

    flows = True
    __slots__ = ("_client", "_failure", "_relay", "_reply", "beats", "content_type", "headers", "keep_alive", "losses")

    def __init__(
        self, reply: Reply, relay: StreamTap, client: AnyDialect, headers: Headers, losses: Losses | None = None
    ) -> None:
        self._reply = reply
        self._relay = relay
        self._failure: Exception | None = None
        self._client = client
        self.headers = headers
        self.content_type = client.stream_content_type
        self.keep_alive = client.keep_alive
        self.losses = losses
        self.beats = 0

    async def pull(self) -> bytes:
        """The next whole frames."""
        relay = self._relay
        while True:
            if relay.fault is not None:
                raise relay.fault
            if self._failure is not None:
                raise self._failure
            if relay.ended:
                return b""
            chunk = await self._reply.chunk()
            out = relay.feed(chunk) if chunk else relay.close()
            if out:
                return out

    async def flow(self, write: Callable[[bytes], bool]) -> None:
        """Pass pieces on in the moment of their arrival: the cost of waking a task for each would be half of all."""
        relay, feed = self._relay, self._relay.feed

        def take(chunk: bytes) -> bool:
            self.beats += 1
            try:
                out = feed(chunk)
            except LimenError as error:
                relay.fault = error
                return False
            except Exception as error:  # Called from the event loop: only `pull` has somebody to tell.
                self._failure = error
                return False
            if out and not write(out):
                return False
            return not relay.ended and relay.fault is None

        await self._reply.flow(take)

    def error_event(self, error: LimenError) -> bytes:
        """`error` as an event of the client's dialect."""
        if isinstance(self._relay, Translation):
            return self._relay.error_event(error)
        return self._client.render_error_event(error)

    async def finish(self) -> None:
        """Take the provider's last bytes."""
        await self._reply.chunk()

    async def close(self) -> None:
        """Let go of the provider's connection."""
        self._reply.close()


class Translation:
    """A streamed answer passed on in another dialect: frames in, the client's bytes out. A :class:`StreamTap` like a relay's."""

    __slots__ = ("_framer", "_parser", "_renderer", "ended", "fault", "started")

    def __init__(self, framer: StreamFramer, parser: StreamParser, renderer: StreamRenderer) -> None:
        self._framer = framer
        self._parser = parser
        self._renderer = renderer
        self.started = False
        self.ended = False
        self.fault: LimenError | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now. MalformedReply for what can't be read."""
        return b"".join([self._passed(frame) for frame in self._framer.feed(chunk)])

    def _passed(self, frame: Frame) -> bytes:
        return b"" if self.fault is not None else self._rendered(self._parser.feed(frame))

    def _rendered(self, events: Sequence[Event]) -> bytes:
        out = b""
        for event in events:
            if isinstance(event, Failure):
                self.fault = event.fault
                return out
            out += self._renderer.render(event)
        self.started = self.started or bool(out)
        return out

    def error_event(self, error: LimenError) -> bytes:
        """`error` as an event of the client's dialect, in its turn."""
        return self._renderer.render(Failure(error))

    def close(self) -> bytes:
        """What is still owed once the provider's bytes have ended. MalformedReply if the answer was cut."""
        rest = self._framer.close()
        out = self._passed(rest) if rest else b""
        if self.fault is None:
            out += self._rendered(self._parser.close())
        if self.fault is not None:
            return out
        if not self._parser.ended:
            raise MalformedReply("the provider's stream ended without its end marker")
        self.ended = True
        return out + self._renderer.end()


class EventStream:
    """Events of a provider that answers itself, rendered in the client's dialect as they come."""

    flows = False
    __slots__ = (
        "_client",
        "_ended",
        "_events",
        "_renderer",
        "beats",
        "content_type",
        "headers",
        "keep_alive",
        "losses",
    )

    def __init__(
        self,
        events: AsyncIterator[Event],
        renderer: StreamRenderer,
        client: AnyDialect,
        headers: Headers | None = None,
        losses: Losses | None = None,
    ) -> None:
        self._events = events
        self._renderer = renderer
        self._ended = False
        self.headers: Headers = headers or []
        self.content_type = client.stream_content_type
        self.keep_alive = client.keep_alive
        self.losses = losses
        self.beats = 0

    async def pull(self) -> bytes:
        """The next events that amount to something in the client's dialect."""
        while not self._ended:
            event = await anext(self._events, None)
            if event is None:
                self._ended = True
                return self._renderer.end()
            if isinstance(event, Failure):
                raise event.fault
            out = self._renderer.render(event)
            if out:
                return out
        return b""

    async def flow(self, write: Callable[[bytes], bool]) -> None:
        """Does not flow: events must be pulled."""

    def error_event(self, error: LimenError) -> bytes:
        """`error` as an event of the client's dialect."""
        return self._renderer.render(Failure(error))

    async def finish(self) -> None:
        """Nothing is left to take: the events ran to their end."""

    async def close(self) -> None:
        """Stop the events; their own clean-up lets go of the connection."""
        aclose = getattr(self._events, "aclose", None)
        if aclose is not None:
            await aclose()
