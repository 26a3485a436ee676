"""A small service for the tests of the runner, and the program that supervises it: ``python wordservice.py --port 0 …``.

Its configuration is JSON: ``{"word": …, "drain_seconds": …}``. GET /word answers with the word, /slow?0.5 after so many
seconds, /stream?20 sends a line every 50 ms, /health as the gateway does, /crash kills the worker.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import signal
import sys

from limen.config.snapshot import ServerSettings, Snapshot
from limen.errors import ConfigError
from limen.runner.foreground import supervise
from limen.runner.supervisor import Plan, Started
from limen.runner.watch import Content


class WordApp:
    """Serves one word."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.error: str | None = None
        self.draining = False

    def swap(self, snapshot: Snapshot) -> None:
        self.snapshot, self.error = snapshot, None

    def config_failed(self, message: str) -> None:
        self.error = message

    def begin_drain(self) -> None:
        self.draining = True

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        path, argument = scope["path"], float(scope["query_string"] or 0)
        if path == "/crash":
            os.kill(os.getpid(), signal.SIGKILL)
        elif path == "/stream":
            await self._stream(int(argument), send)
        else:
            await asyncio.sleep(argument)
            await self._send(self._body(path), send)

    def _body(self, path: str) -> bytes:
        if path != "/health":
            return json.dumps({"word": self.snapshot.net, "pid": os.getpid()}).encode()
        configuration = {"source": self.snapshot.source, "digest": self.snapshot.digest, "last_error": self.error}
        return json.dumps({"status": "OK", "configuration": configuration}).encode()

    async def _send(self, body: bytes, send) -> None:
        await send(self._head((b"content-length", b"%d" % len(body))))
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, lines: int, send) -> None:
        await send(self._head())
        for number in range(lines):
            await send({"type": "http.response.body", "body": b"%d\n" % number, "more_body": True})
            await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b"end\n"})

    def _head(self, *headers: tuple[bytes, bytes]) -> dict:
        close = [(b"connection", b"close")] if self.draining else []
        return {"type": "http.response.start", "status": 200, "headers": [*headers, *close]}


class WordService:
    """A service whose snapshots carry a word."""

    def snapshot(self, content: Content) -> Snapshot:
        text = content.text if content.text is not None else '{"word": "none"}'
        try:
            settings = json.loads(text)
            server = ServerSettings(drain_seconds=settings.get("drain_seconds", 300.0))
            word = settings["word"]
        except (ValueError, KeyError, AttributeError) as error:
            raise ConfigError(f"bad words: {error!r}") from error
        if word == "bug":
            raise RuntimeError("a bug in the service")
        if word == "parent only" and os.getpid() != SUPERVISOR:
            raise ConfigError("no worker takes this")
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Snapshot({}, {}, {}, server=server, net=word, source=content.source, digest=digest)

    def application(self, snapshot: Snapshot) -> WordApp:
        if snapshot.net == "unborn":
            raise RuntimeError("the application can't be made")
        return WordApp(snapshot)


SUPERVISOR = os.getpid()


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--config-path")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--workers", type=int, default=1)
    given = options.parse_args()
    return supervise(Plan(given.config_path, given.host, given.port, given.workers), WordService, announce)


def announce(started: Started) -> None:
    sys.stdout.write(f"ready on {started.url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
