"""The supervisor: keeps workers alive, tells them of new configurations, and stops them without failing a request.

Single-threaded, and never runs an event loop: that is what makes forking safe. It serves nothing itself.
"""

from __future__ import annotations

import gc
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from limen.config.snapshot import Snapshot
from limen.errors import StartError
from limen.runner.control import ConfigFailed, Drain, Leaving, Ready, Refused, Reloaded, Report, Serve
from limen.runner.crew import Crew, Death
from limen.runner.listener import authority, open_listeners
from limen.runner.process import WorkerProcess
from limen.runner.reloading import Configuration
from limen.runner.rounds import Round
from limen.runner.runtime import RunningGateway, birth, publish, withdraw
from limen.runner.server import CANCEL_SECONDS
from limen.runner.service import MakeService
from limen.runner.signals import Signals
from limen.runner.worker import Assignment, run_worker

# timeout(1) and some process managers send a signal twice, to the process and to its group; a person's second Ctrl-C is slower.
ECHO_SECONDS = 0.1
STUCK_SECONDS = CANCEL_SECONDS + 5.0

_log = logging.getLogger("limen.supervisor")


class Plan(NamedTuple):
    """What to run: the file (None: the environment alone), and where to listen, with how many processes."""

    config_path: str | None
    host: str
    port: int
    workers: int


class Started(NamedTuple):
    """What a service that just began to serve says of itself."""

    url: str
    host: str
    port: int
    workers: int
    snapshot: Snapshot


class Supervisor:
    """Runs a plan to its end. Raises ConfigError or StartError if it can't begin."""

    def __init__(
        self, plan: Plan, make_service: MakeService, on_ready: Callable[[Started], None] | None = None
    ) -> None:
        if plan.workers < 1:
            raise StartError(f"can't run {plan.workers} workers; at least 1 is needed")
        self._plan = plan
        self._make_service = make_service
        self._on_ready = on_ready
        self._configuration = Configuration(plan.config_path, make_service())
        self._listeners = open_listeners(plan.host, plan.port)
        self._port: int = self._listeners[0].getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._crew = Crew(plan.workers, self._selector)
        self._round = Round()
        self._serving = False
        self._stopped_at: float | None = None
        self._exit_status: int | None = None
        self._clean = True

    _signals: Signals

    def run(self) -> int:
        """Serve until told to stop, in the main thread. The exit status: 0 after a graceful stop."""
        gc.freeze()  # workers share these pages for as long as nobody writes to them, and the collector would
        self._signals = Signals()
        self._selector.register(self._signals, selectors.EVENT_READ)
        try:
            while self._exit_status is None:
                self._turn()
            return self._exit_status
        finally:
            self._crew.kill_all()
            withdraw(self._port, os.getpid())
            self._close_listeners()
            self._selector.close()
            self._signals.close()

    def _turn(self) -> None:
        now = time.monotonic()
        if self._stopped_at is None:
            self._crew.fill_up(self._live, self._assignment, now)
            self._announce(self._configuration.look(now))
        heard = [key.data for key, _ in self._selector.select(self._patience(now))]
        now = time.monotonic()
        for number in self._signals.take():
            self._heed(number, now)
        for worker in heard:
            if isinstance(worker, WorkerProcess):
                self._attend(worker)
        for death in self._crew.bury(now):
            self._mourn(death)
        self._end_if_done(now)

    def _patience(self, now: float) -> float | None:
        if self._stopped_at is not None:
            return 1.0
        waits = (self._configuration.patience, self._crew.patience(now))
        return min((wait for wait in waits if wait is not None), default=None)

    # Workers

    def _assignment(self, control: socket.socket) -> Assignment:
        return Assignment(self._configuration.content, self._configuration.refused, self._listeners, control)

    def _live(self, assignment: Assignment) -> int:
        """In the child: let go of what is the supervisor's alone, and work."""
        self._signals.abandon()
        self._selector.close()
        return run_worker(self._make_service(), assignment)

    def _attend(self, worker: WorkerProcess) -> None:
        self._crew.attend(worker)
        reports = worker.hear()
        if reports is None:
            self._crew.hung_up(worker)
            return
        for report in reports:
            self._hear(worker, report)

    def _hear(self, worker: WorkerProcess, report: Report) -> None:
        match report:
            case Ready():
                worker.ready = True
                self._begin_serving()
            case Leaving():
                worker.leaving = True
                if self._stopped_at is None:
                    _log.info("worker %d was told to stop; another takes its place", worker.pid)
            case Reloaded() | Refused():
                self._round.answer(worker.pid, report)
                self._finish_round()

    def _mourn(self, death: Death) -> None:
        self._round.leave(death.pid)
        self._finish_round()
        self._clean = self._clean and death.exit_code == 0
        if self._stopped_at is not None or death.expected:
            return
        _log.error("%s", death)
        if not self._serving:
            _log.error("no worker could start; giving up")
            self._exit_status = os.EX_SOFTWARE

    # Configuration

    def _announce(self, order: Serve | ConfigFailed | None, *, signalled: bool = False) -> None:
        if order is None:
            return
        self._round.begin(order, self._crew.pids(), signalled=signalled)
        self._crew.tell_all(order)
        self._finish_round()

    def _finish_round(self) -> None:
        if not self._round.finished():
            return
        if self._round.refused is not None:
            _log.error("a worker refused the new configuration: %s", self._round.refused)
        elif self._configuration.refused is None:
            snapshot = self._configuration.snapshot
            counts = (len(snapshot.endpoints), len(snapshot.routes))
            _log.info("configuration reloaded: %d endpoints, %d routes, digest %s", *counts, snapshot.digest[:12])
            for warning in snapshot.warnings:
                _log.warning("%s", warning)
        self._publish()

    def _publish(self) -> None:
        gateway = RunningGateway(
            pid=os.getpid(),
            started=birth(os.getpid()),
            host=self._plan.host.strip("[]"),
            port=self._port,
            config=self._plan.config_path,
            digest=self._configuration.snapshot.digest,
            error=self._configuration.refused or self._round.refused,
            signalled=self._round.signalled,
        )
        try:
            publish(gateway)
        except (StartError, OSError) as error:
            _log.warning("`limen reload` will not find this gateway: %s", error)

    # The beginning and the end

    def _begin_serving(self) -> None:
        """The first worker is ready."""
        if self._serving:
            return
        self._serving = True
        self._publish()
        if self._on_ready is None:
            return
        host = self._plan.host.strip("[]")
        started = Started(
            f"http://{authority(host, self._port)}", host, self._port, self._plan.workers, self._configuration.snapshot
        )
        try:
            self._on_ready(started)
        except Exception:
            _log.exception("announcing the start failed; serving all the same")

    def _heed(self, number: signal.Signals, now: float) -> None:
        match number:
            case signal.SIGHUP if self._stopped_at is None:
                self._announce(self._configuration.reload(), signalled=True)
            case signal.SIGTERM | signal.SIGINT if self._stopped_at is None:
                self._begin_stop(number, now)
            case signal.SIGTERM | signal.SIGINT if (
                self._stopped_at is not None and now - self._stopped_at > ECHO_SECONDS
            ):
                _log.warning("%s again: ending at once", number.name)
                self._exit_status = 128 + number

    def _begin_stop(self, number: signal.Signals, now: float) -> None:
        _log.info("%s: stopping; what is in hand is finished first", number.name)
        self._stopped_at = now
        # Before the workers close theirs: the last of them drains the queue, and nothing may keep it open behind its back.
        self._close_listeners()
        self._crew.tell_all(Drain())

    def _end_if_done(self, now: float) -> None:
        if self._stopped_at is None or self._exit_status is not None:
            return
        if not self._crew:
            self._exit_status = os.EX_OK if self._clean else os.EX_SOFTWARE
            _log.info("stopped" if self._clean else "stopped, but not every worker ended well")
        elif now - self._stopped_at > self._configuration.snapshot.server.drain_seconds + STUCK_SECONDS:
            _log.error("%d workers do not stop; killing them", len(self._crew))
            self._exit_status = os.EX_SOFTWARE

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()
