"""The connections to one origin: who has one, who gets the next. Sends nothing and reads nothing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from limen.errors import LimenError, TransportFault
from limen.model.http import Timeouts
from limen.net.connection import Connection
from limen.net.deadlines import allowance, timeout_fault
from limen.net.dial import Dialler
from limen.net.parser import CLOSED, IDLE, RESERVED
from limen.net.settings import NetSettings

# What a waiting request is given: a connection, the right to open one, or the reason why it gets neither.
Grant = Connection | LimenError | None


class PoolStats(NamedTuple):
    """Connections in use or being opened, connections that are idle, requests that wait for one."""

    active: int
    idle: int
    waiting: int


class Pool:
    """At most `connections_per_origin` slots. Every open or opening connection holds exactly one.

    Idle connections are taken last in, first out, so that the surplus ones age and close. Requests that find no slot
    wait first in, first out. `idle` is read and popped by the client itself: it is the hot path.
    """

    def __init__(self, dialler: Dialler, settings: NetSettings, loop: asyncio.AbstractEventLoop) -> None:
        self.name = dialler.name
        self.proxy = dialler.proxy
        self.idle: list[Connection] = []
        self.live: set[Connection] = set()
        self.prefixes: dict[tuple[bytes, bytes], bytes] = {}  # the client's; see there
        self.taken = 0
        self._dialler = dialler
        self._settings = settings
        self._loop = loop
        self._limit = settings.connections_per_origin
        self._waiters: OrderedDict[asyncio.Future[Grant], None] = OrderedDict()
        self._closed: LimenError | None = None
        self._dials: set[asyncio.Timeout] = set()  # the deadlines of connections that are being opened
        self._emptied: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        active, idle, waiting = self.stats()
        return f"<Pool {self.name} {active} active, {idle} idle, {waiting} waiting>"

    def stats(self) -> PoolStats:
        """The counts of this moment."""
        return PoolStats(self.taken - len(self.idle), len(self.idle), len(self._waiters))

    async def acquire(self, timeouts: Timeouts, started: float) -> Connection:
        """A connection for a request that began at `started`: an idle one, a new one, or the first to become free.

        Raises TimeoutFault (`pool`, `connect`, `total`) and TransportFault (`sent` False).
        """
        while True:
            if self._closed is not None:
                raise self._closed
            if self.idle:
                connection = self.idle.pop()
                connection.state = RESERVED
                return connection
            if self.taken < self._limit:
                self.taken += 1
                return await self._open(timeouts, started)
            grant = await self._queue(timeouts, started)
            if grant is not None and grant.state != CLOSED:
                return grant
            if grant is None or self._inherit(grant):
                return await self._open(timeouts, started)

    async def replace(self, connection: Connection, timeouts: Timeouts, started: float) -> Connection:
        """A fresh connection in place of a stale one, whose slot the caller need not wait for again."""
        if self._inherit(connection):
            return await self._open(timeouts, started)
        return await self.acquire(timeouts, started)

    async def aclose(self) -> None:
        """Abort what is under way, refuse what comes; returns once every slot is free and every transport closed."""
        self._closed = TransportFault(f"{self.name}: the client is closed", sent=False)
        while self._grant(self._closed):
            pass
        for dial in self._dials:
            if not dial.expired():
                dial.reschedule(self._loop.time())
        for connection in list(self.live):
            connection.abort(TransportFault(f"{self.name}: the client is closed"))
        if self.live or self.taken:
            self._emptied = self._loop.create_future()
            await self._emptied

    # -- what connections report ------------------------------------------------------------------------------------

    def release(self, connection: Connection) -> None:
        """The connection is idle: the longest waiter gets it, or the stack."""
        if self._waiters:
            connection.state = RESERVED
            if self._grant(connection):
                return
            connection.state = IDLE
        self.idle.append(connection)

    def discard(self, connection: Connection) -> None:
        """Take back the slot of a dead connection, once."""
        if not connection.holds_slot:
            return
        connection.holds_slot = False
        if connection.state == IDLE:
            self.idle.remove(connection)
        self._free()

    def opened(self, connection: Connection) -> None:
        """The connection has a transport, which :meth:`aclose` must wait for."""
        self.live.add(connection)

    def buried(self, connection: Connection) -> None:
        """The transport has closed: nothing of the connection is left."""
        self.live.discard(connection)
        self._note_emptiness()

    # -- slots --------------------------------------------------------------------------------------------------------

    def _free(self) -> None:
        """A slot is free: it passes to the longest waiter, who opens a connection in it."""
        if not self._grant(None):
            self.taken -= 1
            self._note_emptiness()

    def _note_emptiness(self) -> None:
        if self._emptied is not None and not (self.live or self.taken or self._emptied.done()):
            self._emptied.set_result(None)

    def _inherit(self, connection: Connection) -> bool:
        """Make the slot of a dead connection the caller's own, if it still has it."""
        held = connection.holds_slot
        connection.holds_slot = False
        return held

    async def _open(self, timeouts: Timeouts, started: float) -> Connection:
        """Open a connection in a slot that the caller holds; the slot is free again if that fails."""
        if self._closed is not None:
            self._free()
            raise self._closed
        seconds, phase, limit = allowance("connect", timeouts, self._loop.time() - started)
        try:
            connection = await self._dial(seconds)
        except TimeoutError as exc:
            self._free()
            raise self._closed or timeout_fault(self.name, phase, limit) from exc
        except BaseException:
            self._free()
            raise
        connection.holds_slot = True
        if self._closed is not None:
            connection.abort()
            raise self._closed
        if connection.state == CLOSED:
            # By the peer, between its opening and this task's turn.
            self.discard(connection)
            raise TransportFault(f"{self.name}: the connection was closed at once", sent=False)
        return connection

    async def _dial(self, seconds: float | None) -> Connection:
        deadline = asyncio.timeout(seconds)
        self._dials.add(deadline)
        try:
            async with deadline:
                return await self._dialler.dial(self._new_connection)
        finally:
            self._dials.discard(deadline)

    def _new_connection(self) -> Connection:
        return Connection(self.name, self, self._settings, self._loop)

    # -- waiters ------------------------------------------------------------------------------------------------------

    def _grant(self, grant: Grant) -> bool:
        """Give the longest waiter something. False if nobody waits."""
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            # A cancelled one stays in line until its task has run.
            if not waiter.done():
                waiter.set_result(grant)
                return True
        return False

    async def _queue(self, timeouts: Timeouts, started: float) -> Connection | None:
        """Wait in line for a connection, or (None) for a slot."""
        seconds, phase, limit = allowance("pool", timeouts, self._loop.time() - started)
        waiter: asyncio.Future[Grant] = self._loop.create_future()
        self._waiters[waiter] = None
        timer = None
        if seconds is not None:
            timer = self._loop.call_later(seconds, self._expire, waiter, timeout_fault(self.name, phase, limit))
        try:
            grant = await waiter
        except BaseException:
            self._withdraw(waiter)
            raise
        finally:
            if timer is not None:
                timer.cancel()
        if isinstance(grant, LimenError):
            raise grant
        return grant

    def _expire(self, waiter: asyncio.Future[Grant], fault: LimenError) -> None:
        if not waiter.done():
            del self._waiters[waiter]
            waiter.set_result(fault)

    def _withdraw(self, waiter: asyncio.Future[Grant]) -> None:
        """A request was cancelled in line; what it had just been given goes to the next."""
        self._waiters.pop(waiter, None)
        if waiter.cancelled():
            return
        grant = waiter.result()
        if grant is None:
            self._free()
        elif isinstance(grant, Connection):
            self._return(grant)

    def _return(self, connection: Connection) -> None:
        if connection.state == CLOSED:
            self.discard(connection)
        else:
            connection.state = IDLE
            self.release(connection)
