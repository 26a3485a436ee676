"""A gateway with one endpoint, `chat`, for tests of single providers."""

from __future__ import annotations

import json
from typing import Any

from caller import CHAT, Told, ask
from gateway import gateway
from upstream import Asked, Wire, completion, stream_words


def one_endpoint(provider: str, config: dict[str, Any] | None, model: str | None = "m") -> str:
    """The configuration, which is JSON because that is YAML as well."""
    named = {"provider": provider, "name": model, "config": config}
    return json.dumps({"endpoints": [{"name": "chat", "endpoint_type": "llm/v1/chat", "model": named}]})


async def asked_once(provider: str, config: dict[str, Any] | None, *, model: str = "m", **more: Any) -> Told:
    """What a client of the one endpoint is told; `more` are members of its body."""
    async with gateway(one_endpoint(provider, config, model)) as gate:
        return await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT, **more})


async def answer(asked: Asked, wire: Wire) -> None:
    """A provider of OpenAI's dialect, and an OAuth 2 server beside it."""
    if asked.target.endswith("/token"):
        await wire.reply({"access_token": "tok", "expires_in": 3600})
    elif asked.json.get("stream") or asked.target.partition("?")[0].endswith("stream"):
        await stream_words(wire, ["Hel", "lo."])
    else:
        await wire.reply(completion("Hello."))
