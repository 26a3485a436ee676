"""A client to test with: plain sockets, so that a test sees the bytes and decides when to stop reading or to leave."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Told:
    """A whole reply. `clean` is False if the body ended without its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    clean: bool = True

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of every event, decoded but for ``[DONE]``."""
        frames = [f[6:] for f in self.body.decode().split("\n\n") if f.startswith("data: ")]
        return [f if f == "[DONE]" else json.loads(f) for f in frames]


class Caller:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        fields = {"host": "test", "content-type": "application/json", "content-length": str(len(raw))}
        fields |= {k.replace("_", "-"): v for k, v in headers.items()}
        lines = "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v)
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + raw)
        await self.writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split(" ")[1]), {k.lower(): v for k, v in pairs}

    async def piece(self) -> bytes:
        """One chunk of a chunked body; empty at its end."""
        size = int((await self.reader.readline()).strip() or b"0", 16)
        data = await self.reader.readexactly(size)
        await self.reader.readexactly(2)
        return data

    async def told(self) -> Told:
        status, headers = await self.head()
        if "content-length" in headers:
            return Told(status, headers, await self.reader.readexactly(int(headers["content-length"])))
        parts = []
        try:
            while part := await self.piece():
                parts.append(part)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            return Told(status, headers, b"".join(parts), clean=False)
        return Told(status, headers, b"".join(parts))

    def leave(self) -> None:
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def caller(port: int) -> AsyncIterator[Caller]:
    """Connect to a port of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> Told:
    """One request on a connection of its own."""
    async with caller(port) as connection:
        await connection.send(method, path, body, **headers)
        async with asyncio.timeout(20):
            return await connection.told()


CHAT = {"messages": [{"role": "user", "content": "Hi"}]}
