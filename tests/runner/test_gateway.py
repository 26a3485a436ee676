"""The gateway as a service: what it builds, and how it connects."""

from __future__ import annotations

import asyncio

import pytest

from limen.errors import ConfigError
from limen.model.http import Origin, Timeouts, WireRequest
from limen.net.settings import NetSettings
from limen.runner.gateway import GatewayService, Outgoing
from limen.runner.watch import Content
from upstream import Asked, Wire, upstream

FILE = "endpoints: [{name: talk, endpoint_type: llm/v1/chat, model: {provider: demo}}]\n"


def test_builds_from_a_file_or_from_none() -> None:
    """Text gives what the text says; no text gives what needs no key."""
    snapshot = GatewayService().snapshot(Content(FILE, "gateway.yaml"))
    assert list(snapshot.endpoints) == ["talk"]
    assert snapshot.source == "gateway.yaml"
    assert "demo" in GatewayService().snapshot(Content(None, None)).endpoints


def test_strict_refuses_unknown_keys() -> None:
    """An unknown key is a warning, with `strict` an error."""
    content = Content(FILE + "endpoint: []\n", "gateway.yaml")
    assert GatewayService().snapshot(content).warnings
    with pytest.raises(ConfigError, match="endpoint"):
        GatewayService(strict=True).snapshot(content)


async def test_credentials_outlive_a_reload() -> None:
    """A reload that changes something else keeps the source of an endpoint's tokens; nothing is fetched again."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply({"access_token": "tok", "expires_in": 3600})

    async with upstream(script) as server:
        service = GatewayService()
        text = f"""
endpoints:
  - name: talk
    endpoint_type: llm/v1/chat
    model: {{provider: databricks, name: m, config: {{host: '{server.url}', client_id: i, client_secret: s}}}}
"""
        first = service.snapshot(Content(text, "gateway.yaml"))
        await first.endpoints["talk"].provider.authorize()
        second = service.snapshot(Content(text + "server: {drain_seconds: 7}\n", "gateway.yaml"))
        assert second.endpoints["talk"].provider.source is first.endpoints["talk"].provider.source
        await second.endpoints["talk"].provider.authorize()
        assert len(server.asked) == 1
        await service._outgoing.aclose()


async def _answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readline():
        while (await reader.readline()).strip():
            pass
        port = writer.get_extra_info("peername")[1]
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n%05d" % port)
    writer.close()


@pytest.fixture
async def origin():
    """A server that answers with the port of the client's connection."""
    server = await asyncio.start_server(_answering, "127.0.0.1", 0)
    yield Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()


async def connection_used(outgoing: Outgoing, origin: Origin) -> bytes:
    request = WireRequest(origin, b"GET", b"/", b"")
    return await (await outgoing.request(request, Timeouts())).read()


async def test_connections_outlive_a_reload(origin) -> None:
    """The same settings keep their connections; others open their own, and going back finds the first again."""
    outgoing = Outgoing()
    first = await connection_used(outgoing, origin)
    outgoing.use(NetSettings())
    assert await connection_used(outgoing, origin) == first
    outgoing.use(NetSettings(keepalive_idle=7.0))
    assert await connection_used(outgoing, origin) != first
    outgoing.use(NetSettings())
    assert await connection_used(outgoing, origin) == first
    await outgoing.aclose()
