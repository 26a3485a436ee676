"""The server of one worker, in this process: what it does with each kind of connection when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from limen.runner.listener import open_listeners
from limen.runner.server import GatewayServer
from limen.runner.watch import Content
from wordservice import WordApp, WordService

REQUEST = b"GET /word HTTP/1.1\r\nhost: test\r\n\r\n"


class Running:
    """A server that serves in the background of the test."""

    def __init__(self, drain_seconds: float) -> None:
        self.app: WordApp = WordService().application(WordService().snapshot(Content('{"word": "one"}', None)))
        (self.listener,) = open_listeners("127.0.0.1", 0)
        self.port = self.listener.getsockname()[1]
        self.started = asyncio.Event()
        self.server = GatewayServer(
            self.app, [self.listener], drain_seconds=lambda: drain_seconds, on_start=self._on_start
        )
        self.done = asyncio.ensure_future(self.server.run_until_stopped())

    async def _on_start(self) -> None:
        self.started.set()

    async def connect(self, request: bytes = b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        return reader, writer


@pytest.fixture
async def run():
    """Start servers; each is stopped and closed in the end."""
    servers: list[Running] = []

    async def start(drain_seconds: float = 30.0) -> Running:
        servers.append(Running(drain_seconds))
        await asyncio.wait_for(servers[-1].started.wait(), 10)
        return servers[-1]

    yield start
    for running in servers:
        running.server.stop()
        await asyncio.wait_for(running.done, 15)
        assert running.listener.fileno() == -1


async def close(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_idle_connections_linger_then_close(run) -> None:
    """An idle connection is closed some time after the stop, not at once, and nothing was lost with it."""
    running = await run()
    reader, writer = await running.connect(REQUEST)
    await reader.readuntil(b"}")
    running.server.stop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.3)
    assert await asyncio.wait_for(reader.read(1), 10) == b""
    await close(writer)


async def test_a_connection_in_the_queue_is_served(run) -> None:
    """What the kernel has accepted and the server not yet seen when it stops is answered, and told to close."""
    running = await run()
    running.server.stop()
    await asyncio.sleep(0.3)
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.sendall(REQUEST)
        time.sleep(0.4)  # the loop is blocked past the moment at which the listener closes
        answer = b"".join(await asyncio.to_thread(lambda: list(iter(lambda: connection.recv(4096), b""))))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer


async def test_the_port_is_closed_before_long_answers_end(run) -> None:
    """While a reply is still in hand nobody new gets in."""
    running = await run()
    reader, writer = await running.connect(b"GET /slow?1.5 HTTP/1.1\r\nhost: test\r\n\r\n")
    await asyncio.sleep(0.1)
    running.server.stop()
    await asyncio.sleep(0.9)
    with pytest.raises(ConnectionRefusedError):
        await running.connect()
    assert b'"one"' in await asyncio.wait_for(reader.read(), 10)
    await close(writer)


async def test_a_stream_without_warning_may_be_followed(run) -> None:
    """A reply whose head went out before the stop did not say `close`: its connection still takes the next request."""
    running = await run()
    reader, writer = await running.connect(b"GET /stream?12 HTTP/1.1\r\nhost: test\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    running.server.stop()
    await reader.readuntil(b"0\r\n\r\n")
    writer.write(REQUEST)
    answer = await asyncio.wait_for(reader.read(), 10)
    assert b"connection: close" in answer
    assert answer.endswith(b"}")
    await close(writer)


async def test_the_bound_cancels_what_is_left(run, caplog) -> None:
    """After the bound a request is cancelled, its connection closed, and the log says so."""
    running = await run(drain_seconds=0.3)
    reader, writer = await running.connect(b"GET /stream?1000 HTTP/1.1\r\nhost: test\r\n\r\n")
    await reader.readuntil(b"\n")
    running.server.stop()
    await asyncio.wait_for(running.done, 10)
    assert not (await reader.read()).endswith(b"0\r\n\r\n")
    assert "1 requests were not done 0.3 s after the stop" in caplog.text
    await close(writer)


async def test_half_a_request_is_waited_for(run) -> None:
    """A head that is on its way when the stop begins is no idle connection."""
    running = await run()
    reader, writer = await running.connect(REQUEST[:20])
    await asyncio.sleep(0.1)
    running.server.stop()
    await asyncio.sleep(1.8)
    writer.write(REQUEST[20:])
    assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"}")
    await close(writer)
