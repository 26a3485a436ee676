"""The lists of models."""

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


async def test_other_dialects_have_their_own_shapes() -> None:
    """Anthropic's by its header, Gemini's and Ollama's by their paths: the same names in all."""
    async with gateway(openai_config("http://x.test", MORE)) as gate:
        version = {"anthropic-version": "2023-06-01"}
        told = (await ask(gate.port, "GET", "/v1/models", **version)).json
        assert (told["has_more"], told["first_id"], told["last_id"]) == (False, "chat", "r")
        assert told["data"][0]["type"] == "model"
        assert (await ask(gate.port, "GET", "/v1/models/chat", **version)).json["display_name"] == "chat"
        told = (await ask(gate.port, "GET", "/v1beta/models")).json
        assert told["models"][0]["name"] == "models/chat"
        assert "generateContent" in told["models"][0]["supportedGenerationMethods"]
        assert (await ask(gate.port, "GET", "/v1beta/models/nope")).status == 404
        assert (await ask(gate.port, "GET", "/v1beta/models/r")).json["baseModelId"] == "r"
        google = {"x-goog-api-client": "google-genai-sdk/3"}
        assert (await ask(gate.port, "GET", "/v1/models", **google)).json["models"][0]["name"] == "models/chat"
        assert (await ask(gate.port, "GET", "/v1/models/chat", **google)).json["name"] == "models/chat"
        told = (await ask(gate.port, "GET", "/api/tags")).json
        assert [model["name"] for model in told["models"]] == ["chat", "text", "vectors", "r"]
        assert (await ask(gate.port, "GET", "/api/version")).json["version"]


async def test_no_models_are_an_empty_list() -> None:
    """In Anthropic's shape too, whose first and last ids are then null."""
    async with gateway("providers:\n  openai: {openai_api_key: k}\n") as gate:
        told = (await ask(gate.port, "GET", "/v1/models", **{"anthropic-version": "2023-06-01"})).json
        assert told == {"data": [], "has_more": False, "first_id": None, "last_id": None}
