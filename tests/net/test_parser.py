"""What the client believes of a reply: cut, split, malformed, forged. Against scripted peers, over real sockets."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.errors import MalformedReply, TransportFault
from limen.model.http import Timeouts, WireRequest
from limen.net import Client
from net.hostile import HostileServer, Peer, answering, chunked, reply, serving
from net.mutations import check_reply, check_splits, endings, mutated, pieces, readings

T = Timeouts()

GOOD = [
    reply(b"hello", headers=b"a: b\r\n"),
    chunked(b"hel", b"lo", headers=b"a: b\r\n", trailers=b"t: v\r\n"),
]
OK = b"HTTP/1.1 200 OK\r\n"
TE = b"transfer-encoding: chunked\r\n"
FORGED = reply(b"forged")


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("whole", GOOD, ids=["length", "chunked"])
async def test_reply_cut_at_every_byte_is_an_error(client: Client, whole: bytes, how: str) -> None:
    """Wherever a reply breaks off, the reader gets a fault and never a clean end."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(whole[: peer.number])
        await peer.writer.drain()
        getattr(peer, how)()

    async with HostileServer(script) as server:
        for _ in range(len(whole)):
            with pytest.raises((MalformedReply, TransportFault)):
                await (await client.request(server.post(), T)).read()
        response = await client.request(server.post(), T)
        if how == "close":
            assert await response.read() == b"hello"
        else:
            response.close()
        assert server.connections == len(whole) + 1


@pytest.mark.parametrize("whole", GOOD, ids=["length", "chunked"])
async def test_reply_split_at_every_byte_is_the_same(client: Client, whole: bytes) -> None:
    """Where the network cuts a reply makes no difference."""

    async def script(peer: Peer) -> None:
        for at in range(1, len(whole)):
            await peer.request()
            peer.send(whole[:at])
            await asyncio.sleep(0.001)
            peer.send(whole[at:])
        await peer.request()
        await peer.drip(whole)
        await peer.gone()

    async with HostileServer(script) as server:
        for _ in range(len(whole)):
            response = await client.request(server.post(), T)
            assert response.headers[0] == (b"a", b"b")
            assert await response.read() == b"hello"
        assert server.connections == 1
        await client.aclose()
        await server.finished()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"content-length: 2\r\n" + TE + b"\r\n2\r\nok\r\n0\r\n\r\n", id="length and chunked"),
        pytest.param(OK + TE + b"content-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n", id="chunked and length"),
        pytest.param(OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok!", id="two lengths"),
        pytest.param(OK + b"content-length: -2\r\n\r\nok", id="negative length"),
        pytest.param(OK + b"content-length: 2, 2\r\n\r\nok", id="list of lengths"),
        pytest.param(OK + b"content-length: 99999999999999999999\r\n\r\nok", id="endless length"),
        pytest.param(OK + b"transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", id="gzip and chunked"),
        pytest.param(OK + b"transfer-encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n", id="chunked and gzip"),
        pytest.param(OK + b"transfer-encoding: gzip\r\n" + TE + b"\r\n2\r\nok\r\n0\r\n\r\n", id="two codings"),
        pytest.param(OK + TE + TE + b"\r\n2\r\nok\r\n0\r\n\r\n", id="chunked twice"),
        pytest.param(OK + b"transfer-encoding: identity\r\n\r\nok", id="unknown coding"),
        pytest.param(OK + TE + b"\r\nzz\r\nok\r\n0\r\n\r\n", id="bad chunk size"),
        pytest.param(OK + TE + b"\r\n-2\r\nok\r\n0\r\n\r\n", id="negative chunk size"),
        pytest.param(OK + TE + b"\r\n2\r\nokay\r\n0\r\n\r\n", id="chunk longer than its size"),
        pytest.param(OK + TE + b"\r\nffffffffffffffffff\r\nok", id="endless chunk"),
        pytest.param(OK + b"x: a\r\n folded\r\ncontent-length: 0\r\n\r\n", id="folded line"),
        pytest.param(OK + b"x: a\0b\r\ncontent-length: 0\r\n\r\n", id="NUL in a value"),
        pytest.param(OK + b"x: a\rb\r\ncontent-length: 0\r\n\r\n", id="CR in a value"),
        pytest.param(OK + b"x : a\r\ncontent-length: 0\r\n\r\n", id="blank in a name"),
        pytest.param(OK + b"no colon\r\ncontent-length: 0\r\n\r\n", id="line without a colon"),
        pytest.param(OK.replace(b"\r", b"") + b"content-length: 0\n\n", id="bare line feeds"),
        pytest.param(b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", id="HTTP/2"),
        pytest.param(b"HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n", id="four digits"),
        pytest.param(b"HTTP/1.1 099 No\r\ncontent-length: 0\r\n\r\n", id="status below 100"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", id="101"),
        pytest.param(b"HTTP/1.1 101 Switching\r\n\r\n", id="bare 101"),
        pytest.param(b"HTTP/1.1 103 Hints\r\ncontent-length: 2\r\n\r\nok", id="interim with a body"),
        pytest.param(b"HTTP/1.1 103 Hints\r\n\r\n" * 17 + reply(), id="endless interim replies"),
        pytest.param(b"<html>not http</html>", id="garbage"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x0a", id="a TLS alert"),
        pytest.param(OK + b"h: v\r\n" * 257 + b"content-length: 0\r\n\r\n", id="too many headers"),
        pytest.param(OK + b"h: " + b"v" * 90_000 + b"\r\ncontent-length: 0\r\n\r\n", id="a long header"),
        pytest.param(OK + b"h: " + b"v" * 1_000_000, id="endless header"),
        pytest.param(OK + b"h: v\r\n" * 200_000, id="endless headers"),
        pytest.param(OK + TE + b"\r\n2\r\nok\r\n0\r\n" + b"t: v\r\n" * 200_000, id="endless trailers"),
        pytest.param(OK + TE + b"\r\n2\r\nok\r\n0\r\nt: " + b"v" * 1_000_000, id="endless trailer"),
        pytest.param(OK + TE + b"\r\n2;" + b"x" * 1_000_000, id="endless chunk extension"),
    ],
)
async def test_reply_that_breaks_the_rules_is_refused(client: Client, answer: bytes) -> None:
    """Bad framing is a MalformedReply, and its connection is closed."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(answer)
        await peer.gone()

    async with HostileServer(script) as server:
        with pytest.raises(MalformedReply, match=f"http://127.0.0.1:{server.port}: "):
            await (await client.request(server.post(), T)).read()
        await server.finished()
        assert client.stats()[server.origin] == (0, 0, 0)


async def test_old_server_with_chunks_is_not_asked_again(client: Client) -> None:
    """A chunked reply from HTTP/1.0 is believed, its connection is not."""
    answer = chunked(b"old", headers=b"connection: keep-alive\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
    async with HostileServer(serving(answer)) as server:
        for _ in range(2):
            assert await (await client.request(server.post(), T)).read() == b"old"
        assert server.connections == 2


async def test_keep_alive_of_http_1_0(client: Client) -> None:
    """An HTTP/1.0 server keeps its connection only if it says so."""
    kept = reply(b"k", headers=b"connection: keep-alive\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
    dropped = reply(b"d").replace(b"HTTP/1.1", b"HTTP/1.0")
    async with HostileServer(answering(kept, dropped), serving(kept)) as server:
        bodies = [await (await client.request(server.post(), T)).read() for _ in range(3)]
        assert bodies == [b"k", b"d", b"k"]
        assert server.connections == 2


@pytest.mark.parametrize("tail", [FORGED, FORGED[:1], b"garbage", b"\0"], ids=["reply", "byte", "garbage", "nul"])
@pytest.mark.parametrize("whole", GOOD, ids=["length", "chunked"])
async def test_bytes_after_a_reply_never_reach_the_next(client: Client, whole: bytes, tail: bytes) -> None:
    """A reply is sound although something follows it; its connection is closed."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(whole + tail)
        await peer.gone()

    async with HostileServer(script) as server:
        for _ in range(2):
            assert await (await client.request(server.post(), T)).read() == b"hello"
        assert server.connections == 2
        await server.finished()


async def test_bytes_on_an_idle_connection_close_it(client: Client) -> None:
    """A reply that nobody asked for is never the answer to the next request."""
    late = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(reply(b"first"))
        await late.wait()
        peer.send(FORGED)
        await peer.gone()

    async with HostileServer(script, serving(reply(b"second"))) as server:
        assert await (await client.request(server.post(), T)).read() == b"first"
        late.set()
        await server.finished()
        assert client.stats()[server.origin] == (0, 0, 0)
        assert await (await client.request(server.post(), T)).read() == b"second"


async def test_body_of_204_is_not_the_next_reply(client: Client) -> None:
    """A status without a body ends at its head; a body there is bytes after the reply."""
    answer = b"HTTP/1.1 204 No Content\r\ncontent-length: %d\r\n\r\n" % len(FORGED) + FORGED
    async with HostileServer(serving(answer)) as server:
        for _ in range(2):
            response = await client.request(server.post(), T)
            assert (response.status, await response.read()) == (204, b"")
        assert server.connections == 2


async def test_interim_replies_are_passed_over(client: Client) -> None:
    """100, 102 and 103 come before the reply and are not it."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    async with HostileServer(serving(interim + reply(b"real", headers=b"a: b\r\n"))) as server:
        for _ in range(2):
            response = await client.request(server.post(), T)
            assert response.status == 200
            assert response.headers == [(b"a", b"b"), (b"content-length", b"4")]
            assert await response.read() == b"real"
        assert server.connections == 1


async def test_reply_to_head_has_no_body(client: Client) -> None:
    """The length of a reply to HEAD describes what GET would have brought; nothing is waited for."""
    async with HostileServer(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")) as server:
        response = await client.request(WireRequest(server.origin, b"HEAD", b"/", b""), T)
        assert response.header(b"content-length") == b"1000"
        assert await response.read() == b""


async def test_body_that_ends_with_the_connection(client: Client) -> None:
    """Without a length, HTTP/1.1 lets the connection's end be the body's."""
    async with HostileServer(answering(b"HTTP/1.1 200 OK\r\n\r\nall of it")) as server:
        response = await client.request(server.post(), T)
        assert await response.read() == b"all of it"


@settings(max_examples=300, deadline=None)
@given(pieces(), endings, readings)
def test_any_bytes_give_a_reply_or_a_fault(segments: list[bytes], ending: str, how: str) -> None:
    """Whatever comes, in whatever pieces: no foreign exception, exact slots, and no body that h11 reads differently."""
    check_reply(segments, ending, how)


@settings(max_examples=100, deadline=None)
@given(mutated(), st.integers(0, 1000))
def test_splits_make_no_difference(data: bytes, at: int) -> None:
    """The same bytes give the same reply, however they are cut."""
    check_splits(data, at)
