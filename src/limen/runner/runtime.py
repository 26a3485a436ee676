"""The runtime file: how `limen reload`, `Runner` and other programs find a gateway that runs on this machine.

One JSON file for each port, in a folder that only its owner can read or write. A file outlives a gateway that was killed, so
it counts only while the process that wrote it lives.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from limen.errors import ConfigError, StartError


class RunningGateway(msgspec.Struct, frozen=True):
    """A gateway that runs, and how its last reload went.

    `started` tells its process from a later one with the same id. `config` is the path of its file. `digest` is what it
    serves; `error` why a newer content was refused, None if none was. `signalled` counts the reloads done for a SIGHUP.
    """

    pid: int
    started: str
    host: str
    port: int
    config: str | None
    digest: str
    error: str | None = None
    signalled: int = 0

    def alive(self) -> bool:
        """Whether the process that wrote this still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return False  # somebody else's process: it took over the id
        return birth(self.pid) == self.started


def birth(pid: int) -> str:
    """When a process began, in a form that differs between two processes of one id; empty where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    after_name = fields.rpartition(")")[2].split()  # proc_pid_stat(5): the name may hold spaces and brackets
    return "" if after_name[0] == "Z" else after_name[19]


def runtime_folder() -> Path:
    """The folder, made if need be. Raises StartError if it is not this user's alone: another user could plant files there."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base, "limen") if base else Path(tempfile.gettempdir(), f"limen-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise StartError(f"the runtime folder {str(folder)!r} can't be made: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StartError(
            f"the runtime folder {str(folder)!r} is open to other users; remove it, or make it yours with mode 0700"
        )
    return folder


def publish(gateway: RunningGateway) -> None:
    """Write the runtime file, whole at any moment. Raises StartError or OSError."""
    folder = runtime_folder()
    draft = folder / f".{gateway.port}.{gateway.pid}"
    draft.write_bytes(msgspec.json.encode(gateway))
    draft.replace(folder / f"{gateway.port}.json")


def withdraw(port: int, pid: int) -> None:
    """Remove the runtime file, if it is still that process's own."""
    with contextlib.suppress(StartError, OSError):
        path = runtime_folder() / f"{port}.json"
        gateway = _read(path)
        if gateway is not None and gateway.pid == pid:
            path.unlink()


def find_running(port: int) -> RunningGateway | None:
    """The gateway that runs on `port`; None if there is none. A file left by a dead one is removed."""
    path = runtime_folder() / f"{port}.json"
    gateway = _read(path)
    if gateway is None or gateway.alive():
        return gateway
    withdraw(port, gateway.pid)
    return None


def all_running() -> Iterator[RunningGateway]:
    """Every gateway of this user that runs on this machine, by port."""
    ports = sorted(int(path.stem) for path in runtime_folder().glob("*.json") if path.stem.isdecimal())
    for port in ports:
        gateway = find_running(port)
        if gateway is not None:
            yield gateway


def ask_to_reload(gateway: RunningGateway, timeout: float = 30.0) -> RunningGateway:
    """Have a gateway read its file again; returns once every worker has answered.

    Raises ConfigError if the content was refused (what was served still is), StartError if the gateway is gone or silent.
    `timeout` is in seconds.
    """
    deadline = time.monotonic() + timeout
    with contextlib.suppress(ProcessLookupError):
        os.kill(gateway.pid, signal.SIGHUP)
    while time.monotonic() < deadline:
        now = find_running(gateway.port)
        if now is None or now.pid != gateway.pid:
            raise StartError(f"the gateway on port {gateway.port} (process {gateway.pid}) is gone")
        if now.signalled > gateway.signalled:
            if now.error is not None:
                raise ConfigError(now.error)
            return now
        time.sleep(0.02)
    raise StartError(
        f"the gateway on port {gateway.port} (process {gateway.pid}) gave no answer in {timeout:g} s; see its log"
    )


def _read(path: Path) -> RunningGateway | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunningGateway)
    except (OSError, msgspec.DecodeError):
        return None
