"""Idle connections."""

import asyncio
from typing import Any

from caller import caller
from serving import START, piece, serving


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    await send(START)
    await send(piece(b"ok"))


async def test_idle_connections_are_closed_and_busy_ones_are_not() -> None:
    """Whether a client never asked, stopped in its head, or has its answer: silence ends the connection, work does not."""
    async with serving(app, timeout_keep_alive=0.2) as port:
        async with caller(port) as never, caller(port) as half, caller(port) as done, caller(port) as busy:
            half.writer.write(b"GET / HTTP/1.1\r\nhost:")
            await done.send("GET", "/")
            assert (await done.told()).body == b"ok"
            await busy.send("GET", "/slow")
            async with asyncio.timeout(5):
                for client in (never, half, done):
                    assert await client.reader.read() == b""
            assert (await busy.told()).body == b"ok"
