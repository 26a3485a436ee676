"""The client: what it sends, how it retries, how it uploads, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from limen.errors import BadRequest, ConfigError, MalformedReply, TimeoutFault, TransportFault
from limen.model.http import Origin, Timeouts, WireRequest
from limen.net import Client
from net import servers
from net.hostile import HostileServer, Peer, answering, cancelled, chunked, reply, serving, silent

T = Timeouts()
QUICK = Timeouts(pool=0.15, connect=0.15, first_byte=0.15, idle=0.15)


async def test_sends_one_well_formed_request(client: Client) -> None:
    """Head and body leave as the framing asks, with the host, the length and the caller's headers."""
    seen = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        peer.send(reply(b'{"a": 1}', headers=b"X-Thing: Value\r\n"))

    async with HostileServer(script) as server:
        response = await client.request(server.post(b'{"q": 1}'), T)
        assert response.status == 200
        assert response.header(b"x-thing") == b"Value"
        assert response.header(b"x-none") is None
        assert await response.read() == b'{"a": 1}'
        expected = (
            b"POST /v1/x HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n"
            b"content-length: 8\r\n\r\n" % server.port
        )
        assert seen == [(expected, b'{"q": 1}')]


@pytest.mark.parametrize(
    ("method", "line"),
    [(b"GET", None), (b"DELETE", None), (b"POST", b"content-length: 0"), (b"PUT", b"content-length: 0")],
)
async def test_request_without_body(client: Client, method: bytes, line: bytes | None) -> None:
    """Only methods that usually carry a body announce that they have none."""
    heads = []

    async def script(peer: Peer) -> None:
        heads.append(await peer.head())
        peer.send(reply())

    async with HostileServer(script) as server:
        response = await client.request(WireRequest(server.origin, method, b"/models?x=1", b""), T)
        assert await response.read() == b"ok"
    assert heads[0].startswith(method + b" /models?x=1 HTTP/1.1\r\n")
    assert (b"content-length" in heads[0]) == (line is not None)


async def test_connection_is_reused(client: Client) -> None:
    """Requests one after another share a connection, whatever the framing of the replies."""
    answers = [reply(b"one"), chunked(b"tw", b"o"), reply(b""), reply(status=b"204 No Content")[:-2], reply(b"five")]
    async with HostileServer(answering(*answers)) as server:
        bodies = []
        for _ in answers:
            response = await client.request(server.post(), T)
            bodies.append(await response.read())
        assert bodies == [b"one", b"two", b"", b"", b"five"]
        assert server.connections == 1


async def test_connection_close_is_honoured(client: Client) -> None:
    """`connection: close` ends the connection after a complete reply."""
    async with HostileServer(answering(reply(b"1", headers=b"Connection: close\r\n"))) as server:
        for _ in range(2):
            response = await client.request(server.post(), T)
            assert await response.read() == b"1"
        assert server.connections == 2


async def test_redirects_are_not_followed(client: Client) -> None:
    """A redirect is a reply like any other."""
    async with HostileServer(answering(reply(b"", status=b"302 Found", headers=b"Location: /y\r\n"))) as server:
        response = await client.request(server.post(), T)
        assert response.status == 302
        assert await response.read() == b""


async def test_stale_connection_is_retried_once(client: Client) -> None:
    """A kept-alive connection that closes on the request, without a byte, is replaced by a fresh one."""

    async def closing(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"one"))
        await peer.request()

    async with HostileServer(closing, serving(reply(b"two"))) as server:
        assert await (await client.request(server.post(), T)).read() == b"one"
        assert await (await client.request(server.post(), T)).read() == b"two"
        assert server.connections == 2


async def test_retry_happens_exactly_once(client: Client) -> None:
    """The fresh connection's failure is final."""

    async def closing(peer: Peer) -> None:
        await peer.request()
        if peer.number == 0:
            peer.send(reply(b"one"))
            await peer.request()

    async with HostileServer(closing) as server:
        assert await (await client.request(server.post(), T)).read() == b"one"
        with pytest.raises(TransportFault, match="before it replied") as caught:
            await client.request(server.post(), T)
        assert caught.value.sent
        assert server.connections == 2


async def test_fresh_connection_is_never_retried(client: Client) -> None:
    """A request that a fresh connection dropped may have been served; it is not sent again."""

    async def closing(peer: Peer) -> None:
        await peer.request()

    async with HostileServer(closing) as server:
        with pytest.raises(TransportFault):
            await client.request(server.post(), T)
        assert server.connections == 1


@pytest.mark.parametrize("first", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["byte", "interim"])
async def test_no_retry_after_a_byte_of_the_reply(client: Client, first: bytes) -> None:
    """Once the server has begun to answer, it has the request."""

    async def closing(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"one"))
        await peer.request()
        peer.send(first)

    async with HostileServer(closing) as server:
        assert await (await client.request(server.post(), T)).read() == b"one"
        with pytest.raises(MalformedReply, match="inside the reply's head"):
            await client.request(server.post(), T)
        assert server.connections == 1


async def test_retry_that_finds_nobody_says_that_bytes_were_sent(client: Client) -> None:
    """If the server is gone altogether, the first attempt's bytes may still have been seen."""
    closed = asyncio.Event()

    async def closing(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"one"))
        await peer.request()
        server._server.close()
        closed.set()

    async with HostileServer(closing) as server:
        assert await (await client.request(server.post(), T)).read() == b"one"
        with pytest.raises(TransportFault, match="can't be reached") as caught:
            await client.request(server.post(), T)
        assert caught.value.sent
        assert client.stats()[server.origin] == (0, 0, 0)


@pytest.mark.parametrize("size", [1, 65_536, 262_144, 262_145, 3_000_000])
async def test_request_bodies_of_all_sizes_arrive_whole(client: Client, size: int) -> None:
    """Whatever its size, a body is sent as it is, and the connection stays good."""
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    seen = []

    async def script(peer: Peer) -> None:
        for _ in range(2):
            await asyncio.sleep(0.02)
            seen.append((await peer.request())[1])
            peer.send(reply())
        await peer.gone()

    async with HostileServer(script) as server:
        for _ in range(2):
            assert await (await client.request(server.post(body), T)).read() == b"ok"
        assert server.connections == 1
    assert seen == [body, body]


async def test_large_body_waits_for_the_peer(client: Client) -> None:
    """A peer that does not read stops the upload, and the deadline for its reply runs."""

    async def script(peer: Peer) -> None:
        await peer.head()
        peer.writer.transport.pause_reading()
        await asyncio.sleep(1.0)

    async with HostileServer(script) as server:
        with pytest.raises(TimeoutFault) as caught:
            await client.request(server.post(b"x" * 20_000_000), QUICK)
        assert caught.value.phase == "first_byte"
        assert client.stats()[server.origin] == (0, 0, 0)


async def test_cancelled_while_uploading(client: Client) -> None:
    """Cancelling an upload that is stuck closes the connection."""
    stuck = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.head()
        stuck.set()
        await asyncio.sleep(0.1)
        await peer.gone()

    async with HostileServer(script) as server:
        task = asyncio.create_task(client.request(server.post(b"x" * 20_000_000), T))
        await stuck.wait()
        await cancelled(task)
        assert client.stats()[server.origin] == (0, 0, 0)
        await server.finished()


async def test_early_refusal_is_delivered_and_the_connection_closed(client: Client) -> None:
    """A final reply before the body is all sent ends the upload; the connection is not used again."""

    async def script(peer: Peer) -> None:
        await peer.head()
        peer.send(reply(b"too large", status=b"413 Content Too Large"))
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(b"x" * 20_000_000), T)
        assert (response.status, await response.read()) == (413, b"too large")
        assert client.stats()[server.origin] == (0, 0, 0)
        await server.finished()


async def test_early_success_gets_the_rest_of_the_body(client: Client) -> None:
    """A server that answers while it reads gets the whole body, and its answer is read to the end."""
    body = b"z" * 5_000_000

    async def script(peer: Peer) -> None:
        await peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        await asyncio.sleep(0.1)
        got = await peer.reader.readexactly(len(body))
        peer.send(b"2\r\n%b\r\n0\r\n\r\n" % (b"ok" if got == body else b"no"))
        await peer.gone()

    async with HostileServer(script) as server:
        response = await client.request(server.post(body), T)
        assert await response.read() == b"ok"
        await server.finished()
        assert client.stats()[server.origin] == (0, 0, 0)


async def test_refused_connection_is_known_to_be_unsent(client: Client) -> None:
    """Nobody listens: the fault says so, names the origin, and that no byte left."""
    async with HostileServer(silent) as server:
        port = server.port
    with pytest.raises(TransportFault, match=f"http://127.0.0.1:{port}: it can't be reached: ") as caught:
        await client.request(WireRequest(Origin("http", "127.0.0.1", port), b"GET", b"/", b""), T)
    assert not caught.value.sent


@pytest.mark.parametrize("target", [b"/a b", b"/a\r\nx: y", b"", b"/\xff"])
async def test_target_that_would_break_the_request_is_refused(client: Client, target: bytes) -> None:
    """Nothing in a target can end the request line."""
    async with HostileServer(silent) as server:
        with pytest.raises(BadRequest):
            await client.request(server.post(target=target), T)
        assert server.connections == 0


async def test_unknown_tls_profile(client: Client) -> None:
    """An origin with a profile that the settings don't have is a mistake of the configuration."""
    with pytest.raises(ConfigError, match="no TLS profile 'gone'"):
        await client.request(WireRequest(Origin("https", "127.0.0.1", 1, "gone"), b"GET", b"/", b""), T)


async def test_host_name_that_is_not_ascii(client: Client) -> None:
    """A host name has to be given in its wire form."""
    with pytest.raises(ConfigError, match="xn--"):
        await client.request(WireRequest(Origin("http", "bücher.test", 80), b"GET", b"/", b""), T)


async def test_closing_the_client() -> None:
    """`aclose` aborts what is under way and what is idle, refuses what comes, and is harmless when repeated."""
    client = Client()

    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number == 0:
            peer.send(reply())
        await peer.gone()

    async with HostileServer(script) as server:
        first = await client.request(server.post(), T)
        assert repr(client) == f"<Client: <Pool http://127.0.0.1:{server.port} 0 active, 1 idle, 0 waiting>>"
        await first.read()
        task = asyncio.create_task(client.request(server.post(), T))
        extra = asyncio.create_task(client.request(server.post(), T))
        while server.connections < 2:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        await client.aclose()
        await client.aclose()
        for waiting in (task, extra):
            with pytest.raises(TransportFault, match="client is closed"):
                await waiting
        with pytest.raises(TransportFault, match="client is closed") as caught:
            await client.request(server.post(), T)
        assert not caught.value.sent
        await server.finished()
    assert repr(client).startswith("<Client closed: ")


async def test_client_that_was_never_used() -> None:
    """A client can be made without a loop and closed without a request."""
    client = Client()
    assert repr(client) == "<Client: no pools>"
    await client.aclose()


# -- real servers -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["nginx", "uvicorn", "node"])
def real_origin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """A real server of each kind."""
    with getattr(servers, request.param)(tmp_path_factory.mktemp("server")) as port:
        yield Origin("http", "127.0.0.1", port)


@pytest.mark.parametrize("size", [1, 1_000, 100_000, 2_000_000])
async def test_real_servers_echo(client: Client, real_origin: Origin, size: int) -> None:
    """Bodies of all sizes go there and back unharmed, over one connection."""
    body = (b"0123456789" * (size // 10 + 1))[:size]
    for _ in range(3):
        response = await client.request(WireRequest(real_origin, b"POST", b"/echo", b"", body), T)
        assert response.status == 200
        assert await response.read() == body
    assert client.stats()[real_origin] == (0, 1, 0)


async def test_real_servers_stream(client: Client, real_origin: Origin) -> None:
    """Every event of a stream arrives, for many streams at once, and the connections are kept."""
    expected = b"".join(b"data: %d\n\n" % n for n in range(50))

    async def one() -> bytes:
        response = await client.request(WireRequest(real_origin, b"GET", b"/stream", b""), T)
        got = b""
        while piece := await response.chunk():
            got += piece
        return got

    for _ in range(2):
        assert await asyncio.gather(*(one() for _ in range(20))) == [expected] * 20
    active, idle, waiting = client.stats()[real_origin]
    assert (active, waiting) == (0, 0)
    assert 1 <= idle <= 20


async def test_real_servers_close(client: Client, real_origin: Origin) -> None:
    """A server that closes after its reply is believed, and asked again on a new connection."""
    for _ in range(3):
        response = await client.request(WireRequest(real_origin, b"POST", b"/echo", b"connection: close\r\n", b"x"), T)
        assert await response.read() == b"x"
        response = await client.request(WireRequest(real_origin, b"GET", b"/close", b""), T)
        assert await response.read() == b""
