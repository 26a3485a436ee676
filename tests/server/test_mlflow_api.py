"""MLflow's read API."""

import base64

from caller import ask
from gateway import gateway, openai_config

ROUTES = "routes:\n  - {name: r, task_type: llm/v1/chat, destinations: [{name: chat, traffic_percentage: 100}]}\n"
CHAT_ENDPOINT = {
    "name": "chat",
    "endpoint_type": "llm/v1/chat",
    "model": {"name": "gpt-test", "provider": "openai"},
    "endpoint_url": "/gateway/chat/invocations",
    "limit": None,
}


async def test_endpoints_are_listed_in_both_slash_forms() -> None:
    """The list has every key that MLflow's client reads, and no routes."""
    async with gateway(openai_config("http://x.test", ROUTES)) as gate:
        for path in ("/api/2.0/endpoints/", "/api/2.0/endpoints"):
            told = await ask(gate.port, "GET", path)
            assert told.status == 200
            assert told.json["endpoints"][0] == CHAT_ENDPOINT
            assert [e["name"] for e in told.json["endpoints"]] == ["chat", "text", "vectors"]
            assert told.json["next_page_token"] is None


async def test_lists_are_paged_by_token() -> None:
    """Following the tokens gives every endpoint once; a bad token is a 400, not a crash."""
    async with gateway(openai_config("http://x.test", "server: {page_size: 2}")) as gate:
        first = (await ask(gate.port, "GET", "/api/2.0/endpoints/")).json
        token = first["next_page_token"]
        assert base64.b64decode(token) == b'{"index":2}'
        second = (await ask(gate.port, "GET", f"/api/2.0/endpoints/?page_token={token}")).json
        assert [e["name"] for e in first["endpoints"] + second["endpoints"]] == ["chat", "text", "vectors"]
        assert second["next_page_token"] is None
        for bad in ("x", "!!!", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"index":-1}').decode()):
            told = await ask(gate.port, "GET", f"/api/2.0/endpoints/?page_token={bad}")
            assert (told.status, "page token" in told.json["detail"]) == (400, True)


async def test_one_endpoint_or_a_404_that_says_so() -> None:
    """By name in the 2.0 and the 3.0 form; a route is no endpoint."""
    async with gateway(openai_config("http://x.test", ROUTES)) as gate:
        for path in ("/api/2.0/endpoints", "/api/3.0/gateway/endpoint"):
            assert (await ask(gate.port, "GET", f"{path}/chat")).json == CHAT_ENDPOINT
            told = await ask(gate.port, "GET", f"{path}/r")
            assert told.status == 404
            assert told.json["detail"].startswith("The endpoint 'r' is not present or active on the server.")


async def test_the_older_shape() -> None:
    """`routes`, `route_type` and `route_url`, as older clients read them."""
    shape = {k: v for k, v in CHAT_ENDPOINT.items() if not k.startswith("endpoint")}
    shape |= {"route_type": "llm/v1/chat", "route_url": "/gateway/chat/invocations"}
    async with gateway(openai_config("http://x.test", ROUTES)) as gate:
        assert (await ask(gate.port, "GET", "/api/2.0/gateway/routes/")).json["routes"][0] == shape
        assert (await ask(gate.port, "GET", "/api/2.0/gateway/routes/chat")).json == shape
        told = await ask(gate.port, "GET", "/api/2.0/gateway/routes/nope")
        assert told.json["detail"].startswith("The route 'nope' is not present")


async def test_a_traffic_route_as_the_file_has_it() -> None:
    """The 3.0 getter shows destinations and shares."""
    async with gateway(openai_config("http://x.test", ROUTES)) as gate:
        assert (await ask(gate.port, "GET", "/api/3.0/gateway/route/r")).json == {
            "name": "r",
            "task_type": "llm/v1/chat",
            "destinations": [{"name": "chat", "traffic_percentage": 100}],
            "routing_strategy": "TRAFFIC_SPLIT",
        }
        assert (await ask(gate.port, "GET", "/api/3.0/gateway/route/chat")).status == 404


async def test_limits_are_shown_but_not_set_over_http() -> None:
    """An endpoint shows its limit; the limits API answers 501 as MLflow's does, and says where limits are set."""
    limited = (
        "  - {name: lim, endpoint_type: llm/v1/chat, limit: {calls: 3, renewal_period: minute}, "
        "model: {name: m, provider: demo}}\n"
    )
    async with gateway(openai_config("http://x.test", limited)) as gate:
        told = await ask(gate.port, "GET", "/api/2.0/endpoints/lim")
        assert told.json["limit"] == {"calls": 3, "key": None, "renewal_period": "minute"}
        for path in ("/api/2.0/endpoints/limits/lim", "/api/2.0/gateway/limits/lim"):
            told = await ask(gate.port, "GET", path)
            assert (told.status, "not available yet" in told.json["detail"]) == (501, True)
        for path in ("/api/2.0/endpoints/limits/", "/api/2.0/gateway/limits/"):
            assert (await ask(gate.port, "POST", path, {"route": "lim", "limits": []})).status == 501
            assert (await ask(gate.port, "POST", path, {"route": 1})).status == 422
