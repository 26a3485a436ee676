"""One worker process, as its supervisor sees it: born by a fork, told what to do, listened to, buried."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from limen.runner.control import Order, Report, Unframer, frame
from limen.runner.signals import held_back, reset_in_child
from limen.runner.worker import Assignment

_log = logging.getLogger("limen.worker")


class WorkerProcess:
    """A worker. `born` is in seconds of the supervisor's clock; `leaving` once it accepts no more."""

    def __init__(self, pid: int, control: socket.socket, born: float) -> None:
        control.settimeout(0)
        self.pid = pid
        self.born = born
        self.ready = False
        self.leaving = False
        self.control = control
        self._unframer = Unframer()
        self._unsent = bytearray()

    def __repr__(self) -> str:
        state = "leaving" if self.leaving else "ready" if self.ready else "starting"
        return f"<WorkerProcess {self.pid} {state}>"

    def tell(self, order: Order) -> None:
        """Send an order; what the socket has no room for waits for :meth:`flush`."""
        self._unsent += frame(order)
        self.flush()

    def flush(self) -> None:
        """Send what waits. A worker that is gone is told nothing."""
        try:
            while self._unsent:
                del self._unsent[: self.control.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()

    @property
    def unsent(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._unsent)

    def hear(self) -> Sequence[Report] | None:
        """What the worker says; None once it has hung up."""
        try:
            data = self.control.recv(65536)
        except BlockingIOError:
            return ()
        except OSError:
            data = b""
        if not data:
            return None
        return self._unframer.feed(data)  # type: ignore[return-value]  # workers send reports only

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def exit_code(self, *, wait: bool = False) -> int | None:
        """How it ended, negative for a signal; None while it lives. Not to be called again after that."""
        pid, status = os.waitpid(self.pid, 0 if wait else os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None


def fork_worker(
    live: Callable[[Assignment], int],
    assignment: Callable[[socket.socket], Assignment],
    *,
    siblings: Sequence[WorkerProcess],
    born: float,
) -> WorkerProcess:
    """Start a process that runs `live` on the assignment made for its control socket. Raises OSError.

    The child lets go of the siblings' control sockets: a copy of one would hide the supervisor's death from its worker.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    with held_back():
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            reset_in_child()
            for control in (ours, *(sibling.control for sibling in siblings)):
                control.close()
    if pid == 0:
        _live(live, assignment(theirs))
    theirs.close()
    return WorkerProcess(pid, ours, born)


def _live(live: Callable[[Assignment], int], assignment: Assignment) -> NoReturn:
    """The worker's whole life. Never returns into the supervisor's frames, whatever happens."""
    status = 1
    try:
        status = live(assignment)
    except BaseException:
        _log.exception("crashed")
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)
