"""The workers of a supervisor: enough of them, replaced when they die, with growing pauses when they die young."""

from __future__ import annotations

import logging
import selectors
import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from limen.runner.control import Order
from limen.runner.process import WorkerProcess, fork_worker
from limen.runner.worker import Assignment

QUICK_DEATH_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0

_log = logging.getLogger("limen.supervisor")


class Death(NamedTuple):
    """A worker that ended. `expected` if it had said that it leaves."""

    pid: int
    exit_code: int
    age: float
    expected: bool

    def __str__(self) -> str:
        how = (
            f"was killed by {signal_name(-self.exit_code)}"
            if self.exit_code < 0
            else f"ended with status {self.exit_code}"
        )
        return f"worker {self.pid} {how} after {self.age:.1f} s"


def signal_name(number: int) -> str:
    """`SIGKILL` for 9; numbers without a name as they are."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Crew:
    """`size` workers, each with its control socket in `selector` under its WorkerProcess. Times are of one steady clock."""

    def __init__(self, size: int, selector: selectors.BaseSelector) -> None:
        self._size = size
        self._selector = selector
        self._workers: dict[int, WorkerProcess] = {}
        self._quick_deaths = 0
        self._not_before = 0.0

    def __iter__(self) -> Iterator[WorkerProcess]:
        return iter(self._workers.values())

    def __len__(self) -> int:
        return len(self._workers)

    def pids(self) -> list[int]:
        """Who lives."""
        return list(self._workers)

    @property
    def missing(self) -> int:
        """How many workers there should be and are not."""
        return self._size - sum(not worker.leaving for worker in self)

    def patience(self, now: float) -> float | None:
        """Seconds until a missing worker may be started; None if none is missing."""
        return max(0.0, self._not_before - now) if self.missing > 0 else None

    def fill_up(
        self, live: Callable[[Assignment], int], assignment: Callable[[socket.socket], Assignment], now: float
    ) -> None:
        """Start every missing worker whose time has come; each runs `live` on its assignment."""
        while self.patience(now) == 0:
            try:
                worker = fork_worker(live, assignment, siblings=list(self), born=now)
            except OSError as error:
                _log.error("can't start a worker: %s", error.strerror)
                self._pause(now)
                return
            self._workers[worker.pid] = worker
            self._selector.register(worker.control, selectors.EVENT_READ, worker)

    def tell(self, worker: WorkerProcess, order: Order) -> None:
        """Send an order, now or when there is room for it."""
        worker.tell(order)
        self.attend(worker)

    def tell_all(self, order: Order) -> None:
        """Send an order to everyone."""
        for worker in self:
            self.tell(worker, order)

    def attend(self, worker: WorkerProcess) -> None:
        """Send what waits, and have the selector wait for what still can't be sent."""
        worker.flush()
        if worker.control in self._selector.get_map():
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.unsent else 0)
            self._selector.modify(worker.control, events, worker)

    def hung_up(self, worker: WorkerProcess) -> None:
        """A worker closed its socket; it is about to end."""
        self._selector.unregister(worker.control)

    def bury(self, now: float) -> Iterable[Death]:
        """Those that have ended since the last call."""
        deaths = []
        for worker in list(self):
            exit_code = worker.exit_code()
            if exit_code is not None:
                self._forget(worker)
                deaths.append(Death(worker.pid, exit_code, now - worker.born, worker.leaving))
        for death in deaths:
            self._learn(death, now)
        return deaths

    def kill_all(self) -> None:
        """End everyone at once, and wait until they are gone."""
        for worker in self:
            worker.kill()
        for worker in list(self):
            worker.exit_code(wait=True)
            self._forget(worker)

    def _forget(self, worker: WorkerProcess) -> None:
        del self._workers[worker.pid]
        if worker.control in self._selector.get_map():
            self._selector.unregister(worker.control)
        worker.control.close()

    def _learn(self, death: Death, now: float) -> None:
        if death.expected:
            return
        if death.age >= QUICK_DEATH_SECONDS:
            self._quick_deaths = 0
        else:
            self._pause(now)

    def _pause(self, now: float) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2**self._quick_deaths, LONGEST_PAUSE_SECONDS)
        self._quick_deaths += 1
        self._not_before = now + pause
