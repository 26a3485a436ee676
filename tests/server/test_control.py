"""Everything beside the data plane."""

from caller import ask
from gateway import gateway, openai_config

CONFIG = openai_config("http://x.test")


async def test_the_index_leads_to_the_documentation() -> None:
    """`/` sends a person to `/docs`, which lists the data plane too."""
    async with gateway(CONFIG) as gate:
        told = await ask(gate.port, "GET", "/")
        assert (told.status, told.headers["location"]) == (307, "/docs")
        assert (await ask(gate.port, "GET", "/docs")).status == 200
        paths = (await ask(gate.port, "GET", "/openapi.json")).json["paths"]
    assert {"/v1/chat/completions", "/gateway/{name}/invocations", "/health", "/api/2.0/endpoints/"} <= set(paths)


async def test_paths_that_are_not_there_are_told_in_the_callers_shape() -> None:
    """Under `/v1` an OpenAI client gets OpenAI's error; elsewhere MLflow's clients get what they know."""
    async with gateway(CONFIG) as gate:
        told = await ask(gate.port, "GET", "/v1/nothing")
        assert (told.status, told.json["error"]["code"]) == (404, "unknown_url")
        told = await ask(gate.port, "DELETE", "/v1/models")
        assert told.status == 405
        assert "GET" in told.json["error"]["message"]
        told = await ask(gate.port, "GET", "/gateway/invalid/")
        assert (told.status, told.json) == (404, {"detail": "Not Found"})
        told = await ask(gate.port, "POST", "/health")
        assert (told.status, told.json) == (405, {"detail": "Method Not Allowed"})


async def test_a_wrong_base_url_is_told() -> None:
    """A client with more before `/v1` in its base URL is told so, in a shape that its SDK shows."""
    async with gateway(CONFIG) as gate:
        for path in ("/openai/v1/chat/completions", "/api/v1/chat/completions"):
            told = await ask(gate.port, "POST", path, {})
            assert (told.status, told.json["error"]["code"]) == (404, "unknown_url")
            assert f"no {path} here, but there is /v1/chat/completions" in told.json["error"]["message"]
        told = await ask(gate.port, "GET", "/models")
        assert "there is /v1/models" in told.json["error"]["message"]
        told = await ask(gate.port, "GET", "/api/2.0/endpoints/embeddings")
        assert "detail" in told.json
