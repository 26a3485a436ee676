"""Slots: who gets one, in which order, and that none is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from limen.errors import TimeoutFault, TransportFault
from limen.model.http import Origin, Timeouts, WireRequest
from limen.net import Client, NetSettings
from limen.net.connection import Connection
from net.hostile import HostileServer, Peer, cancelled, reply, serving, silent
from net.servers import free_port

T = Timeouts()


@pytest.fixture
async def narrow() -> AsyncIterator[Client]:
    """A client with two connections an origin; at the end no slot may be taken that is not idle."""
    instance = Client(NetSettings(connections_per_origin=2))
    yield instance
    for stats in instance.stats().values():
        assert (stats.active, stats.waiting) == (0, 0)
    await instance.aclose()


async def until(condition: object) -> None:
    """Let the loop run until a condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.002)


async def test_waiters_are_served_in_order(narrow: Client) -> None:
    """With all slots taken, requests wait, and the first to come is the first to go."""
    go = asyncio.Semaphore(0)
    order = []

    async def script(peer: Peer) -> None:
        while True:
            _, body = await peer.request()
            await go.acquire()
            order.append(int(body))
            peer.send(reply())

    async def ask(n: int) -> None:
        await (await narrow.request(server.post(b"%d" % n), T)).read()

    async with HostileServer(script) as server:
        tasks = []
        for n in range(8):
            tasks.append(asyncio.create_task(ask(n)))
            await asyncio.sleep(0)
        await until(lambda: server.connections == 2)
        assert narrow.stats()[server.origin] == (2, 0, 6)
        for _ in range(8):
            go.release()
            await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        assert sorted(order[:2]) == [0, 1]
        assert order[2:] == [2, 3, 4, 5, 6, 7]
        assert server.connections == 2
        assert narrow.stats()[server.origin] == (0, 2, 0)


async def test_the_last_used_connection_is_used_first(narrow: Client) -> None:
    """Idle connections form a stack, so that a surplus one ages."""
    async with HostileServer(serving(reply())) as server:
        first, second = await asyncio.gather(*(narrow.request(server.post(), T) for _ in range(2)))
        await first.read()
        await second.read()
        pool = narrow._pools[server.origin]
        top = pool.idle[-1]
        await (await narrow.request(server.post(), T)).read()
        assert pool.idle[-1] is top


@pytest.mark.parametrize(("timeouts", "phase"), [(Timeouts(pool=0.1), "pool"), (Timeouts(total=0.1), "total")])
async def test_wait_in_line_is_bounded(narrow: Client, timeouts: Timeouts, phase: str) -> None:
    """Whoever waits too long for a connection leaves the line, without harm to the others."""
    async with HostileServer(silent) as server:
        holders = [asyncio.create_task(narrow.request(server.post(), T)) for _ in range(2)]
        await until(lambda: server.connections == 2)
        with pytest.raises(TimeoutFault, match=rf"within 0\.1 s; raise the `{phase}` timeout") as caught:
            await narrow.request(server.post(), timeouts)
        assert caught.value.phase == phase
        assert narrow.stats()[server.origin] == (2, 0, 0)
        for holder in holders:
            await cancelled(holder)


async def test_cancelled_in_line(narrow: Client) -> None:
    """A request that is cancelled while it waits leaves no trace, wherever it stood."""
    async with HostileServer(silent) as server:
        holders = [asyncio.create_task(narrow.request(server.post(), T)) for _ in range(2)]
        await until(lambda: server.connections == 2)
        waiting = [asyncio.create_task(narrow.request(server.post(), T)) for _ in range(3)]
        await asyncio.sleep(0)
        assert narrow.stats()[server.origin] == (2, 0, 3)
        for task in (waiting[1], waiting[0], waiting[2], *holders):
            await cancelled(task)
        assert narrow.stats()[server.origin] == (0, 0, 0)
        await server.finished()
        assert server.connections == 2


async def test_slot_of_a_cancelled_holder_goes_to_the_next_in_line(narrow: Client) -> None:
    """A freed slot is a new connection for whoever waits."""

    async def script(peer: Peer) -> None:
        if peer.number < 2:
            await silent(peer)
        else:
            await serving(reply(b"next"))(peer)

    async with HostileServer(script) as server:
        holders = [asyncio.create_task(narrow.request(server.post(), T)) for _ in range(2)]
        await until(lambda: server.connections == 2)
        waiting = asyncio.create_task(narrow.request(server.post(), T))
        await asyncio.sleep(0)
        await cancelled(holders[0])
        assert await (await waiting).read() == b"next"
        await cancelled(holders[1])


@pytest.mark.parametrize("gift", ["connection", "slot"])
async def test_cancelled_just_after_it_was_given_something(narrow: Client, gift: str) -> None:
    """What a cancelled request was given in its last instant passes to the next in line, or back to the pool."""
    async with HostileServer(serving(reply(b"ok"))) as server:
        await (await narrow.request(server.post(), T)).read()
        pool = narrow._pools[server.origin]
        held = [await pool.acquire(T, 0.0) for _ in range(2)]
        waiting = [asyncio.create_task(narrow.request(server.post(), T)) for _ in range(2)]
        await asyncio.sleep(0)
        if gift == "connection":
            pool.release(held[0])
        else:
            held[0].abort()
        waiting[0].cancel()
        assert await (await waiting[1]).read() == b"ok"
        with pytest.raises(asyncio.CancelledError):
            await waiting[0]
        held[1].abort()


async def test_connection_that_dies_on_its_way_to_a_waiter(narrow: Client) -> None:
    """A connection that closes between its release and its new user's turn is replaced in the same slot."""
    async with HostileServer(serving(reply(b"ok"))) as server:
        await (await narrow.request(server.post(), T)).read()
        pool = narrow._pools[server.origin]
        held = [await pool.acquire(T, 0.0) for _ in range(2)]
        for death in (Connection.eof_received, Connection.abort, lambda connection: connection.data_received(b"?")):
            waiting = asyncio.create_task(narrow.request(server.post(), T))
            await asyncio.sleep(0)
            pool.release(held[0])
            death(held[0])
            assert await (await waiting).read() == b"ok"
            held[0] = await pool.acquire(T, 0.0)
        for connection in held:
            connection.abort()


async def test_failed_connects_give_their_slots_back(narrow: Client) -> None:
    """However many connections are refused, the line moves on."""
    origin = Origin("http", "127.0.0.1", free_port())
    request = WireRequest(origin, b"GET", b"/", b"")
    results = await asyncio.gather(*(narrow.request(request, T) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(result, TransportFault) and not result.sent for result in results)
    assert narrow.stats()[origin] == (0, 0, 0)


async def test_origins_do_not_share_slots(narrow: Client) -> None:
    """A slow origin that has used up its slots holds up nobody else."""
    async with HostileServer(silent) as slow, HostileServer(serving(reply())) as fast:
        holders = [asyncio.create_task(narrow.request(slow.post(), T)) for _ in range(3)]
        await until(lambda: slow.connections == 2)
        assert await (await narrow.request(fast.post(), T)).read() == b"ok"
        for holder in reversed(holders):
            await cancelled(holder)


async def test_never_more_connections_than_the_limit(narrow: Client) -> None:
    """A crowd with cancellations among it keeps to the limit, and all slots are there afterwards."""
    now = most = 0

    async def script(peer: Peer) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            await serving(reply(b"ok"))(peer)
        finally:
            now -= 1

    async def ask(n: int) -> bytes:
        response = await narrow.request(server.post(), T)
        if n % 3 == 0:
            response.close()
        return await response.read()

    async with HostileServer(script) as server:
        tasks = [asyncio.create_task(ask(n)) for n in range(100)]
        for n, task in enumerate(tasks):
            if n % 7 == 0:
                await asyncio.sleep(0)
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result == b"ok" or isinstance(result, asyncio.CancelledError) for result in results)
        assert most <= 3  # a server may see the end of one connection after the beginning of the next
        stats = narrow.stats()[server.origin]
        assert (stats.active, stats.waiting) == (0, 0)
        assert stats.idle <= 2
        pool = narrow._pools[server.origin]
        assert repr(pool) == f"<Pool {pool.name} 0 active, {stats.idle} idle, 0 waiting>"


async def test_closed_pool_refuses_waiters_and_late_connections(narrow: Client) -> None:
    """Closing reaches requests in line, and those whose connection is only being opened."""
    async with HostileServer(Peer.gone) as server:
        tasks = [asyncio.create_task(narrow.request(server.post(), T)) for _ in range(3)]
        await asyncio.sleep(0)
        await narrow.aclose()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, TransportFault) for result in results)
        assert narrow.stats()[server.origin] == (0, 0, 0)


async def test_server_that_closes_every_connection_at_once(narrow: Client) -> None:
    """Whether the client notices before or after it has sent the request, it is told, and no slot is lost."""

    async def script(peer: Peer) -> None:
        peer.reset()

    async with HostileServer(script) as server:
        for _ in range(50):
            with pytest.raises(TransportFault):
                await narrow.request(server.post(), T)
        assert narrow.stats()[server.origin] == (0, 0, 0)


async def test_connection_that_dies_before_its_opener_has_its_turn(narrow: Client) -> None:
    """A new connection that is closed before it could be used frees its slot, and nothing counts as sent."""
    async with HostileServer(serving(reply())) as server:
        pool = narrow._open_pool(server.origin)
        task = asyncio.create_task(pool.acquire(T, asyncio.get_running_loop().time()))
        while not pool.live:
            await asyncio.sleep(0)
        for connection in pool.live:
            connection.eof_received()
        with pytest.raises(TransportFault, match="closed at once") as caught:
            await task
        assert not caught.value.sent
        assert narrow.stats()[server.origin] == (0, 0, 0)
