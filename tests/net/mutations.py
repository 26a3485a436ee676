"""Replies bent out of shape, and a way to feed one to a connection without a socket. Shared by the tests and `fuzz/`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import h11
from hypothesis import strategies as st

from limen.errors import LimenError
from limen.model.http import Origin, Timeouts
from limen.net.connection import Connection
from limen.net.dial import Dialler
from limen.net.parser import CLOSED, IDLE
from limen.net.pool import Pool
from limen.net.resolver import Resolver
from limen.net.response import Response
from limen.net.settings import NetSettings
from net.hostile import chunked, reply

TIGHT = NetSettings(max_head_bytes=2000, max_headers=20, high_water=100)
# How much of a head over the limit is found out depends on the segments; where splits are compared, nothing is over it.
ROOMY = NetSettings(high_water=100)

SEEDS = [
    reply(b"hello", headers=b"server: x\r\ndate: today\r\n"),
    chunked(b"data: {}\n\n", b"data: [DONE]\n\n", headers=b"content-type: text/event-stream\r\n"),
    chunked(b"a" * 300, b"b", trailers=b"x-sum: 1\r\n"),
    b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"later"),
    b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 3\r\n\r\nold",
    reply(b"first") + reply(b"second"),
]

TOKENS = [
    b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\t", b";", b",", b"0\r\n\r\n", b"0", b"ffffffffffffffff", b"-1", b"HTTP/1.1 ",
    b"content-length: 5\r\n", b"content-length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: gzip\r\n",
    b"connection: close\r\n", b"connection: upgrade\r\nupgrade: x\r\n", b"HTTP/1.1 101 X\r\n\r\n", b"HTTP/1.1 103 X\r\n\r\n",
    b"\xff", b"h: v\r\n" * 30, b"x" * 3000,
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good reply after up to four cuts, repetitions, replacements or insertions."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        patch = draw(
            st.one_of(st.just(b""), st.sampled_from(TOKENS), st.binary(max_size=6), st.just(data[start:end] * 2))
        )
        data = data[:start] + patch + data[end:]
    return data


@st.composite
def pieces(draw: st.DrawFn) -> list[bytes]:
    """A mutated reply, split at random."""
    data = draw(mutated())
    cuts = sorted(draw(st.sets(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


endings = st.sampled_from(["eof", "reset", "silence"])
readings = st.sampled_from(["chunk", "read", "limit"])


def check_reply(segments: list[bytes], ending: str, how: str) -> None:
    """Whatever comes, in whatever pieces: no foreign exception, exact slots, and no body that h11 reads differently."""
    outcome = play(segments, ending, how)
    if outcome.fault is None:
        other = second_opinion(b"".join(segments), ended=ending == "eof")
        assert other in (None, (outcome.status, outcome.body))


def check_splits(data: bytes, at: int) -> None:
    """The same bytes give the same reply: whole, in two pieces, byte by byte."""
    whole = play([data], "eof", "read", ROOMY)
    for segments in ([data[:at], data[at:]], [data[n : n + 1] for n in range(len(data))]):
        split = play([segment for segment in segments if segment], "eof", "read", ROOMY)
        assert (split.status, split.body, type(split.fault)) == (whole.status, whole.body, type(whole.fault))


class MemoryTransport(asyncio.Transport):
    """A transport without a socket: keeps what is written, and delivers nothing after it was aborted."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.written = b""
        self.aborted = False
        self.paused = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def pause_reading(self) -> None:
        assert not self.paused
        self.paused = True

    def resume_reading(self) -> None:
        assert self.paused
        self.paused = False

    def abort(self) -> None:
        if not self.aborted:
            self.aborted = True
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)


class Outcome(NamedTuple):
    """What the reader got: a status and a body, or a fault; and whether the connection was kept."""

    status: int | None
    body: bytes
    fault: LimenError | None
    kept: bool


def play(segments: list[bytes], ending: str, how: str, limits: NetSettings = TIGHT) -> Outcome:
    """Feed a reply to a connection and read it. `ending`: eof, reset or silence; `how`: chunk, read or limit.

    Asserts what must hold for any bytes: no exception but LimenError, no line breaks in headers, exact slots.
    """
    return asyncio.run(_play(segments, ending, how, limits))


async def _play(segments: list[bytes], ending: str, how: str, limits: NetSettings) -> Outcome:
    loop = asyncio.get_running_loop()
    origin = Origin("http", "fuzz", 80)
    pool = Pool(Dialler(origin, None, Resolver(1), None, 1), limits, loop)
    connection = Connection("http://fuzz", pool, limits, loop)
    transport = MemoryTransport(connection)
    connection.connection_made(transport)
    connection.holds_slot = True
    pool.taken = 1
    waiter = connection.send(b"request", Timeouts(), 0.0, 0.0)
    reader = asyncio.create_task(_read(connection, pool, waiter, how))
    await _deliver(connection, transport, segments, ending)
    async with asyncio.timeout(5):
        status, body, fault = await reader
    await asyncio.sleep(0)
    assert connection.state in (IDLE, CLOSED)
    assert (pool.taken, pool.idle) == ((1, [connection]) if connection.state == IDLE else (0, []))
    assert (connection in pool.live) == (connection.state == IDLE)
    return Outcome(status, body, fault, connection.state == IDLE)


async def _deliver(connection: Connection, transport: MemoryTransport, segments: list[bytes], ending: str) -> None:
    for segment in segments:
        while transport.paused and not transport.aborted:
            await asyncio.sleep(0)
        if not transport.aborted:
            connection.data_received(segment)
        await asyncio.sleep(0)
    while transport.paused and not transport.aborted:
        await asyncio.sleep(0)
    if transport.aborted:
        return
    if ending == "eof":
        connection.eof_received()
        transport.abort()
    elif ending == "reset":
        transport.aborted = True
        connection.connection_lost(ConnectionResetError(104, "Connection reset by peer"))
    elif connection.state != IDLE:
        for _ in range(5):
            await asyncio.sleep(0)
        if connection.state != IDLE:
            connection.check(float("inf"))


async def _read(
    connection: Connection, pool: Pool, waiter: asyncio.Future[Response | None], how: str
) -> tuple[int | None, bytes, LimenError | None]:
    response = await waiter
    if response is None:
        pool.discard(connection)
        return None, b"", connection.fault()
    for name, value in response.headers:
        assert name == name.lower()
        assert not set(name + value) & set(b"\r\n\0")
    body = b""
    try:
        if how != "chunk":
            return response.status, await response.read(20 if how == "limit" else None), None
        while piece := await response.chunk():
            body += piece
            await asyncio.sleep(0)
    except LimenError as fault:
        return response.status, body, fault
    return response.status, body, None


def second_opinion(data: bytes, *, ended: bool) -> tuple[int, bytes] | None:
    """The first reply as h11 understands it, or None if h11 finds it wrong or incomplete."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "fuzz")]))
    parser.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        parser.receive_data(data)
        if ended:
            parser.receive_data(b"")
        next_event: Callable[[], object] = parser.next_event
        while True:
            match next_event():
                case h11.Response() as response:
                    status = response.status_code
                case h11.Data() as piece:
                    body += bytes(piece.data)
                case h11.EndOfMessage():
                    return status, body
                case h11.InformationalResponse():
                    continue
                case _:
                    return None
    except h11.RemoteProtocolError:
        return None
