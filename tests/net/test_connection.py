"""Deadlines, cancellation and flow control of one connection, seen from both of its ends."""

from __future__ import annotations

import asyncio
import gc

import pytest

from limen.errors import TimeoutFault, TransportFault
from limen.model.http import Timeouts
from limen.net import Client, NetSettings, Response
from net.hostile import HostileServer, Peer, answering, cancelled, chunked, reply, serving, silent

T = Timeouts()
QUICK = Timeouts(pool=0.15, connect=0.15, first_byte=0.15, idle=0.15)


async def drained(response: Response, how: str) -> None:
    """Read to the end in the given way."""
    while await getattr(response, how)():
        pass


async def test_first_byte_deadline(client: Client) -> None:
    """A server that takes the request and says nothing is left, and sees it."""
    async with HostileServer(silent) as server:
        with pytest.raises(
            TimeoutFault, match=rf"http://127.0.0.1:{server.port}: no reply came within 0.15 s"
        ) as caught:
            await client.request(server.post(), QUICK)
        assert caught.value.phase == "first_byte"
        await server.finished()


async def test_a_head_that_drips_is_bounded_by_first_byte(client: Client) -> None:
    """The head as a whole has to come in time, not just a byte of it."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.drip(b"HTTP/1.1 200 OK\r\n" + b"h: v\r\n" * 100, pause=0.02)

    async with HostileServer(script) as server:
        with pytest.raises(TimeoutFault) as caught:
            await client.request(server.post(), QUICK)
        assert caught.value.phase == "first_byte"


@pytest.mark.parametrize("how", ["read", "chunk"])
async def test_idle_deadline(client: Client, how: str) -> None:
    """A reply that falls silent in its middle is a timeout, whichever way it is read."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi")
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(), QUICK)
        if how == "chunk":
            assert await response.chunk() == b"hi"
        with pytest.raises(TimeoutFault, match="idle") as caught:
            await getattr(response, how)()
        assert caught.value.phase == "idle"
        await server.finished()


@pytest.mark.parametrize("how", ["read", "chunk"])
async def test_steady_reply_outlives_the_idle_deadline(client: Client, how: str) -> None:
    """Each piece starts the idle clock anew."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
        await peer.drip(b"0123456789", pause=0.05)

    async with HostileServer(script) as server:
        response = await client.request(server.post(), Timeouts(first_byte=0.3, idle=0.3))
        if how == "read":
            assert await response.read() == b"0123456789"
        else:
            got = b""
            while piece := await response.chunk():
                got += piece
            assert got == b"0123456789"


async def test_a_slow_reader_is_not_an_idle_server(client: Client) -> None:
    """The idle clock stands still while nobody waits for the reply."""
    async with HostileServer(serving(chunked(b"x" * 1000))) as server:
        response = await client.request(server.post(), Timeouts(first_byte=0.1, idle=0.1))
        await asyncio.sleep(0.3)
        assert await response.read() == b"x" * 1000


@pytest.mark.parametrize("how", ["read", "chunk"])
async def test_total_deadline_bounds_a_trickle(client: Client, how: str) -> None:
    """A reply that keeps coming, slowly, ends when the total is over."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            await peer.drip(b"x", pause=0.02)

    async with HostileServer(script) as server:
        response = await client.request(server.post(), Timeouts(idle=5, total=0.3))
        with pytest.raises(TimeoutFault) as caught:
            await drained(response, how)
        assert caught.value.phase == "total"


async def test_total_deadline_without_a_reply(client: Client) -> None:
    """The total bounds the wait for the head as well."""
    async with HostileServer(silent) as server:
        with pytest.raises(TimeoutFault, match=r"not complete within 0\.1 s") as caught:
            await client.request(server.post(), Timeouts(total=0.1))
        assert caught.value.phase == "total"


async def test_total_deadline_of_a_reply_that_nobody_reads(client: Client) -> None:
    """A reply held up by its reader ends in time, too, and tells the reader afterwards."""
    async with HostileServer(serving(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhi")) as server:
        response = await client.request(server.post(), Timeouts(total=0.1))
        await asyncio.sleep(0.3)
        assert await response.chunk() == b"hi"
        with pytest.raises(TimeoutFault):
            await response.chunk()


async def test_deadlines_switched_off(client: Client) -> None:
    """None means no limit, in each phase."""
    off = Timeouts(pool=None, connect=None, first_byte=None, idle=None, total=None)
    async with HostileServer(serving(reply(b"ok"))) as server:
        assert await (await client.request(server.post(), off)).read() == b"ok"


async def test_idle_connections_are_closed(client: Client) -> None:
    """A connection that nobody needs for `keepalive_idle` seconds is closed, without a request to notice it."""
    short = Client(NetSettings(keepalive_idle=0.1))

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(reply())
        await peer.gone()

    async with HostileServer(script) as server:
        await (await short.request(server.post(), T)).read()
        assert short.stats()[server.origin].idle == 1
        await server.finished()
        assert short.stats()[server.origin] == (0, 0, 0)
    await short.aclose()


async def test_cancelled_while_waiting_for_the_head(client: Client) -> None:
    """The server sees the connection close, and the slot is free."""
    async with HostileServer(silent) as server:
        task = asyncio.create_task(client.request(server.post(), T))
        while not server.connections:
            await asyncio.sleep(0.005)
        await cancelled(task)
        assert client.stats()[server.origin] == (0, 0, 0)
        await server.finished()


@pytest.mark.parametrize("how", ["read", "chunk"])
async def test_cancelled_while_reading(client: Client, how: str) -> None:
    """A reader that goes takes its connection with it."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(), T)
        task = asyncio.create_task(getattr(response, how)())
        await asyncio.sleep(0.02)
        await cancelled(task)
        assert client.stats()[server.origin] == (0, 0, 0)
        await server.finished()
        with pytest.raises(TransportFault):
            await response.chunk()


async def test_cancelled_in_the_instant_the_reply_arrives(client: Client) -> None:
    """However the loop interleaves a cancellation and a reply, slots stay exact and nobody else's reply is cut off."""
    async with HostileServer(serving(reply(b"ok"))) as server:
        for n in range(60):
            task = asyncio.create_task(client.request(server.post(), T))
            for _ in range(n % 20):
                await asyncio.sleep(0)
            task.cancel()
            other = client.request(server.post(), T)
            results = await asyncio.gather(task, other, return_exceptions=True)
            assert not isinstance(results[1], BaseException)
            assert await results[1].read() == b"ok"
        stats = client.stats()[server.origin]
        assert stats.active == 0
        assert stats.idle >= 1


async def test_cancelled_after_the_reply_but_before_its_task_ran(client: Client) -> None:
    """A complete reply whose reader is cancelled leaves its connection in the pool; the next user keeps it."""
    async with HostileServer(serving(reply(b"ok"))) as server:
        await (await client.request(server.post(), T)).read()
        pool = client._pools[server.origin]
        task = asyncio.create_task(client.request(server.post(), T))
        while pool.idle:
            await asyncio.sleep(0)
        while not pool.idle:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert client.stats()[server.origin] == (0, 1, 0)
        assert await (await client.request(server.post(), T)).read() == b"ok"
        assert server.connections == 1


async def test_unread_reply_stops_the_server(client: Client) -> None:
    """Nobody reads, so the server can't send more than the marks and the sockets hold."""
    sent = 0
    piece = b"x" * 65536

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (1000 * len(piece)))
        for _ in range(1000):
            peer.send(piece)
            await peer.writer.drain()
            sent += len(piece)

    async with HostileServer(script) as server:
        response = await client.request(server.post(), T)
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < 500 * len(piece)
        connection = response.connection
        assert connection is not None
        assert sum(map(len, connection.parts)) < 2 * 1024 * 1024
        total = 0
        while data := await response.chunk():
            total += len(data)
        assert total == 1000 * len(piece)
        assert client.stats()[server.origin].idle == 1


async def test_early_reply_to_a_small_body(client: Client) -> None:
    """Also a body that was handed to the system in one piece counts as unsent while bytes of it are still here."""

    async def script(peer: Peer) -> None:
        peer.send(reply(b"early"))
        await peer.gone()

    async with HostileServer(script) as server:
        task = client.request(server.post(b"{}"), T)
        # The reply may even come before the request: then it is one that nobody asked for.
        try:
            assert await (await task).read() == b"early"
        except TransportFault:
            assert client.stats()[server.origin] == (0, 0, 0)


async def test_connections_are_freed_without_the_collector(client: Client) -> None:
    """A closed connection leaves no cycle behind: under load those would pile up until a collection."""
    async with HostileServer(answering(reply(headers=b"connection: close\r\n"))) as server:
        await (await client.request(server.post(), T)).read()
        await asyncio.sleep(0.02)
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                await (await client.request(server.post(), T)).read()
            await asyncio.sleep(0.05)
            left = [
                o
                for o in gc.get_objects()
                if type(o).__name__ == "Connection" and type(o).__module__ == "limen.net.connection"
            ]
            assert left == []
        finally:
            gc.enable()
