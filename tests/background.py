"""A scripted provider beside clients that block: its event loop has a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from upstream import Asked, Script, Upstream, upstream


class BackgroundProvider:
    """An `Upstream` in a thread. `script` may be changed between requests; `asked` is everything since the last `play`."""

    def __init__(self, script: Script) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="provider", daemon=True)
        self._serving = upstream(script)
        self._upstream: Upstream

    def __enter__(self) -> Self:
        self._thread.start()
        self._upstream = self._run(self._serving.__aenter__()).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._serving.__aexit__(None, None, None)).result(10)
        self._run(self._end_tasks()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return self._upstream.url

    @property
    def asked(self) -> list[Asked]:
        return self._upstream.asked

    def play(self, script: Script) -> None:
        """Answer with `script` from now on, and forget what was asked before."""
        self._upstream.script = script
        self._upstream.asked = []

    def wait_until_gone(self, asked: Asked) -> None:
        """Wait until the connection that brought `asked` has ended; TimeoutError if it stays."""
        self._run(asked.gone.wait()).result(10)

    def _run(self, work) -> Future:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _end_tasks(self) -> None:
        """End the connections that are still open, so that no task outlives its loop."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
