"""From a stream of answers to the client's bytes."""

import asyncio
import json

import pytest

from caller import CHAT, ask, caller
from gateway import gateway, openai_config
from limen.server.protocol import GatewayProtocol
from upstream import Asked, Wire, completion, piece, upstream

BODY = {"model": "chat", "stream": True, **CHAT}
BIG = "x" * 16_000


async def cut_after_one(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await wire.event(piece("one"))
    wire.cut()


async def end_after_one(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await wire.event(piece("one"))
    await wire.end_stream()


async def half_an_event(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await wire.event(piece("one"))
    await wire.chunk(b'data: {"choices": [{"delta"')
    wire.cut()


async def error_after_one(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await wire.event(piece("one"))
    await wire.event({"error": {"message": "the model fell over", "type": "server_error"}})
    await wire.end_stream()


@pytest.mark.parametrize("script", [cut_after_one, end_after_one, half_an_event, error_after_one])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/gateway/chat/invocations"])
async def test_a_stream_that_breaks_ends_with_an_error_event(script, path) -> None:
    """A cut, a missing end, half an event or an error in the stream: the client is told in band, never by a clean end."""
    body = BODY if path.startswith("/v1") else {"stream": True, **CHAT}
    async with upstream(script) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", path, body)
    assert told.status == 200
    first, last = told.events
    assert first["choices"][0]["delta"]["content"] == "one"
    assert "error" in last or "detail" in last
    assert "[DONE]" not in told.events


async def test_a_failure_before_the_first_event_keeps_its_status() -> None:
    """Nothing is sent before the first event, so a cut there is a plain 502."""

    async def cut(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        wire.cut()

    async with upstream(cut) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", BODY)
    assert told.status == 502
    assert told.json["error"]["message"]


async def test_a_silent_stream_is_kept_alive_by_comments() -> None:
    """While the provider thinks, comments keep the connection from being taken for dead."""

    async def think(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("one"))
        await asyncio.sleep(0.5)
        await wire.event(piece("two", "stop"))
        await wire.event("[DONE]")
        await wire.end_stream()

    config = "server: {keepalive_comment_seconds: 0.1}"
    async with upstream(think) as provider, gateway(openai_config(provider.url, config)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", BODY)
    assert told.body.count(b": keep-alive\n\n") >= 2
    assert [e["choices"][0]["delta"]["content"] for e in told.events[:-1]] == ["one", "two"]


async def test_a_slow_client_slows_the_provider_down() -> None:
    """A client that does not read stops the provider from writing, instead of filling the gateway's memory."""
    sent = 0

    async def pour(asked: Asked, wire: Wire) -> None:
        nonlocal sent
        await wire.start_stream()
        for _ in range(4_000):
            await wire.event(piece(BIG))
            sent += len(BIG)

    async with upstream(pour) as provider, gateway(openai_config(provider.url)) as gate, caller(gate.port) as client:
        await client.send("POST", "/v1/chat/completions", BODY)
        await client.head()
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.3)
        assert 0 < sent < 40_000_000
        client.leave()
        async with asyncio.timeout(5):
            await provider.asked[0].gone.wait()


async def silent(asked: Asked, wire: Wire) -> None:
    await asked.gone.wait()


async def stuck_after_head(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await asked.gone.wait()


async def stuck_mid_stream(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await wire.event(piece("one"))
    await asked.gone.wait()


async def stuck_mid_body(asked: Asked, wire: Wire) -> None:
    body = json.dumps(completion()).encode()
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body[:50])
    await asked.gone.wait()


@pytest.mark.parametrize(
    ("script", "stream"),
    [(silent, False), (silent, True), (stuck_after_head, True), (stuck_mid_stream, True), (stuck_mid_body, False)],
)
@pytest.mark.parametrize("protocol", ["limen", "h11"])
async def test_a_client_that_leaves_closes_the_providers_connection(script, stream, protocol) -> None:
    """In every phase, streamed or not, the provider sees its connection close at once (LiteLLM issues 13774, 37140)."""
    server = GatewayProtocol if protocol == "limen" else "h11"
    async with upstream(script) as provider, gateway(openai_config(provider.url), protocol=server) as gate:
        async with caller(gate.port) as client:
            await client.send("POST", "/v1/chat/completions", {**BODY, "stream": stream})
            while not provider.asked:
                await asyncio.sleep(0.01)
            if script is stuck_mid_stream:
                await client.head()
            client.leave()
            async with asyncio.timeout(2):
                await provider.asked[0].gone.wait()
        stats = list(gate.app.client.stats().values())
    assert all(s.active == 0 and s.waiting == 0 for s in stats)


async def test_the_connection_of_a_finished_stream_serves_the_next_request() -> None:
    """After a clean end the client's connection goes on; after a broken one the client can still ask again."""

    async def script(asked: Asked, wire: Wire) -> None:
        await (end_after_one if len(provider.asked) == 1 else answer)(asked, wire)

    async def answer(asked: Asked, wire: Wire) -> None:
        await wire.reply(completion("fine"))

    async with upstream(script) as provider, gateway(openai_config(provider.url)) as gate, caller(gate.port) as client:
        await client.send("POST", "/v1/chat/completions", BODY)
        assert "error" in (await client.told()).events[-1]
        await client.send("POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        assert (await client.told()).status == 200
