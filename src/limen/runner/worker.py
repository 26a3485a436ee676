"""The life of one worker process, from the fork to its exit status.

Takes orders from its supervisor over one socket. When that socket ends, so has the supervisor, and the worker
stops as if told to.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Sequence
from typing import NamedTuple, cast

import uvloop

from limen.config.snapshot import Snapshot
from limen.errors import ConfigError
from limen.runner.control import (
    ConfigFailed,
    Drain,
    Leaving,
    Ready,
    Refused,
    Reloaded,
    Report,
    Serve,
    Unframer,
    frame,
)
from limen.runner.listener import hold_newcomers
from limen.runner.server import GatewayServer
from limen.runner.service import Application, Service
from limen.runner.watch import Content

_log = logging.getLogger("limen.worker")


class Assignment(NamedTuple):
    """What a worker is born with. `refused` is why a newer content than this was refused, if one was."""

    content: Content
    refused: str | None
    listeners: Sequence[socket.socket]
    control: socket.socket


def run_worker(service: Service, assignment: Assignment) -> int:
    """Serve until told to stop; returns the exit status. For a fresh process, which ends right after."""
    # No asyncio.run: it would wait for look-ups in the executor's threads, and nothing is left to tidy after a drain.
    return uvloop.new_event_loop().run_until_complete(_Worker(service, assignment).run())


class _Worker(asyncio.Protocol):
    """Both what serves and the worker's end of the control socket."""

    def __init__(self, service: Service, assignment: Assignment) -> None:
        self._service = service
        self._assignment = assignment
        self._unframer = Unframer()

    _transport: asyncio.WriteTransport
    _app: Application
    _snapshot: Snapshot
    _server: GatewayServer

    async def run(self) -> int:
        content, refused, listeners, _ = self._assignment
        try:
            self._snapshot = self._service.snapshot(content)
        except ConfigError as error:
            _log.error("can't start: %s", error.message)
            return os.EX_CONFIG
        self._app = self._service.application(self._snapshot)
        if refused is not None:
            self._app.config_failed(refused)
        self._server = GatewayServer(
            self._app, listeners, drain_seconds=lambda: self._snapshot.server.drain_seconds, on_start=self._started
        )
        await self._server.run_until_stopped()
        return os.EX_OK

    async def _started(self) -> None:
        gc.freeze()  # what is here stays; the collector need not look at it again
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=self._assignment.control)
        loop.add_signal_handler(signal.SIGTERM, self._leave)
        self._tell(Ready(self._snapshot.digest))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        for order in self._unframer.feed(data):
            match order:
                case Serve():
                    self._serve(order)
                case ConfigFailed():
                    self._app.config_failed(order.message)
                case Drain():
                    self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _serve(self, order: Serve) -> None:
        try:
            snapshot = self._service.snapshot(Content(order.text, order.source))
            self._app.swap(snapshot)
        except ConfigError as error:
            self._refuse(order.number, error.message)
        except Exception as error:
            _log.exception("the new configuration failed inside limen")
            self._refuse(order.number, f"it failed inside limen: {error!r}; the log has the reason")
        else:
            self._snapshot = snapshot
            self._tell(Reloaded(order.number, snapshot.digest))

    def _refuse(self, number: int, message: str) -> None:
        self._app.config_failed(message)
        self._tell(Refused(number, message))

    def _end(self) -> None:
        """The whole service stops: nobody will accept who comes now."""
        for listener in self._assignment.listeners:
            with contextlib.suppress(OSError):  # closed: this worker was leaving already
                hold_newcomers(listener)
        self._server.stop()

    def _leave(self) -> None:
        """Only this worker stops; others accept who comes."""
        self._tell(Leaving())
        self._server.stop()

    def _tell(self, report: Report) -> None:
        if not self._transport.is_closing():
            self._transport.write(frame(report))
