"""TLS: whom the client trusts, what it shows of itself, and what an end without a signature is worth."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from limen.errors import ConfigError, MalformedReply, TransportFault
from limen.model.http import Origin, Timeouts, WireRequest
from limen.net import Client, NetSettings, TlsProfile
from limen.net.tls import build_context
from net.hostile import HostileServer, Peer, cancelled, chunked, reply, serving
from net.tunnels import tls_server

T = Timeouts()
AUTHORITY = trustme.CA()
LOCAL = "127.0.0.1"


def get(server: HostileServer, profile: str, host: str = LOCAL) -> WireRequest:
    return WireRequest(Origin("https", host, server.port, profile), b"GET", b"/", b"")


async def test_custom_authority() -> None:
    """A server of an authority that the profile names is trusted; its connection is kept, streams work."""
    async with tls_server(AUTHORITY, LOCAL, serving(chunked(b"over ", b"tls"))) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        for _ in range(3):
            assert await (await client.request(get(server, "test"), T)).read() == b"over tls"
        assert server.connections == 1
        await client.aclose()


async def test_large_bodies_both_ways() -> None:
    """Flow control works through TLS, too."""
    body = b"0123456789" * 300_000

    async def echo(peer: Peer) -> None:
        _, got = await peer.request()
        peer.send(reply(got))
        await peer.gone()

    async with tls_server(AUTHORITY, LOCAL, echo) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        request = WireRequest(get(server, "test").origin, b"POST", b"/", b"", body)
        response = await client.request(request, T)
        await asyncio.sleep(0.2)
        assert await response.read() == body
        await client.aclose()


async def test_unknown_authority_is_refused() -> None:
    """The default profile trusts the system's authorities and nobody else; not a byte of the request is sent."""
    async with tls_server(AUTHORITY, LOCAL, serving(reply())) as (server, _):
        client = Client()
        with pytest.raises(TransportFault, match=r"its certificate is not trusted: .*issuer") as caught:
            await client.request(get(server, ""), T)
        assert not caught.value.sent
        assert client.stats()[get(server, "").origin] == (0, 0, 0)
        await client.aclose()


async def test_wrong_host_name_is_refused() -> None:
    """A trusted certificate for another name is no better."""
    async with tls_server(AUTHORITY, "other.test", serving(reply())) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        with pytest.raises(TransportFault, match=r"not trusted: .*mismatch"):
            await client.request(get(server, "test"), T)
        await client.aclose()


async def test_client_certificate() -> None:
    """A server that asks for a certificate gets the profile's; without one there is no reply."""
    async with tls_server(AUTHORITY, LOCAL, serving(reply(b"known")), wants_client=True) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        assert await (await client.request(get(server, "client"), T)).read() == b"known"
        with pytest.raises(TransportFault):
            await client.request(get(server, "test"), T)
        await client.aclose()


async def test_profiles_never_share_connections() -> None:
    """The profile is part of the origin."""
    async with tls_server(AUTHORITY, LOCAL, serving(reply())) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        for profile in ("test", "client", "test", "client"):
            await (await client.request(get(server, profile), T)).read()
        assert server.connections == 2
        await client.aclose()


async def test_server_that_does_not_speak_tls() -> None:
    """Plain bytes instead of a handshake are a fault, and nothing was sent."""

    async def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.gone()

    async with HostileServer(script) as server:
        client = Client()
        with pytest.raises(TransportFault, match="no connection: ") as caught:
            await client.request(get(server, ""), T)
        assert not caught.value.sent
        await client.aclose()


async def test_cancelled_during_the_handshake() -> None:
    """Cancelling a request whose handshake is under way closes the connection."""

    async def script(peer: Peer) -> None:
        await peer.gone()

    async with HostileServer(script) as server:
        client = Client()
        task = asyncio.create_task(client.request(get(server, ""), T))
        while not server.connections:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        await cancelled(task)
        await server.finished()
        assert client.stats()[get(server, "").origin] == (0, 0, 0)
        await client.aclose()


async def test_cancelled_while_waiting_for_the_reply() -> None:
    """Also behind TLS the server sees at once that the client has gone."""
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.head()
        asked.set()
        await peer.gone()

    async with tls_server(AUTHORITY, LOCAL, script) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        task = asyncio.create_task(client.request(get(server, "test"), T))
        await asked.wait()
        await cancelled(task)
        await server.finished()
        await client.aclose()


@pytest.mark.parametrize("ending", ["signed", "cut"])
async def test_body_that_ends_with_the_connection(ending: str) -> None:
    """In TLS only a signed end ends a body without a length: anyone on the path can drop a connection."""

    async def script(peer: Peer) -> None:
        await peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await peer.writer.drain()
        await asyncio.sleep(0.05)
        if ending == "signed":
            peer.close()
        else:
            peer.writer.transport.abort()

    async with tls_server(AUTHORITY, LOCAL, script) as (server, profiles):
        client = Client(NetSettings(tls=profiles))
        response = await client.request(get(server, "test"), T)
        if ending == "signed":
            assert await response.read() == b"all of it"
        else:
            with pytest.raises(MalformedReply, match="before the reply was complete"):
                await response.read()
        await client.aclose()


def test_verification_is_on_and_old_versions_are_off() -> None:
    """Every context verifies chain and name, and speaks TLS 1.2 at least."""
    context = build_context(TlsProfile())
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """A missing or unusable file is told with the profile's name, when the client is made."""
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    ca_file = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(ca_file))
    missing = str(tmp_path / "missing.pem")
    cases = {
        TlsProfile(ca_file=missing): f"TLS profile 'p': `ca_file` '{missing}' can't be used: No such file",
        TlsProfile(ca_file=str(nonsense)): "`ca_file` .* can't be used: ",
        TlsProfile(cert_file=missing): "client certificate .*missing.pem' can't be used: No such file",
        TlsProfile(cert_file=str(ca_file)): "client certificate .*ca.pem' can't be used: ",
        TlsProfile(key_file=missing): "`key_file` .* needs a `cert_file`",
    }
    for profile, words in cases.items():
        with pytest.raises(ConfigError, match=words):
            Client(NetSettings(tls={"p": profile}))


def test_encrypted_key_is_refused_without_asking(tmp_path: Path) -> None:
    """A key with a passphrase is an error of the configuration, not a question on a terminal that nobody watches."""
    cert = AUTHORITY.issue_cert("client.test")
    key = serialization.load_pem_private_key(cert.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    file = tmp_path / "client.pem"
    file.write_bytes(encrypted + cert.cert_chain_pems[0].bytes())
    with pytest.raises(ConfigError, match="encrypted"):
        build_context(TlsProfile(cert_file=str(file)))
