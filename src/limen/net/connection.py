"""One connection and the exchange on it: bytes out, bytes in, and who is told.

Knows neither how connections are opened nor who waits for one: it reports to its :class:`Keeper`. Rule 1: bytes that
no request asked for kill the connection, so nothing can leak into the next reply. Rule 2: a slot of the pool belongs
to the connection while it lives, and is given back exactly once, by :meth:`Keeper.discard`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from httptools import HttpParserError, HttpParserUpgrade

from limen.errors import MalformedReply, ProviderFault, TransportFault
from limen.model.http import Timeouts
from limen.net.deadlines import NEVER, timeout_fault, upcoming
from limen.net.framing import Fields
from limen.net.parser import BODY, CLOSED, DONE, HEAD, IDLE, RESERVED, STATE_NAMES, ReplyParser
from limen.net.response import Response
from limen.net.settings import NetSettings
from limen.net.tls import ended_cleanly

# While a head is awaited, segments are parsed in pieces of this size, so that the limit on heads is that exact.
HEAD_PIECE: Final = 16 * 1024


Sink = Callable[[bytes], bool]


class Keeper(Protocol):
    """What a connection asks of its pool."""

    def release(self, connection: Connection) -> None:
        """The exchange is over and the connection can carry another."""

    def discard(self, connection: Connection) -> None:
        """The connection is dead or dying; its slot is free. Harmless if that was known."""

    def opened(self, connection: Connection) -> None:
        """There is a transport."""

    def buried(self, connection: Connection) -> None:
        """The transport has closed."""


class Connection(ReplyParser, asyncio.Protocol):
    """An HTTP/1.1 connection. One exchange at a time, each begun by :meth:`send`."""

    __slots__ = (
        "_drained",
        "_error",
        "_held",
        "_high_water",
        "_keeper",
        "_limit",
        "_loop",
        "_paused",
        "_response",
        "_sink",
        "_started",
        "_timeouts",
        "_waiter",
        "_whole",
        "_write_paused",
        "holds_slot",
        "reused",
        "since",
        "stale",
        "transport",
        "uploading",
    )

    transport: asyncio.Transport
    _timeouts: Timeouts

    def __init__(self, name: str, keeper: Keeper, settings: NetSettings, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name, settings)
        self.holds_slot = False  # set and taken by the pool
        self.reused = False
        self.stale = False  # closed by the peer, kept alive before, and no byte of the reply came
        self.uploading = False  # the request under way is not all written yet
        self.since = 0.0  # when the phase under way began, in the loop's time
        self._keeper = keeper
        self._high_water = settings.high_water
        self._loop = loop
        self._started = 0.0
        self._error: ProviderFault | None = None
        self._waiter: asyncio.Future[Response | None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._response: Response | None = None
        self._sink: Sink | None = None  # who takes pieces of the body as they come, instead of the reader
        self._write_paused = False
        self._paused = False
        self._held = 0  # bytes of the body that nobody has taken; includes chunk lines unless `_whole`
        self._whole = False  # the reader waits for the end, not for the next piece
        self._limit: int | None = None  # of the whole

    def __repr__(self) -> str:
        return f"<Connection {self.name} {STATE_NAMES[self.state]}{', reused' if self.reused else ''}>"

    # -- the request's side -----------------------------------------------------------------------------------------

    def send(self, data: bytes, timeouts: Timeouts, started: float, now: float) -> asyncio.Future[Response | None]:
        """Begin an exchange. The future holds the reply once its head is here, or None: then :meth:`fault` says why."""
        self.state = HEAD
        self.since = now
        self._timeouts = timeouts
        self._started = started
        self._waiter = waiter = self._loop.create_future()
        self.transport.write(data)
        return waiter

    def upload(self, data: memoryview) -> None:
        """Send another piece of the request's body; :meth:`room` says when."""
        if self.state != CLOSED:
            self.transport.write(data)

    def room(self) -> asyncio.Future[None] | None:
        """What to wait for before the next piece, or None. A reply or a failure ends the wait as well."""
        self.since = self._loop.time()
        if not self._write_paused or self._waiter is None:
            return None
        self._drained = drained = self._loop.create_future()
        self._waiter.add_done_callback(lambda _: self._wake_uploader())
        return drained

    def fault(self) -> ProviderFault:
        """Why there is no reply."""
        return self._error or TransportFault(f"{self.name}: the connection is closed")

    # -- the reader's side ------------------------------------------------------------------------------------------

    def take(self) -> bytes:
        """The body's bytes that have come since the last call; there must be some in `parts`."""
        parts = self.parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self._count = self._held = 0
        if self._paused:
            self._resume_reading()
        return data

    def arrival(self) -> asyncio.Future[Response | None]:
        """What to wait for until more of the body is here, or its end. Raises the fault that ended it, if one did."""
        if self._error is not None:
            raise self._error
        if self._waiter is not None:
            raise RuntimeError("two tasks read one response")
        self.since = self._loop.time()
        self._waiter = waiter = self._loop.create_future()
        return waiter

    def flow(self, sink: Sink) -> asyncio.Future[Response | None]:
        """Give what comes of the body to `sink`, until it returns False or the body ends: the end of the future's wait."""
        waiter = self.arrival()
        self._sink = sink
        return waiter

    def completion(self, limit: int | None) -> asyncio.Future[Response | None]:
        """What to wait for until all of the body is here. More than `limit` bytes of it are a fault."""
        waiter = self.arrival()
        self._whole = True
        self._limit = limit
        self._held = 0
        if self._paused:
            self._resume_reading()
        self._gather(0)
        return waiter

    def abort(self, error: ProviderFault | None = None) -> None:
        """Close at once, whatever is under way. Whoever waits for the reply gets the error."""
        if self.state == CLOSED:
            self._keeper.discard(self)
            return
        self._error = error or TransportFault(f"{self.name}: the response was closed by its reader")
        self._die(keep_slot=False)

    # -- deadlines --------------------------------------------------------------------------------------------------

    def check(self, now: float) -> float:
        """Abort if a deadline has passed. Returns when the next one can pass at the earliest, in the loop's time."""
        when, phase = self._deadline(now)
        if when > now:
            # It may become idle before the next tick, and nothing is armed then.
            return min(when, now + self._settings.keepalive_idle)
        self.abort(timeout_fault(self.name, phase, getattr(self._timeouts, phase)) if phase else None)
        return NEVER

    def _deadline(self, now: float) -> tuple[float, str]:
        if self.state == IDLE:
            return self.since + self._settings.keepalive_idle, ""
        if self.state not in (HEAD, BODY):
            return NEVER, ""
        # The clock runs only while someone waits: a reader that is itself slow must not be told of a silence.
        since = now if self._waiter is None else self.since
        return upcoming("first_byte" if self.state == HEAD else "idle", since, self._timeouts, self._started)

    # -- the transport's events ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        # So that `pause_writing` says whether any of the request is still here. Not 0, which TLS transports never fall below.
        self.transport.set_write_buffer_limits(high=1)
        self._keeper.opened(self)

    def data_received(self, data: bytes) -> None:
        state = self.state
        if state == HEAD:
            if len(data) > HEAD_PIECE:
                self._receive_in_pieces(data)
                return
        elif state != BODY:
            self._refuse()
            return
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade) as exc:
            self._stop_parsing(exc)
            return
        if self.state == DONE:
            self._finish()
            return
        count = len(self.parts)
        waiter = self._waiter
        sink = self._sink
        if sink is not None and count != self._count:
            parts = self.parts
            piece = parts[0] if count == 1 else b"".join(parts)
            parts.clear()
            self._count = self._barren = 0
            if sink(piece):
                self.since = self._loop.time()
            else:
                self._sink = None
                self._wake_reader()
            return
        if count == self._count or waiter is None or self._whole:
            self._account(len(data))
            return
        # A reader waits for the next piece, and here it is.
        self._count = count
        self._barren = 0
        self._waiter = None
        if not waiter.done():
            waiter.set_result(None)

    def eof_received(self) -> None:
        if self.state == BODY and self._by_eof and ended_cleanly(self.transport):
            self.state = DONE
            self._finish()
        elif self.state != CLOSED:
            self._lose(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.state != CLOSED:
            self._lose(exc)
        # The parser holds this object's methods; without the cycle both are freed at once.
        del self._parser, self._feed, self.on_body
        self._keeper.buried(self)

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        self._wake_uploader()

    # -- what the events lead to --------------------------------------------------------------------------------------

    def _deliver(self, status: int, fields: Fields) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            # Cancelled, but its task has not run yet. Were the reply to end now, the connection would find another
            # user, whom that task would then cut off.
            raise TransportFault(f"{self.name}: the request was cancelled")
        self.state = BODY
        self._waiter = None
        self._response = response = Response(status, fields, self)
        waiter.set_result(response)

    def _wake_reader(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _account(self, size: int) -> None:
        """A segment of `size` bytes brought nothing, or nobody waits for less than all: lose patience, count, or hold."""
        count = len(self.parts)
        if count == self._count:
            fault = self._count_barren(size)
            if fault is not None:
                self.abort(fault)
            return
        before = self._count
        self._count = count
        self._barren = 0
        if self._waiter is not None:
            self.since = self._loop.time()
            self._gather(before)
            return
        self._held += size
        if self._held > self._high_water and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def _gather(self, first: int) -> None:
        """Count the parts from `first` on towards a whole body's limit."""
        self._held += sum(map(len, self.parts[first:]))
        if self._limit is not None and self._held > self._limit:
            limit = self._limit
            self.abort(MalformedReply(f"{self.name}: the reply's body is longer than the limit of {limit} bytes"))

    def _receive_in_pieces(self, data: bytes) -> None:
        for start in range(0, len(data), HEAD_PIECE):
            self.data_received(data[start : start + HEAD_PIECE])

    def _finish(self) -> None:
        """The reply is complete: give it what is left of the body, and its connection back."""
        parts = self.parts
        response = self._response
        if response is not None:
            response.rest = parts[0] if len(parts) == 1 else b"".join(parts)
            response.connection = None
        self._response = self._sink = None
        parts.clear()
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
        if self._paused:
            self._resume_reading()
        if not self._keep or self._write_paused or self.uploading or len(self._fields) > self._settings.max_headers:
            self._die(keep_slot=False)
            return
        if self._fields:
            self._fields.clear()  # of trailers, which are read and dropped
        self._barren = self._count = self._held = self._interims = 0
        self._whole = False
        self.reused = True
        self.since = self._loop.time()
        self.state = IDLE
        self._keeper.release(self)

    def _stop_parsing(self, exc: HttpParserError | HttpParserUpgrade) -> None:
        if self.state == DONE:
            # What is wrong comes after the end of the reply, which is therefore sound; the connection is not.
            self._keep = False
            self._finish()
        else:
            self.abort(self._judge(exc))

    def _refuse(self) -> None:
        """Bytes came that nobody asked for."""
        if self.state != CLOSED:
            self._die(keep_slot=self.state == RESERVED)

    def _lose(self, exc: Exception | None) -> None:
        """The peer has closed, or the network has. The slot stays with a request that can still go another way."""
        how = "closed the connection" if exc is None else f"the connection broke ({exc})"
        if self.state == HEAD:
            self.stale = self.reused and self._barren == 0
            if self._barren and exc is None:
                self._error = MalformedReply(f"{self.name}: {how} inside the reply's head")
            else:
                self._error = TransportFault(f"{self.name}: {how} before it replied")
        elif self.state == BODY:
            kind = MalformedReply if exc is None else TransportFault
            self._error = kind(f"{self.name}: {how} before the reply was complete")
        self._die(keep_slot=self.state in (HEAD, RESERVED))

    def _die(self, *, keep_slot: bool) -> None:
        if not keep_slot:
            self._keeper.discard(self)
        self.state = CLOSED
        self._sink = None
        self.transport.abort()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        self._wake_uploader()

    def _wake_uploader(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _resume_reading(self) -> None:
        self._paused = False
        if self.state != CLOSED:
            self.transport.resume_reading()
