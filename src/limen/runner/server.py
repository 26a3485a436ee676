"""The HTTP server of one worker: uvicorn's, with a stop that fails no request.

Stopping takes three steps:

1. Every new reply says ``connection: close``. Connections that the kernel has completed, or is completing, are still accepted.
2. The listener closes. Idle connections linger, because a request may be on its way on any of them; a reply in hand goes on.
3. What is not done after the configured time is cancelled, and the log says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import select
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import uvicorn

from limen.runner.listener import BACKLOG
from limen.runner.service import Application
from limen.server.protocol import GatewayProtocol

ACCEPT_SECONDS = 0.5  # more than a round trip to anywhere: a handshake that has begun is completed within
LINGER_SECONDS = 1.0
CANCEL_SECONDS = 5.0  # for cancelled requests to tell their client
TICK_SECONDS = 0.05

_log = logging.getLogger("limen.worker")


class GatewayServer(uvicorn.Server):
    """Serves `app` on `listeners`, which it closes in the end.

    `drain_seconds` is asked when a stop begins; `on_start` is awaited once connections are accepted.
    """

    def __init__(
        self,
        app: Application,
        listeners: Sequence[socket.socket],
        *,
        drain_seconds: Callable[[], float],
        on_start: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=GatewayProtocol,
                ws="none",
                lifespan="on",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                backlog=BACKLOG,
            )
        )
        self._app = app
        self._listeners = listeners
        self._drain_seconds = drain_seconds
        self._on_start = on_start
        self._stop = asyncio.Event()

    async def run_until_stopped(self) -> None:
        """Serve until :meth:`stop`, and drain. Takes no signals."""
        # uvicorn closes the sockets that it is given; the last accepts need one of our own.
        await self.serve([listener.dup() for listener in self._listeners])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the worker."""
        yield

    def stop(self) -> None:
        """Begin to drain. Again changes nothing."""
        self._stop.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, accept connections, and say so."""
        await super().startup(sockets)
        await self._on_start()

    async def main_loop(self) -> None:
        """Keep the `date` header right until told to stop."""
        while not self._stop.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain; then let the application close what it holds."""
        self._app.begin_drain()
        bound = self._drain_seconds()
        try:
            async with asyncio.timeout(bound):
                await asyncio.sleep(min(ACCEPT_SECONDS, bound / 2))
                await self._close_listeners()
                await self._until_quiet()
        except TimeoutError:
            await self._cancel_rest(bound)
        await self.lifespan.shutdown()

    async def _close_listeners(self) -> None:
        """Take every connection that waits in the kernel's queue, and close at once: whoever is left there would be reset."""
        waiting = [connection for listener in self._listeners for connection in _accept_all(listener)]
        for server in self.servers:
            server.close()
        for listener in self._listeners:
            listener.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    async def _until_quiet(self) -> None:
        """Wait for the replies in hand; close each connection that has been idle for the linger time."""
        loop = asyncio.get_running_loop()
        idle_since: dict[Any, float] = {}
        ticks = 0
        while self.server_state.connections or self.server_state.tasks:
            now = loop.time()
            idle = {connection for connection in self.server_state.connections if _idle(connection)}
            idle_since = {connection: idle_since.get(connection, now) for connection in idle}
            due = [connection for connection, since in idle_since.items() if now - since >= LINGER_SECONDS]
            _close_silent(due)
            await asyncio.sleep(TICK_SECONDS)
            ticks += 1
            if ticks % 20 == 0:
                await self.on_tick(0)

    async def _cancel_rest(self, bound: float) -> None:
        tasks = list(self.server_state.tasks)
        _log.warning("%d requests were not done %g s after the stop; they are cancelled", len(tasks), bound)
        if self._listeners[0].fileno() != -1:
            await self._close_listeners()
        for task in tasks:
            task.cancel("the gateway stops")
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
        for connection in list(self.server_state.connections):
            connection.transport.close()


def _accept_all(listener: socket.socket) -> Iterator[socket.socket]:
    while True:
        try:
            connection, _ = listener.accept()
        except ConnectionAbortedError:
            continue
        except OSError:  # none left, or no descriptors left to take one
            return
        connection.settimeout(0)
        yield connection


def _idle(connection: Any) -> bool:
    return isinstance(connection, GatewayProtocol) and connection.idle


def _close_silent(connections: list[Any]) -> None:
    """Close those with nothing to read. What has arrived since the loop last looked is a request, and is served."""
    poll = select.poll()
    by_number = {}
    for connection in connections:
        number = connection.transport.get_extra_info("socket").fileno()
        by_number[number] = connection
        poll.register(number, select.POLLIN)
    for number, _ in poll.poll(0):
        del by_number[number]
    for connection in by_number.values():
        connection.transport.close()
