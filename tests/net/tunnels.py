"""A proxy that opens tunnels, and TLS servers with certificates of an authority made for the test."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import trustme

from limen.net import TlsProfile
from net.hostile import HostileServer, Peer, Script


def tunnelling(port: int, heads: list[bytes]) -> Script:
    """A script: accept any CONNECT, keep its head, and pass bytes to a local port and back."""

    async def script(peer: Peer) -> None:
        heads.append(await peer.head())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        peer.send(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(peer.reader, writer))
                group.create_task(_pump(reader, peer.writer))
        finally:
            writer.close()

    return script


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def server_context(authority: trustme.CA, name: str, *, wants_client: bool = False) -> ssl.SSLContext:
    """A server's context with a certificate for a name; perhaps it asks for the client's, from the same authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    return context


@contextlib.asynccontextmanager
async def tls_server(
    authority: trustme.CA, name: str, script: Script, *, wants_client: bool = False
) -> AsyncIterator[tuple[HostileServer, dict[str, TlsProfile]]]:
    """A TLS server whose certificate is for `name`, and the profiles "test" and "client" that trust its authority."""
    with tempfile.TemporaryDirectory() as folder:
        ca_file, cert_file = Path(folder, "ca.pem"), Path(folder, "client.pem")
        authority.cert_pem.write_to_path(str(ca_file))
        authority.issue_cert("client.test").private_key_and_cert_chain_pem.write_to_path(str(cert_file))
        profiles = {
            "test": TlsProfile(ca_file=str(ca_file)),
            "client": TlsProfile(ca_file=str(ca_file), cert_file=str(cert_file)),
        }
        async with HostileServer(script, tls=server_context(authority, name, wants_client=wants_client)) as server:
            yield server, profiles
