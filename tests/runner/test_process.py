"""One worker process, really forked, with a life simple enough to watch."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest

from limen.runner.control import Drain, Leaving, Ready, Serve, Unframer, frame
from limen.runner.process import WorkerProcess, fork_worker
from limen.runner.watch import Content
from limen.runner.worker import Assignment


def assignment(control: socket.socket) -> Assignment:
    return Assignment(Content(None, None), None, (), control)


@pytest.fixture
def fork():
    """Fork workers; what is left of them in the end is killed."""
    forked: list[WorkerProcess] = []

    def start(live, siblings=()) -> WorkerProcess:
        forked.append(fork_worker(live, assignment, siblings=siblings, born=0.0))
        return forked[-1]

    yield start
    for worker in forked:
        worker.kill()
        worker.control.close()
        try:
            worker.exit_code(wait=True)
        except ChildProcessError:
            continue


def heard(worker: WorkerProcess, seconds: float = 10.0):
    """The next thing that a worker says; None once it has hung up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reports = worker.hear()
        if reports is None or reports:
            return reports
        time.sleep(0.005)
    raise AssertionError("nothing was said")


def until_ended(worker: WorkerProcess) -> int:
    while (code := worker.exit_code()) is None:
        time.sleep(0.005)
    return code


def test_a_worker_reports_and_ends(fork) -> None:
    """Reports arrive, then the end of the socket, then the exit status."""

    def live(assignment: Assignment) -> int:
        assignment.control.sendall(frame(Ready("d")) + frame(Leaving()))
        return 7

    worker = fork(live)
    assert heard(worker) == [Ready("d"), Leaving()]
    assert heard(worker) is None
    assert until_ended(worker) == 7


def test_a_crash_stays_in_the_worker(fork) -> None:
    """An exception ends the child with status 1 and never reaches the supervisor's frames."""

    def live(_assignment: Assignment) -> int:
        raise SystemExit("no")

    assert until_ended(fork(live)) == 1


def test_orders_larger_than_the_socket_wait(fork) -> None:
    """An order that the worker does not read yet blocks nobody, and arrives whole."""

    def live(assignment: Assignment) -> int:
        assert assignment.control.recv(1) == frame(order)[:1]
        time.sleep(0.1)
        unframer, got = Unframer(), []
        unframer.feed(frame(order)[:1])
        while len(got) < 2:
            got += unframer.feed(assignment.control.recv(65536))
        return 0 if got == [order, Drain()] else 1

    order = Serve(1, "x" * 3_000_000, None)
    worker = fork(live)
    worker.tell(order)
    worker.tell(Drain())
    assert worker.unsent
    while worker.unsent:
        worker.flush()
        time.sleep(0.005)
    assert until_ended(worker) == 0


def test_the_dead_are_told_nothing(fork) -> None:
    """An order to a worker that has ended is dropped."""
    worker = fork(lambda _assignment: 0)
    assert heard(worker) is None
    worker.tell(Drain())
    assert not worker.unsent


def test_siblings_do_not_hide_the_end(fork) -> None:
    """A worker's socket ends when the supervisor lets go of it, whatever later workers inherited."""
    first = fork(lambda assignment: len(assignment.control.recv(1)))
    fork(lambda assignment: len(assignment.control.recv(1)), siblings=[first])
    first.control.close()
    assert until_ended(first) == 0


def test_a_worker_has_its_own_signals(fork) -> None:
    """Handlers of the parent are gone; Ctrl-C and hang-ups are left to the supervisor."""

    def live(assignment: Assignment) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGHUP)
        assignment.control.sendall(frame(Ready("d")))
        time.sleep(60)
        return 0

    worker = fork(live)
    assert heard(worker) == [Ready("d")]
    os.kill(worker.pid, signal.SIGTERM)
    assert until_ended(worker) == -signal.SIGTERM
    assert repr(worker) == f"<WorkerProcess {worker.pid} starting>"
