"""The client of one request under any ASGI server but limen's own.

It has the few methods that the data plane uses of :class:`limen.server.protocol.GatewayProtocol`, done with `receive` and `send`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, cast

from limen.streaming import Receive, Send


class AsgiClient:
    """Where a request comes from and its reply goes."""

    __slots__ = ("_left", "_receive", "_send", "_watcher")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._watcher: asyncio.Task[None] | None = None
        self._left = False

    def whole_body(self, limit: int) -> bytes | None:
        """Always None: the body must be received."""
        return None

    def guard(self) -> None:
        """Cancel the calling task if the client leaves; only once the body is read, since a task now takes what comes."""
        owner = cast(asyncio.Task[Any], asyncio.current_task())
        self._watcher = asyncio.get_running_loop().create_task(self._watch(owner))

    async def _watch(self, owner: asyncio.Task[Any]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        owner.cancel("the client left")

    def release(self) -> bool:
        """End the guard; tells whether the client has left."""
        if self._watcher is not None:
            self._watcher.cancel()
        return self._left

    def reply(self, status: int, lines: bytes, body: bytes) -> Awaitable[None] | None:
        r"""Send a whole reply; `lines` are encoded ``name: value\r\n`` headers without the length."""
        return self._reply(status, lines, body)

    async def _reply(self, status: int, lines: bytes, body: bytes) -> None:
        headers = [tuple(line.split(b": ", 1)) for line in lines.split(b"\r\n") if line]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
