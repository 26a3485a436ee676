"""`Runner`: a gateway beside the calling program, as a process of its own.

For programs and tests. The gateway is the same that `limen start` gives a person; this module starts that command.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import IO, ClassVar, Self

from limen.errors import ConfigError, StartError
from limen.runner.foreground import EXIT_CONFIG
from limen.runner.listener import authority
from limen.runner.runtime import RunningGateway, all_running, ask_to_reload

_POLL_SECONDS = 0.02
_SECONDS_TO_END = 5.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  where to reach what listens everywhere


class Runner:
    """Starts, stops and reloads a gateway::

        with Runner("config.yaml", port=0) as gateway:
            requests.get(gateway.url + "/health")

    `config_path` None serves what the environment has keys for. Port 0 takes a free one; `url` and `port` tell which, once
    it is started.
    """

    command: ClassVar[tuple[str, ...]] = (sys.executable, "-m", "limen", "start")

    def __init__(
        self, config_path: str | os.PathLike[str] | None, host: str = "127.0.0.1", port: int = 5000, workers: int = 1
    ) -> None:
        self.config_path = None if config_path is None else os.fspath(config_path)
        self.host = host
        self.port = port
        self.workers = workers
        self._asked_port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._last_words = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop()

    def __repr__(self) -> str:
        state = f"pid {self.pid}" if self._process is not None else "stopped"
        return f"<Runner {self.url} {state}>"

    @property
    def url(self) -> str:
        """Where to reach it, without a slash at the end."""
        return f"http://{authority(_reachable(self.host), self.port)}"

    @property
    def pid(self) -> int:
        """The process to signal. Raises StartError if none runs."""
        return self._running().pid

    @property
    def output(self) -> str:
        """Everything the process has written so far, its log among it; of the last one, if none runs."""
        if self._log is None:
            return self._last_words
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode("utf-8", "replace")

    def start(self, timeout: float = 30.0) -> None:
        """Start, and return once it answers.

        Raises ConfigError or StartError, with what the process wrote, if it ends instead or is not up in `timeout` seconds.
        """
        if self._process is not None:
            raise StartError(f"this Runner has a gateway already, at {self.url}")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        # A group of its own: Ctrl-C in the caller's terminal is the caller's to handle.
        self._process = subprocess.Popen(  # noqa: S603  our own command
            self._arguments(), stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, process_group=0
        )
        try:
            self._wait_until_up(self._process, time.monotonic() + timeout)
        except BaseException:
            self._process.terminate()
            self._end(self._process)
            raise

    def stop(self, timeout: float = 310.0) -> int:
        """Stop gracefully and return the exit status, 0 if all went well; after `timeout` seconds, stop at once."""
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
        return self._end(process)

    def reload(self, timeout: float = 30.0) -> str:
        """Read the file again; returns the digest of what every worker serves now.

        Raises ConfigError if the file is refused: then nothing has changed.
        """
        gateway = self._find()
        if gateway is None:
            raise StartError(f"no gateway of this Runner answers at {self.url}")
        return ask_to_reload(gateway, timeout).digest

    def _arguments(self) -> list[str]:
        options = ["--host", self.host, "--port", str(self._asked_port), "--workers", str(self.workers)]
        if self.config_path is not None:
            options += ["--config-path", self.config_path]
        return [*self.command, *options]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise StartError("this Runner is not started")
        return self._process

    def _find(self) -> RunningGateway | None:
        pid = self._running().pid
        return next((gateway for gateway in all_running() if gateway.pid == pid), None)

    def _wait_until_up(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                kind = ConfigError if process.returncode == EXIT_CONFIG else StartError
                raise kind(
                    f"the gateway ended with status {process.returncode}: {self.output.strip() or 'it said nothing'}"
                )
            gateway = self._find()
            if gateway is not None:
                self.port = gateway.port
                if self._healthy():
                    return
            time.sleep(_POLL_SECONDS)
        raise StartError(f"the gateway did not answer in time; it wrote: {self.output.strip()}")

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection(_reachable(self.host), self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        """See that nothing is left of it but its last words."""
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        finally:
            status = process.wait()
            self._last_words, self._process = self.output, None
            if self._log is not None:
                self._log.close()
                self._log = None
        return status


def _reachable(host: str) -> str:
    host = host.strip("[]")
    return _ANY_ADDRESS.get(host, host)
