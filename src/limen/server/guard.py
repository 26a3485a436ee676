"""The client's side of one request: its body, its reply, and whether it is still there.

Under limen's own server this is the connection itself, without ASGI's messages; under any other ASGI server it is done with
`receive` and `send`, and a task that waits for the disconnect message.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from limen.server.body import Headers, read_body, too_large
from limen.server.protocol import EXTENSION, GatewayProtocol
from limen.streaming import Receive, Scope, Send


class Guard:
    """Between `begin` and `end` the calling task is cancelled if its client leaves; `left` tells afterwards."""

    __slots__ = ("_connection", "_receive", "_send", "_watcher", "left")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = scope.get("extensions")
        self._connection: GatewayProtocol | None = extensions.get(EXTENSION) if extensions else None
        self._receive = receive
        self._send = send
        self._watcher: asyncio.Task[None] | None = None
        self.left = False

    async def body(self, headers: Headers, limit: int) -> bytes:
        """The whole body, of at most `limit` bytes; see :func:`read_body`."""
        body = None if self._connection is None else self._connection.whole_body()
        if body is None:
            return await read_body(self._receive, headers, limit)
        if len(body) > limit:
            raise too_large(limit)
        return body

    def begin(self) -> None:
        """Start to watch; only once the body is read, since watching takes what the client sends."""
        if self._connection is not None:
            self._connection.guard()
        else:
            owner = cast(asyncio.Task[Any], asyncio.current_task())
            self._watcher = asyncio.get_running_loop().create_task(self._watch(owner))

    async def _watch(self, owner: asyncio.Task[Any]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        owner.cancel("the client left")

    def end(self) -> None:
        """Stop watching."""
        if self._connection is not None:
            self.left = self._connection.release()
        elif self._watcher is not None:
            self._watcher.cancel()

    async def reply(self, status: int, lines: bytes, body: bytes) -> None:
        r"""Send a whole reply; `lines` are encoded ``name: value\r\n`` headers without the length."""
        if self._connection is not None:
            self._connection.reply(status, lines, body)
            return
        headers = [tuple(line.split(b": ", 1)) for line in lines.split(b"\r\n") if line]
        headers.append((b"content-length", b"%d" % len(body)))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
