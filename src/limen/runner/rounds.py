"""A round of telling: an order went to every worker; who has yet to answer, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from limen.runner.control import ConfigFailed, Refused, Reloaded, Serve


class Round:
    """The round that runs, or the last one. Before the first nothing is awaited.

    `refused` is why a worker refused it, None if none did. `signalled` counts the rounds asked for by a signal that are done.
    """

    def __init__(self) -> None:
        self.refused: str | None = None
        self.signalled = 0
        self._number = 0
        self._pending: set[int] = set()
        self._running = False
        self._owed = 0

    def begin(self, order: Serve | ConfigFailed, workers: Iterable[int], *, signalled: bool) -> None:
        """Start a round; one that still runs is overtaken. A refusal needs no answer."""
        self.refused = None
        self._running = True
        self._owed += signalled
        self._pending = set()
        if isinstance(order, Serve):
            self._number = order.number
            self._pending.update(workers)

    def answer(self, worker: int, report: Reloaded | Refused) -> None:
        """A worker has answered; answers to an overtaken round do not count."""
        if report.number != self._number:
            return
        self._pending.discard(worker)
        if isinstance(report, Refused):
            self.refused = report.message

    def leave(self, worker: int) -> None:
        """A worker is gone; its answer is not awaited."""
        self._pending.discard(worker)

    def finished(self) -> bool:
        """True once, when the last answer is in."""
        if not self._running or self._pending:
            return False
        self._running = False
        self.signalled, self._owed = self.signalled + self._owed, 0
        return True
