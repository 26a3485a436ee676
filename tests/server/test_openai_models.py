"""`GET /v1/models`."""

from caller import ask
from gateway import gateway, openai_config

MORE = (
    "routes:\n  - {name: r, task_type: llm/v1/chat, destinations: [{name: chat, traffic_percentage: 100}]}\n"
    "providers:\n  openai: {openai_api_key: k}\n"
)


async def test_endpoints_and_routes_are_models() -> None:
    """Everything that a client may name is listed, in OpenAI's shape."""
    async with gateway(openai_config("http://x.test", MORE)) as gate:
        told = (await ask(gate.port, "GET", "/v1/models")).json
    assert told["object"] == "list"
    assert [m["id"] for m in told["data"]] == ["chat", "text", "vectors", "r"]
    assert told["data"][0] == {"id": "chat", "object": "model", "created": 0, "owned_by": "openai"}


async def test_one_model_by_name_slashes_and_all() -> None:
    """A model of an open provider is found under its whole name; what is not there is a 404 in OpenAI's shape."""
    async with gateway(openai_config("http://x.test", MORE)) as gate:
        assert (await ask(gate.port, "GET", "/v1/models/chat")).json["id"] == "chat"
        assert (await ask(gate.port, "GET", "/v1/models/openai/org/m")).json["owned_by"] == "openai"
        for name in ("nope", "groq/x", "openai/"):
            told = await ask(gate.port, "GET", f"/v1/models/{name}")
            assert (told.status, told.json["error"]["code"]) == (404, "model_not_found")
