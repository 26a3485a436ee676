"""Closes connections that have been idle for too long: one timer for all of them."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState


class Sweep:
    """Looks through a server's connections a few times in each idle period."""

    _known: ClassVar[WeakKeyDictionary[ServerState, Sweep]] = WeakKeyDictionary()

    def __init__(self, state: ServerState, idle_seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        # Not the state itself: it is the key under which this object is found, and would keep itself alive.
        self._connections: set[Any] = state.connections
        self._idle_seconds = idle_seconds
        self._loop = loop
        self._interval = max(0.05, idle_seconds / 4)
        loop.call_later(self._interval, self._run)

    @classmethod
    def of(cls, state: ServerState, idle_seconds: float, loop: asyncio.AbstractEventLoop) -> Sweep:
        """The one sweep of a server."""
        sweep = cls._known.get(state)
        if sweep is None:
            sweep = cls._known[state] = cls(state, idle_seconds, loop)
        return sweep

    def _run(self) -> None:
        before = self._loop.time() - self._idle_seconds
        for connection in list(self._connections):
            connection.expire(before)
        self._loop.call_later(self._interval, self._run)
