"""`POST /v1/explain`."""

from caller import CHAT, ask
from gateway import gateway, openai_config
from upstream import Asked, Wire, upstream


async def never(asked: Asked, wire: Wire) -> None:
    raise AssertionError("an explanation must not send anything")


async def test_nothing_is_sent_and_everything_is_told() -> None:
    """By the default surface, by header and by path; a refusal comes in that surface's shape."""
    async with upstream(never) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/explain", {"model": "chat", **CHAT})
        assert (told.status, told.json["way"]) == (200, "relay")
        assert told.json["request"]["url"] == f"{provider.url}/v1/chat/completions"
        assert told.json["request"]["body"]["model"] == "gpt-test"
        told = await ask(gate.port, "POST", "/v1/explain/gateway/chat/invocations", CHAT)
        assert (told.status, told.json["client_dialect"]) == (200, "mlflow_chat")
        told = await ask(gate.port, "POST", "/v1/explain", {"model": "nobody", **CHAT})
        assert (told.status, told.json["error"]["code"]) == (404, "model_not_found")
        told = await ask(gate.port, "POST", "/v1/explain/v9/nothing", CHAT)
        assert (told.status, told.json["error"]["code"]) == (404, "unknown_surface")
        assert provider.asked == []
