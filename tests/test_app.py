"""The API facade."""

import asyncio

import pytest

from caller import CHAT, ask, caller
from gateway import gateway, openai_config
from limen.app import GatewayAPI
from limen.config.load import build
from limen.provider_registry import default_registry
from upstream import Asked, Wire, completion, piece, upstream


async def echo(asked: Asked, wire: Wire) -> None:
    await wire.reply(completion(asked.json["model"]))


def snapshot(config: str):
    return build(config, source="other.yaml", environ={}, registry=default_registry(), transport=None)


async def test_a_swapped_snapshot_serves_the_next_request() -> None:
    """New endpoints are there at once, old ones gone, on the same connection."""
    async with upstream(echo) as provider, gateway(openai_config(provider.url)) as gate, caller(gate.port) as client:
        await client.send("POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        assert (await client.told()).json["choices"][0]["message"]["content"] == "gpt-test"
        config = openai_config(provider.url).replace("name: chat,", "name: renamed,").replace("gpt-test", "gpt-new")
        gate.app.swap(snapshot(config))
        await client.send("POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        assert (await client.told()).status == 404
        await client.send("POST", "/gateway/renamed/invocations", CHAT)
        assert (await client.told()).json["choices"][0]["message"]["content"] == "gpt-new"
        await client.send("POST", "/gateway/chat/invocations", CHAT)
        assert (await client.told()).status == 404


async def test_a_stream_outlives_the_snapshot_it_began_with() -> None:
    """A swap in the middle of a stream cuts nothing."""
    go_on = asyncio.Event()

    async def in_two_parts(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("one"))
        await go_on.wait()
        await wire.event(piece("two", "stop"))
        await wire.event("[DONE]")
        await wire.end_stream()

    async with upstream(in_two_parts) as provider, gateway(openai_config(provider.url)) as gate:
        async with caller(gate.port) as client:
            await client.send("POST", "/v1/chat/completions", {"model": "chat", "stream": True, **CHAT})
            await client.head()
            assert b'"one"' in await client.piece()
            gate.app.swap(
                snapshot("endpoints: [{name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}]")
            )
            go_on.set()
            rest = b""
            while part := await client.piece():
                rest += part
    assert b'"two"' in rest
    assert rest.endswith(b"data: [DONE]\n\n")


async def test_a_limit_keeps_its_count_over_a_swap() -> None:
    """A reload that leaves a limit as it was gives nobody a fresh allowance."""
    limited = (
        "  - {name: lim, endpoint_type: llm/v1/chat, limit: {calls: 2, renewal_period: hour}, "
        "model: {name: m, provider: demo}}\n"
    )
    config = openai_config("http://x.test", limited)
    async with gateway(config) as gate:
        assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "lim", **CHAT})).status == 200
        gate.app.swap(snapshot(config))
        assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "lim", **CHAT})).status == 200
        assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "lim", **CHAT})).status == 429


async def test_it_is_an_ordinary_fastapi_application() -> None:
    """Routes can be added to it, and it is an ASGI application by itself."""
    app = GatewayAPI(snapshot("endpoints: [{name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}]"))

    @app.get("/mine")
    async def mine() -> dict[str, str]:
        return {"a": "b"}

    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/mine",
        "raw_path": b"/mine",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "client": None,
        "server": None,
        "asgi": {"version": "3.0"},
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b'{"a":"b"}'


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/gateway/chat/invocations"])
async def test_the_data_plane_is_recognised_before_any_route(path: str) -> None:
    """The hot path answers even if FastAPI has no routes at all."""
    async with upstream(echo) as provider, gateway(openai_config(provider.url)) as gate:
        gate.app.router.routes.clear()
        body = {"model": "chat", **CHAT} if path.startswith("/v1") else CHAT
        assert (await ask(gate.port, "POST", path, body)).status == 200
