"""The `limen` command as a real process."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

LIMEN = (sys.executable, "-m", "limen")
# Nothing of the developer's own environment decides what a test sees.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A small environment, with `extra` in it."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | {"COLUMNS": "200", **(extra or {})}


@dataclass
class Done:
    """A process that has ended."""

    status: int
    out: str
    err: str


async def limen(*arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Done:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        *LIMEN,
        *arguments,
        env=environment(environ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate(stdin.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Done(process.returncode or 0, out.decode(), err.decode())


class Serving:
    """A `limen start` that runs. `lines` is what it has printed so far, on either stream."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def line(self, pattern: str) -> str:
        """The next line that `pattern` is found in."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while raw := await self.process.stdout.readline():
                self.lines.append(raw.decode().rstrip("\n"))
                if re.search(pattern, self.lines[-1]):
                    return self.lines[-1]
        raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join(self.lines))

    async def stop(self) -> int:
        """Ask it to stop, and give its exit status."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            rest = await self.process.stdout.read()
            self.lines += rest.decode().splitlines()
            return await self.process.wait()


@asynccontextmanager
async def serving(*arguments: str, environ: Mapping[str, str] | None = None) -> AsyncIterator[Serving]:
    """Run `limen start`, and see that it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        *LIMEN,
        "start",
        *arguments,
        env=environment(environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Serving(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            await running.stop()
