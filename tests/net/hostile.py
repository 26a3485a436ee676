"""A server that does exactly what a script says, one script a connection: the peer that no framework lets you be.

::

    async def script(peer):
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\n\\r\\nhel")
        peer.reset()

    async with HostileServer(script) as server: ...
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType

from limen.model.http import Origin, WireRequest

PATIENCE = 5.0


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number

    async def head(self) -> bytes:
        """Read a request's head, blank line included."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def request(self) -> tuple[bytes, bytes]:
        """Read a whole request: head and body."""
        head = await self.head()
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return head, await self.reader.readexactly(length)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def drip(self, data: bytes, size: int = 1, pause: float = 0.0) -> None:
        """Send bytes in pieces, each in a segment of its own as far as a socket allows."""
        for start in range(0, len(data), size):
            self.writer.write(data[start : start + size])
            await self.writer.drain()
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Close in the ordinary way, after what was sent."""
        self.writer.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has closed the connection; fails after a generous time."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while await self.reader.read(65536):
                    pass


Script = Callable[[Peer], Awaitable[None]]


class HostileServer:
    """Serves connection `n` by the `n`-th script; the last script serves all further ones.

    `connections` counts them. A script that fails fails the test, at the end of the block.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.scripts = scripts
        self.connections = 0
        self.failures: list[BaseException] = []
        self._tls = tls
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> HostileServer:
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if error is None and self.failures:
            raise self.failures[0]

    @property
    def origin(self) -> Origin:
        """Where the server listens."""
        return Origin("https" if self._tls else "http", self._host, self.port)

    def post(self, body: bytes = b"{}", target: bytes = b"/v1/x") -> WireRequest:
        """A POST to this server."""
        return WireRequest(self.origin, b"POST", target, b"content-type: application/json\r\n", body)

    async def finished(self) -> None:
        """Wait until every script that was started has ended, and raise what one of them raised."""
        async with asyncio.timeout(PATIENCE):
            while any(not task.done() for task in self._tasks):
                await asyncio.sleep(0.005)
        if self.failures:
            raise self.failures[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number = self.connections
        self.connections += 1
        script = self.scripts[min(number, len(self.scripts) - 1)]
        try:
            await script(Peer(reader, writer, number))
        except asyncio.CancelledError:
            pass
        except BaseException as exc:
            self.failures.append(exc)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await asyncio.wait_for(writer.wait_closed(), PATIENCE)


def reply(body: bytes = b"ok", *, status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    """A well-formed reply with a length."""
    return b"HTTP/1.1 %b\r\n%bcontent-length: %d\r\n\r\n%b" % (status, headers, len(body), body)


def chunked(*pieces: bytes, headers: bytes = b"", trailers: bytes = b"") -> bytes:
    """A well-formed chunked reply."""
    head = b"HTTP/1.1 200 OK\r\n%btransfer-encoding: chunked\r\n\r\n" % headers
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + b"0\r\n%b\r\n" % trailers


def answering(*answers: bytes) -> Script:
    """A script: answer each request on the connection with the next of these bytes, then close."""

    async def script(peer: Peer) -> None:
        for answer in answers:
            await peer.request()
            peer.send(answer)
        await peer.writer.drain()

    return script


def serving(answer: bytes) -> Script:
    """A script: answer every request with these bytes until the client closes."""

    async def script(peer: Peer) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await peer.request()
                peer.send(answer)

    return script


async def silent(peer: Peer) -> None:
    """A script: read the request, say nothing, and see to it that the client closes in the end."""
    await peer.request()
    await peer.gone()


async def cancelled(task: asyncio.Task[object]) -> None:
    """Cancel a task and see that it ends as cancelled."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
    raise AssertionError(f"{task} was not cancelled")
