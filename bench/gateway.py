"""A gateway under test as a running process: started from its manifest, timed, stopped with its whole tree."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench import placement
from bench.manifest import Found, child_environment, fill
from bench.plan import Plan, request_body
from bench.process_tree import Memory, ProcessTree

START_PATIENCE = 90.0
"""Seconds that a gateway has until its first served request."""
_PAUSE = 0.004


class GatewayError(Exception):
    """The gateway did not start or does not serve; the message ends with the end of its log."""


@dataclass(frozen=True)
class StartUp:
    """A start: wall and CPU seconds until the first served request, and memory at rest after it."""

    wall: float
    cpu: float
    idle: Memory


class Gateway:
    """One gateway of the run. Start it, measure `tree` while load runs against `port`, stop it."""

    def __init__(self, found: Found, upstream: int, folder: Path, core: int) -> None:
        self.found = found
        self.manifest = found.manifest
        self.name = found.name
        self.port = 0
        self._upstream = upstream
        self._folder = folder / found.name
        self._core = core
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def tree(self) -> ProcessTree:
        """The process tree of the running gateway."""
        if self._process is None:
            raise GatewayError(f"{self.name} is not running")
        return ProcessTree(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether the started process still runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> StartUp:
        """Start afresh and wait for the first served request. Raises `GatewayError`."""
        self.stop()
        self.port = placement.free_port()
        self._folder.mkdir(parents=True, exist_ok=True)
        command = self._prepare()
        begun = time.perf_counter()
        self._process = placement.start(
            command, self._core, log=self._log, environment=child_environment(self.manifest)
        )
        self._wait_until_served(begun + START_PATIENCE)
        wall, cpu = time.perf_counter() - begun, self.tree.cpu()
        time.sleep(0.5)
        return StartUp(wall, cpu, self.tree.memory())

    def stop(self) -> None:
        """Stop, if it runs, and leave no process behind."""
        if self._process is not None:
            placement.stop(self._process)
            self._process = None

    @property
    def _log(self) -> Path:
        return self._folder / "output.log"

    def _prepare(self) -> list[str]:
        words = {
            "command": self.found.command,
            "config": str(self._folder / "config"),
            "folder": str(self._folder),
            "port": str(self.port),
            "upstream": str(self._upstream),
        }
        Path(words["config"]).write_text(fill(self.manifest.config, **words))
        return [fill(word, **words) for word in self.manifest.start]

    def _wait_until_served(self, deadline: float) -> None:
        body = request_body(Plan(), self.manifest.model)
        if self.manifest.health:
            self._ask_until_ok(f"GET {self.manifest.health}", b"", deadline)
        self._ask_until_ok(f"POST {self.manifest.path}", body, deadline)

    def _ask_until_ok(self, what: str, body: bytes, deadline: float) -> None:
        answer = "no connection"
        while time.perf_counter() < deadline:
            if not self.alive:
                raise GatewayError(f"{self.name} ended while starting. {self.last_words()}")
            try:
                answer = self._ask(what, body)
            except OSError as error:
                answer = str(error)
            if answer.startswith("HTTP/1.1 200"):
                return
            time.sleep(_PAUSE)
        raise GatewayError(f"{self.name} does not serve {what}: {answer}. {self.last_words()}")

    def _ask(self, what: str, body: bytes) -> str:
        """Send one request on a connection of its own; the first bytes of the answer."""
        head = (
            f"{what} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nconnection: close\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(head.encode() + body)
            return connection.recv(2000).decode(errors="replace")

    def last_words(self) -> str:
        """The end of what it wrote, for a message."""
        lines = self._log.read_text(errors="replace").splitlines()[-12:]
        return "\n  ".join(["Its last lines:", *lines]) if lines else "It wrote nothing."
