"""The client's side of a request, under limen's own server and under another."""

import pytest

from caller import CHAT, ask
from gateway import gateway, openai_config
from limen.server.protocol import GatewayProtocol
from upstream import Asked, Wire, completion, stream_words, upstream


@pytest.mark.parametrize("protocol", [GatewayProtocol, "h11", "httptools"])
async def test_any_asgi_server_will_do(protocol: type | str) -> None:
    """Whole and streamed answers and errors are the same under limen's own protocol and under uvicorn's."""

    async def script(asked: Asked, wire: Wire) -> None:
        if asked.json.get("stream"):
            await stream_words(wire, ["a", "b"])
        else:
            await wire.reply(completion())

    async with upstream(script) as provider, gateway(openai_config(provider.url), protocol=protocol) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        assert (told.status, told.json) == (200, completion())
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", "stream": True, **CHAT})
        assert told.events[-1] == "[DONE]"
        assert len(told.events) == 4
        assert (await ask(gate.port, "POST", "/v1/chat/completions", b"[]")).status == 400
