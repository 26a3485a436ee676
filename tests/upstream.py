"""A provider to test against: a real HTTP server on a free port that does exactly what a script says.

A script is a coroutine function: it gets the :class:`Asked` request and a :class:`Wire` to write to. Everything asked is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One request as it came off the wire. `gone` is set when its connection has ended."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """What a script writes to."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.keep = True

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, body: Any, status: int = 200, **headers: str) -> None:
        """A whole reply. Bytes go as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        lines = "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        await self.send(f"HTTP/1.1 {status} X\r\n{lines}content-length: {len(raw)}\r\n\r\n".encode() + raw)

    async def start_stream(self, content_type: str = "text/event-stream") -> None:
        await self.send(
            f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        await self.chunk(f"data: {text}\n\n".encode())

    async def end_stream(self) -> None:
        await self.send(b"0\r\n\r\n")

    def cut(self) -> None:
        """Drop the connection without an end."""
        self.keep = False
        self.writer.transport.abort()


Script = Callable[[Asked, Wire], Awaitable[None]]


class Upstream:
    """The server. `script` may be changed between requests."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        wire = Wire(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while wire.keep:
                asked = await _read(reader)
                self.asked.append(asked)
                await self._play(asked, wire, reader)
        writer.close()

    async def _play(self, asked: Asked, wire: Wire, reader: asyncio.StreamReader) -> None:
        """Run the script, and notice meanwhile when the other side goes."""
        playing = asyncio.ensure_future(self.script(asked, wire))
        watching = asyncio.ensure_future(reader.read(1))
        done, _ = await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching in done and (watching.exception() or not watching.result()):
            asked.gone.set()
            playing.cancel()
            wire.keep = False
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await watching
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await playing


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {}
    for line in head[1:]:
        if line:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


@contextlib.asynccontextmanager
async def upstream(script: Script) -> AsyncIterator[Upstream]:
    """Run one on a free port."""
    provider = Upstream(script)
    server = await asyncio.start_server(provider._serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        server.close()


def completion(text: str = "Hello.", **more: Any) -> dict[str, Any]:
    """A full chat answer in OpenAI's shape."""
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "gpt-test",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
        "system_fingerprint": "fp_1",
        **more,
    }


def piece(content: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One chunk of a streamed chat answer."""
    delta: dict[str, Any] = {} if content is None else {"content": content}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "gpt-test",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


USAGE_PIECE = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1700000000,
    "model": "gpt-test",
    "choices": [],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}


async def stream_words(wire: Wire, words: list[str], *, usage: bool = True) -> None:
    """A whole streamed answer, as OpenAI sends it with usage asked for."""
    await wire.start_stream()
    for word in words:
        await wire.event(piece(word))
    await wire.event(piece(finish="stop"))
    if usage:
        await wire.event(USAGE_PIECE)
    await wire.event("[DONE]")
    await wire.end_stream()
