"""Signals as bytes on a socket, so that a loop can wait for them beside everything else it waits for."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from types import FrameType

HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Signals:
    """The heeded signals of this process, in their order. For the main thread."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.settimeout(0)
        self._sender.settimeout(0)
        self._before = {number: signal.signal(number, _nothing) for number in HEEDED}
        self._wakeup_before = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)

    def fileno(self) -> int:
        """Readable when signals have come."""
        return self._receiver.fileno()

    def take(self) -> list[signal.Signals]:
        """What came since the last call."""
        try:
            return [signal.Signals(number) for number in self._receiver.recv(4096) if number in HEEDED]
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Give the signals back to whoever had them."""
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.abandon()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's sockets."""
        self._receiver.close()
        self._sender.close()


def reset_in_child() -> None:
    """In a forked child: no handler of the parent's stays. What concerns the whole group is the parent's to decide."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Signals wait until the end of the block: between a fork and `reset_in_child` they would reach the parent's socket."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Be a handler: only then does Python write to the wake-up socket."""
