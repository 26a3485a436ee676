"""One timer for all deadlines of a client. Exchanges pay for it with one comparison; only a tick looks at them all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from limen.net.deadlines import NEVER

GRAIN: Final = 0.01  # seconds; deadlines closer than this to one another share a tick


class Watched(Protocol):
    """What has a deadline."""

    def check(self, now: float) -> float:
        """Act if the deadline has passed; return the earliest time at which it can pass next."""


class Watchdog:
    """Calls :meth:`Watched.check` in time.

    `next` is when the timer fires. Whoever adds a deadline that may pass sooner calls :meth:`arm`; one that moves
    to a later time need not say so, since the tick that comes for it finds out.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, watched: Callable[[], Iterable[Watched]]) -> None:
        self.next = NEVER
        self._loop = loop
        self._watched = watched
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Watchdog next in {self.next - self._loop.time():.3f} s>"

    def arm(self, when: float) -> None:
        """Make sure of a tick at `when`, in the loop's time, or before."""
        if when >= self.next:
            return
        self.stop()
        self.next = when
        self._timer = self._loop.call_at(when, self._tick)

    def stop(self) -> None:
        """Forget the timer; the next :meth:`arm` starts it again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.next = NEVER

    def _tick(self) -> None:
        self._timer = None
        self.next = NEVER
        now = self._loop.time()
        soonest = min((item.check(now) for item in list(self._watched())), default=NEVER)
        if soonest < NEVER:
            self.arm(max(soonest, now + GRAIN))
