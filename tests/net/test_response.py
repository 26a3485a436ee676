"""Reading a reply: whole, piece by piece, up to a limit, or not at all."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from limen.errors import MalformedReply, TimeoutFault, TransportFault
from limen.model.http import Timeouts
from limen.net import Client
from net.hostile import HostileServer, Peer, answering, cancelled, chunked, reply, serving

T = Timeouts()

GOOD = [reply(b"hello"), chunked(b"hel", b"lo")]


async def test_reply_in_one_segment_is_read_without_suspension(client: Client) -> None:
    """A complete reply is handed over by a `read` that never yields to the loop."""
    async with HostileServer(serving(reply(b"x" * 1000))) as server:
        response = await client.request(server.post(), T)
        with pytest.raises(StopIteration) as stop:
            response.read().send(None)
        assert stop.value.value == b"x" * 1000


async def test_chunks_arrive_as_they_are_sent(client: Client) -> None:
    """Each piece of a stream is there before the next is sent, and the end is clean."""
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for n in range(5):
            await go.wait()
            go.clear()
            peer.send(b"2\r\n%02d\r\n" % n)
        await go.wait()
        peer.send(b"0\r\n\r\n")
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(), T)
        for n in range(5):
            go.set()
            assert await response.chunk() == b"%02d" % n
        go.set()
        assert await response.chunk() == b""
        assert await response.chunk() == b""
        assert client.stats()[server.origin].idle == 1
        await client.aclose()
        await server.finished()


@pytest.mark.parametrize("whole", GOOD, ids=["length", "chunked"])
async def test_stream_cut_short_gives_what_came_and_then_raises(client: Client, whole: bytes) -> None:
    """`chunk` hands out what arrived before the break, then raises, and raises again."""
    async with HostileServer(answering(whole[: whole.index(b"hel") + 3])) as server:
        response = await client.request(server.post(), T)
        assert await response.chunk() == b"hel"
        for _ in range(2):
            with pytest.raises(MalformedReply, match="before the reply was complete"):
                await response.chunk()


async def test_closing_an_unread_response(client: Client) -> None:
    """`close` aborts an incomplete reply at once; on a complete one it does nothing, however often."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"whole"))
        await peer.request()
        peer.send(reply(b"half")[:-2])
        await peer.gone()

    async with HostileServer(script) as server:
        whole = await client.request(server.post(), T)
        whole.close()
        whole.close()
        assert await whole.read() == b"whole"
        half = await client.request(server.post(), T)
        half.close()
        half.close()
        assert client.stats()[server.origin] == (0, 0, 0)
        await server.finished()
        assert server.connections == 1


@pytest.mark.parametrize("piece", [7, 1_000_000], ids=["dripping", "at once"])
@pytest.mark.parametrize("answer", [reply(b"x" * 100), chunked(*[b"x" * 10] * 10)], ids=["length", "chunked"])
async def test_read_limit(client: Client, answer: bytes, piece: int) -> None:
    """A body of exactly the limit passes; one byte more does not, whether it is here already or still coming."""

    async def script(peer: Peer) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await peer.request()
                await peer.drip(answer, piece)

    async with HostileServer(script) as server:
        assert await (await client.request(server.post(), T)).read(100) == b"x" * 100
        with pytest.raises(MalformedReply, match="longer than the limit of 99 bytes"):
            await (await client.request(server.post(), T)).read(99)


async def test_read_resumes_a_stopped_reply(client: Client) -> None:
    """A reply that was stopped while nobody read is read to its end by `read`, too."""
    body = b"y" * 8_000_000
    async with HostileServer(serving(reply(body))) as server:
        response = await client.request(server.post(), T)
        await asyncio.sleep(0.1)
        assert await response.read() == body
        assert await (await client.request(server.post(), T)).read() == body
        assert server.connections == 1


async def test_two_readers_of_one_response_are_a_mistake(client: Client) -> None:
    """The second task that waits for the same reply is told so; it does not rob the first."""
    async with HostileServer(serving(reply(b"half")[:-2])) as server:
        response = await client.request(server.post(), T)
        assert await response.chunk() == b"ha"
        first = asyncio.create_task(response.chunk())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            response.connection.arrival()  # type: ignore[union-attr]
        response.close()
        with pytest.raises(TransportFault, match="closed by its reader"):
            await first


async def test_read_after_chunks_gives_the_rest(client: Client) -> None:
    """`read` goes on where `chunk` stopped, and what was read is gone."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"hello")[:-3])
        await asyncio.sleep(0.05)
        peer.send(b"llo")
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(), T)
        assert await response.chunk() == b"he"
        assert await response.read() == b"llo"
        assert await response.read() == b""
        assert await response.chunk() == b""


async def test_repr_says_how_far_it_is(client: Client) -> None:
    """A response shows its status and its connection's state, nothing of its content."""
    async with HostileServer(serving(reply(b"half")[:-2])) as server:
        response = await client.request(server.post(), T)
        assert repr(response) == f"<Response 200, <Connection http://127.0.0.1:{server.port} reading>>"
        response.close()


async def test_flow_gives_pieces_as_they_arrive(client: Client) -> None:
    """Between two awaits of its reader a stream's pieces go to the sink; the end is left to `chunk`."""
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for n in range(5):
            await go.wait()
            go.clear()
            peer.send(b"2\r\n%02d\r\n" % n)
        await go.wait()
        peer.send(b"0\r\n\r\n")
        await peer.gone()

    got = []

    def sink(piece: bytes) -> bool:
        got.append(piece)
        go.set()
        return True

    async with HostileServer(script) as server:
        response = await client.request(server.post(), T)
        go.set()
        await response.flow(sink)
        assert got == [b"%02d" % n for n in range(5)]
        assert await response.chunk() == b""
        await response.flow(sink)
        assert client.stats()[server.origin].idle == 1


async def test_flow_ends_when_the_sink_has_enough(client: Client) -> None:
    """A sink that returns False gets nothing more; the rest is for `chunk`, held back as ever."""
    body = b"x" * 3_000_000
    async with HostileServer(serving(reply(body))) as server:
        response = await client.request(server.post(), T)
        got = await response.chunk()
        taken: list[bytes] = []
        await response.flow(lambda piece: bool(taken.append(piece)))
        assert len(taken) == 1
        assert got + taken[0] + await response.read() == body


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_flow_leaves_faults_to_chunk(client: Client, how: str) -> None:
    """A stream that breaks or falls silent while it flows ends the flow, and `chunk` raises why."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"hello")[:-2])
        await asyncio.sleep(0.05)
        peer.send(b"l")
        if how == "silent":
            await peer.gone()

    got: list[bytes] = []
    async with HostileServer(script) as server:
        response = await client.request(server.post(), Timeouts(idle=0.2))
        assert await response.chunk() == b"hel"
        await response.flow(lambda piece: got.append(piece) is None)
        assert got == [b"l"]
        with pytest.raises(MalformedReply if how == "cut" else TimeoutFault):
            await response.chunk()


async def test_flow_that_is_cancelled(client: Client) -> None:
    """Cancelling a flow closes its connection, and the sink gets nothing more."""
    got: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(), T)
        task = asyncio.create_task(response.flow(lambda piece: got.append(piece) is None))
        await asyncio.sleep(0.02)
        await cancelled(task)
        await server.finished()
        assert got == []
        assert client.stats()[server.origin] == (0, 0, 0)
