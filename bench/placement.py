"""Where processes run: which core, which limits, and that none outlives the benchmark."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.process_tree import Process, ProcessTree

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Cores:
    """The gateways' core and the one of load generator, fake provider and this tool."""

    gateway: int
    load: int

    @classmethod
    def choose(cls) -> Cores:
        """The first two cores that this process may use; one core for both when there is no other."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[min(1, len(allowed) - 1)])


def raise_open_files() -> int:
    """Lift the limit of open files to the most that is allowed, for this process and its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def start(
    command: Sequence[str],
    core: int,
    *,
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` on `core`, leading its own session, told to end when this process dies.

    Standard output is a pipe, or goes to `log` with standard error. A session of its own keeps Ctrl-C
    from reaching it: this tool ends its children itself, in order.
    """

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT if output else None,
            env=environment,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - one thread here, and both calls are async-signal-safe
        )
    finally:
        if output:
            output.close()


def stop(process: subprocess.Popen[bytes], patience: float = 3.0) -> None:
    """End `process` and its whole tree: SIGTERM, then SIGKILL to whoever is left after `patience` seconds."""
    tree = ProcessTree(process.pid)
    family = tree.members()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    # Both looks count: who was a descendant before may be an orphan now, and new ones may have come.
    for member in family + tree.members():
        _end(member)
    if process.stdout:
        process.stdout.close()


def _end(member: Process) -> None:
    """Kill `member` unless it is gone, and see it gone: a dying process still holds its memory and port."""
    for _ in range(200):
        now = Process.read(member.pid)
        if now is None or now.started != member.started or now.state == "Z":
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
        time.sleep(0.01)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
