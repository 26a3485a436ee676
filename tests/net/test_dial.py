"""How connections come about: races between addresses, tunnels, deadlines and cancellation on the way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest
import trustme

from limen.errors import MalformedReply, TimeoutFault, TransportFault
from limen.model.http import Origin, Timeouts, WireRequest
from limen.net import Client, NetSettings, ProxySettings
from limen.net.dial import Dialler, connect_first
from limen.net.resolver import Address, Resolver
from net.hostile import HostileServer, Peer, cancelled, reply, serving
from net.servers import free_port
from net.tunnels import tls_server, tunnelling

T = Timeouts()
AUTHORITY = trustme.CA()


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port where connections are neither accepted nor refused: its queue is full and nobody takes from it."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def local(port: int) -> Address:
    return Address(socket.AF_INET, ("127.0.0.1", port))


@pytest.mark.parametrize(("timeouts", "phase"), [(Timeouts(connect=0.1), "connect"), (Timeouts(total=0.1), "total")])
async def test_connect_deadline(client: Client, black_hole: int, timeouts: Timeouts, phase: str) -> None:
    """A connection that does not come about in time is given up, and its slot freed."""
    origin = Origin("http", "127.0.0.1", black_hole)
    with pytest.raises(TimeoutFault, match=rf"within 0\.1 s; raise the `{phase}`") as caught:
        await client.request(WireRequest(origin, b"GET", b"/", b""), timeouts)
    assert caught.value.phase == phase
    assert client.stats()[origin] == (0, 0, 0)


async def test_cancelled_while_connecting(client: Client, black_hole: int) -> None:
    """Cancelling a request whose connection is being opened frees the slot."""
    origin = Origin("http", "127.0.0.1", black_hole)
    task = asyncio.create_task(client.request(WireRequest(origin, b"GET", b"/", b""), T))
    await asyncio.sleep(0.02)
    assert client.stats()[origin] == (1, 0, 0)
    await cancelled(task)
    assert client.stats()[origin] == (0, 0, 0)


async def test_a_dead_address_costs_one_delay(black_hole: int) -> None:
    """While the first address does not answer, the second is tried, and wins."""
    async with HostileServer(serving(reply())) as server:
        async with asyncio.timeout(5):
            sock = await connect_first([local(black_hole), local(server.port)], 0.05)
        assert sock.getpeername() == ("127.0.0.1", server.port)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        sock.close()


async def test_a_refusal_starts_the_next_address_at_once() -> None:
    """A delay of an hour does not matter if the first address refuses."""
    async with HostileServer(serving(reply())) as server:
        async with asyncio.timeout(5):
            sock = await connect_first([local(free_port()), local(free_port()), local(server.port)], 3600)
        assert sock.getpeername() == ("127.0.0.1", server.port)
        sock.close()


async def test_only_one_connection_survives_a_race(black_hole: int) -> None:
    """The losers of a race are closed."""

    async def script(peer: Peer) -> None:
        await peer.gone()

    async with HostileServer(script) as server:
        addresses = [local(black_hole), *[local(server.port)] * 3]
        sock = await connect_first(addresses, 0.0)
        sock.close()
        await server.finished()


async def test_all_addresses_refuse() -> None:
    """The first address's failure is the one that is told."""
    with pytest.raises(ConnectionRefusedError):
        await connect_first([local(free_port()), local(free_port())], 0.05)


async def test_cancelled_race_leaves_nothing_open(black_hole: int) -> None:
    """Cancelling a race closes every socket in it; one left open would be reported as a ResourceWarning."""
    task = asyncio.create_task(connect_first([local(black_hole), local(black_hole)], 0.01))
    await asyncio.sleep(0.05)
    await cancelled(task)


async def test_unreachable_host_is_forgotten() -> None:
    """An address that can't be reached is resolved anew the next time."""
    resolver = Resolver(60)
    port = free_port()
    dialler = Dialler(Origin("http", "localhost", port), None, resolver, None, 0.05)
    with pytest.raises(TransportFault, match=rf"http://localhost:{port}: it can't be reached: ") as caught:
        await dialler.dial(asyncio.Protocol)
    assert not caught.value.sent
    assert repr(resolver) == "<Resolver 0 cached, 0 running>"
    assert repr(dialler) == f"<Dialler http://localhost:{port}>"


async def test_ipv6_loopback(client: Client) -> None:
    """An IPv6 literal is dialled as it is, and bracketed in the `host` header."""
    heads = []

    async def script(peer: Peer) -> None:
        heads.append(await peer.head())
        peer.send(reply())

    async with HostileServer(script, host="::1") as server:
        response = await client.request(WireRequest(server.origin, b"GET", b"/", b""), T)
        assert await response.read() == b"ok"
        assert b"host: [::1]:%d\r\n" % server.port in heads[0]


async def test_localhost_reaches_a_server_on_ipv4_only(client: Client) -> None:
    """A name with addresses of both families works if only one of them answers."""
    async with HostileServer(serving(reply())) as server:
        origin = Origin("http", "localhost", server.port)
        assert await (await client.request(WireRequest(origin, b"GET", b"/", b""), T)).read() == b"ok"


# -- proxies --------------------------------------------------------------------------------------------------------------


def through(proxy: HostileServer, **settings: object) -> Client:
    environ = {"HTTPS_PROXY": f"http://us%40er:p%3Ass@127.0.0.1:{proxy.port}", "HTTP_PROXY": f"127.0.0.1:{proxy.port}"}
    return Client(NetSettings(proxies=ProxySettings.from_environ(environ), **settings))  # type: ignore[arg-type]


async def test_tunnel_to_a_tls_server(tmp_path: object) -> None:
    """CONNECT with Basic credentials; TLS goes end to end, and the name in the URL is the one that is verified."""
    async with tls_server(AUTHORITY, "upstream.test", serving(reply(b"secret"))) as (server, profiles):
        heads: list[bytes] = []
        async with HostileServer(tunnelling(server.port, heads)) as proxy:
            client = through(proxy, tls=profiles)
            origin = Origin("https", "upstream.test", 8443, "test")
            for _ in range(2):
                response = await client.request(WireRequest(origin, b"GET", b"/", b""), T)
                assert await response.read() == b"secret"
            assert proxy.connections == 1
            head = b"CONNECT upstream.test:8443 HTTP/1.1\r\nhost: upstream.test:8443\r\n"
            assert heads == [head + b"proxy-authorization: Basic dXNAZXI6cDpzcw==\r\n\r\n"]
            await client.aclose()


async def test_plain_http_goes_to_the_proxy_in_absolute_form() -> None:
    """For http the proxy gets the whole URL."""
    heads = []

    async def script(peer: Peer) -> None:
        heads.append(await peer.head())
        peer.send(reply(b"via proxy"))

    async with HostileServer(script) as proxy:
        client = through(proxy)
        request = WireRequest(Origin("http", "upstream.test", 80), b"GET", b"/models", b"a: b\r\n")
        assert await (await client.request(request, T)).read() == b"via proxy"
        assert heads == [b"GET http://upstream.test/models HTTP/1.1\r\nhost: upstream.test\r\na: b\r\n\r\n"]
        await client.aclose()


@pytest.mark.parametrize(
    ("answer", "fault", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", TransportFault, "refused the tunnel: 407 Proxy"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", TransportFault, "refused the tunnel: 502"),
        (b"HTTP/1.1 2xx\r\n\r\n", TransportFault, "refused the tunnel"),
        (b"SOCKS?\r\n\r\n", MalformedReply, "gave no usable answer"),
        (b"HTTP/1.1 200 OK\r\n\r\nextra", MalformedReply, "gave no usable answer"),
        (b"HTTP/1.1 200 OK\r\n", MalformedReply, "gave no usable answer"),
        (b"", MalformedReply, "gave no usable answer"),
        (b"HTTP/1.1 200 OK\r\nh: " + b"v" * 100_000, MalformedReply, "gave no usable answer"),
    ],
)
async def test_tunnel_that_is_refused(answer: bytes, fault: type[Exception], words: str) -> None:
    """What a proxy says instead of a tunnel is told, with the proxy's address and without its password."""

    async def script(peer: Peer) -> None:
        await peer.head()
        peer.send(answer)
        with contextlib.suppress(ConnectionError):
            await peer.writer.drain()

    async with HostileServer(script) as proxy:
        client = through(proxy)
        origin = Origin("https", "upstream.test", 443)
        with pytest.raises(
            (fault, TransportFault), match=f"the proxy 127.0.0.1:{proxy.port} ({words}|broke off)"
        ) as caught:
            await client.request(WireRequest(origin, b"GET", b"/", b""), T)
        assert "p:ss" not in str(caught.value)
        assert client.stats()[origin] == (0, 0, 0)
        await client.aclose()


async def test_proxy_that_resets() -> None:
    """A proxy that breaks off is named."""

    async def script(peer: Peer) -> None:
        await peer.head()
        peer.reset()

    async with HostileServer(script) as proxy:
        client = through(proxy)
        with pytest.raises(TransportFault, match=r"the proxy .* broke off") as caught:
            await client.request(WireRequest(Origin("https", "upstream.test", 443), b"GET", b"/", b""), T)
        assert not caught.value.sent
        await client.aclose()


async def test_proxy_that_is_not_there() -> None:
    """A proxy that can't be reached is named, too."""
    port = free_port()
    client = Client(NetSettings(proxies=ProxySettings.from_environ({"ALL_PROXY": f"http://127.0.0.1:{port}"})))
    with pytest.raises(TransportFault, match=rf"its proxy 127\.0\.0\.1:{port} can't be reached"):
        await client.request(WireRequest(Origin("https", "upstream.test", 443), b"GET", b"/", b""), T)
    await client.aclose()


async def test_cancelled_while_the_proxy_thinks() -> None:
    """Cancelling a request whose tunnel is being opened closes the connection to the proxy."""

    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.gone()

    async with HostileServer(script) as proxy:
        client = through(proxy)
        origin = Origin("https", "upstream.test", 443)
        task = asyncio.create_task(client.request(WireRequest(origin, b"GET", b"/", b""), T))
        while not proxy.connections:
            await asyncio.sleep(0.005)
        await cancelled(task)
        await proxy.finished()
        assert client.stats()[origin] == (0, 0, 0)
        await client.aclose()
