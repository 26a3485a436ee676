"""One request from plan to reply."""

import asyncio
import json

import pytest

from caller import CHAT, ask, caller
from gateway import gateway, openai_config
from one_endpoint import one_endpoint
from upstream import Asked, Wire, completion, piece, stream_words, upstream

ODD = (
    b'{"model":"chat","zeta":{"b":1,"a":2},"big":123456789012345678901234567890,"f":1.0,"e":1e2,'
    b'"messages":[{"role":"user","content":"\xe2\x80\xa8 \\u00e9 \xf0\x9f\xa6\x8a","name":"n"}],'
    b'"tools":[{"type":"function","function":{"name":"f","parameters":{"$defs":{"x":{"anyOf":[{"type":"null"}]}},'
    b'"type":"object","properties":{"o":{"type":"object","properties":{"p":{"$ref":"#/$defs/x"}}}}}}}]}'
)


async def answer(asked: Asked, wire: Wire) -> None:
    await wire.reply(completion())


async def test_a_request_is_relayed_byte_for_byte_but_for_the_model() -> None:
    """Unknown fields, nested schemas, 30-digit integers, key order and odd Unicode arrive as they were sent."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        await ask(gate.port, "POST", "/v1/chat/completions", ODD)
    assert provider.asked[0].body == ODD.replace(b'"model":"chat"', b'"model":"gpt-test"')
    assert provider.asked[0].headers["authorization"] == "Bearer sk-test"
    assert provider.asked[0].target == "/v1/chat/completions"


async def test_a_reply_is_relayed_byte_for_byte() -> None:
    """What the provider answers arrives as it was, unknown fields and all."""
    body = b'{ "id":"x","choices":[{"message":{"content":"\xe2\x80\xa8"}}],"n":123456789012345678901234567890,"u":{"z":1.0}}'

    async def odd(asked: Asked, wire: Wire) -> None:
        await wire.reply(body)

    async with upstream(odd) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
    assert (told.status, told.body) == (200, body)


async def test_the_providers_error_is_kept() -> None:
    """Status, body, `Retry-After` and rate-limit headers of the provider reach the client."""
    error = {"error": {"message": "Slow down", "type": "tokens", "param": None, "code": "rate_limit_exceeded"}}

    async def refuse(asked: Asked, wire: Wire) -> None:
        await wire.reply(
            error, 429, retry_after="7", x_ratelimit_remaining_requests="0", x_request_id="up-1", set_cookie="a=b"
        )

    async with upstream(refuse) as provider, gateway(openai_config(provider.url)) as gate:
        for stream in (False, True):
            told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", "stream": stream, **CHAT})
            assert (told.status, told.json) == (429, error)
            assert told.headers["retry-after"] == "7"
            assert told.headers["x-ratelimit-remaining-requests"] == "0"
            assert told.headers["limen-provider-request-id"] == "up-1"
            assert "set-cookie" not in told.headers
        told = await ask(gate.port, "POST", "/gateway/chat/invocations", CHAT)
        assert (told.status, told.json) == (429, {"detail": "Slow down"})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>Welcome</html>", "text/html"),
        (200, b'{"choices": [', "application/json"),
        (200, b"", "application/json"),
        (502, b"<html>Bad gateway</html>", "text/html"),
    ],
)
async def test_what_is_not_an_answer_is_a_broken_provider(status: int, body: bytes, kind: str) -> None:
    """HTML, cut JSON and empty bodies are the provider's failure: 502, in the caller's shape."""

    async def nonsense(asked: Asked, wire: Wire) -> None:
        await wire.reply(body, status, content_type=kind)

    async with upstream(nonsense) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        assert told.status == 502
        assert told.json["error"]["message"]
        told = await ask(gate.port, "POST", "/endpoints/chat/invocations", CHAT)
        assert told.status == 502
        assert told.json["detail"]


async def test_an_error_inside_a_200_is_an_error() -> None:
    """A reply of 200 with nothing but an error in it is not passed off as an answer."""

    async def pretend(asked: Asked, wire: Wire) -> None:
        await wire.reply({"error": {"message": "out of capacity", "code": 503}})

    async with upstream(pretend) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
    assert told.status >= 500
    assert "out of capacity" in told.json["error"]["message"]


async def test_a_dead_provider_is_a_502() -> None:
    """A refused connection is told as such, in the caller's shape, and names no secret."""
    async with upstream(answer) as provider:
        config = openai_config(provider.url)
    async with gateway(config) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        assert told.status == 502
        assert told.json["error"]["code"] == "provider_unreachable"
        assert b"sk-test" not in told.body
        told = await ask(gate.port, "POST", "/gateway/chat/invocations", CHAT)
        assert told.status == 502
        assert "detail" in told.json


async def test_a_silent_provider_is_a_504() -> None:
    """A provider that does not answer in time is a time-out, which MLflow's client does not repeat."""

    async def silent(asked: Asked, wire: Wire) -> None:
        await asked.gone.wait()

    async with (
        upstream(silent) as provider,
        gateway(openai_config(provider.url, "timeouts: {first_byte: 0.2}")) as gate,
    ):
        for path, body in (
            ("/v1/chat/completions", {"model": "chat", **CHAT}),
            ("/gateway/chat/invocations", CHAT),
        ):
            assert (await ask(gate.port, "POST", path, body)).status == 504


async def test_usage_is_asked_for_and_hidden_from_who_did_not_ask() -> None:
    """The provider is always asked for usage; the client sees it only if it asked."""

    async def stream(asked: Asked, wire: Wire) -> None:
        await stream_words(wire, ["Hel", "lo"])

    body = {"model": "chat", "stream": True, **CHAT}
    async with upstream(stream) as provider, gateway(openai_config(provider.url)) as gate:
        without = await ask(gate.port, "POST", "/v1/chat/completions", body)
        with_usage = await ask(
            gate.port, "POST", "/v1/chat/completions", {**body, "stream_options": {"include_usage": True, "x": 1}}
        )
    assert provider.asked[0].json["stream_options"] == {"include_usage": True}
    assert provider.asked[1].json["stream_options"] == {"include_usage": True, "x": 1}
    assert not any(e != "[DONE]" and e.get("usage") for e in without.events)
    assert with_usage.events[-2]["usage"]["total_tokens"] == 7
    assert without.events[-1] == with_usage.events[-1] == "[DONE]"


async def test_shares_of_a_route_are_exact() -> None:
    """A route sends each destination its share, and the endpoint's own model with it."""

    async def echo(asked: Asked, wire: Wire) -> None:
        await wire.reply(completion(asked.json["model"]))

    async with upstream(echo) as provider:
        second = (
            "{name: other, endpoint_type: llm/v1/chat, model: {name: gpt-other, provider: openai, "
            f"config: {{openai_api_key: k, openai_api_base: '{provider.url}/v1'}}}}}}"
        )
        routes = (
            f"  - {second}\nroutes:\n  - {{name: both, task_type: llm/v1/chat, routing_strategy: TRAFFIC_SPLIT, destinations: "
            "[{name: chat, traffic_percentage: 70}, {name: other, traffic_percentage: 30}]}\n"
        )
        async with gateway(openai_config(provider.url, routes)) as gate:
            for i in range(20):
                path, body = (
                    ("/v1/chat/completions", {"model": "both", **CHAT})
                    if i % 2
                    else ("/gateway/both/invocations", CHAT)
                )
                assert (await ask(gate.port, "POST", path, body)).status == 200
    models = [a.json["model"] for a in provider.asked]
    assert (models.count("gpt-test"), models.count("gpt-other")) == (14, 6)


async def test_a_limit_is_one_count_for_every_door() -> None:
    """Whatever URL, route or dialect leads to an endpoint, its limit is counted once; the refusal says when to come back."""
    limited = (
        "  - {name: lim, endpoint_type: llm/v1/chat, limit: {calls: 3, renewal_period: minute}, model: {name: m, "
        "provider: openai, config: {openai_api_key: k, openai_api_base: 'URL/v1'}}}\n"
        "routes:\n  - {name: r, task_type: llm/v1/chat, destinations: [{name: lim, traffic_percentage: 100}]}\n"
    )
    async with upstream(answer) as provider:
        async with gateway(openai_config(provider.url, limited.replace("URL", provider.url))) as gate:
            doors = [
                ("/v1/chat/completions", {"model": "lim", **CHAT}),
                ("/gateway/lim/invocations", CHAT),
                ("/endpoints/r/invocations", CHAT),
                ("/v1/chat/completions", {"model": "r", **CHAT}),
                ("/endpoints/lim/invocations", CHAT),
            ]
            told = [await ask(gate.port, "POST", path, body) for path, body in doors]
    assert [t.status for t in told] == [200, 200, 200, 429, 429]
    assert told[3].json["error"]["code"] == "rate_limit_exceeded"
    assert "Rate limit exceeded: 3 per minute" in json.dumps(told[4].json)
    assert 1 <= int(told[3].headers["retry-after"]) <= 60
    assert len(provider.asked) == 3


async def test_bad_bodies_do_not_use_up_a_limit() -> None:
    """A request that is refused for what it says is not counted."""
    limited = (
        "  - {name: lim, endpoint_type: llm/v1/chat, limit: {calls: 1, renewal_period: minute}, model: {name: m, "
        "provider: openai, config: {openai_api_key: k, openai_api_base: 'URL/v1'}}}\n"
    )
    async with upstream(answer) as provider:
        async with gateway(openai_config(provider.url, limited.replace("URL", provider.url))) as gate:
            assert (await ask(gate.port, "POST", "/v1/chat/completions", b"{")).status == 400
            assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "lim"})).status == 400
            assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "lim", **CHAT})).status == 200


async def test_an_open_provider_serves_any_model() -> None:
    """`<provider>/<model>` reaches a provider that the file opens, with the rest of the name as the model."""
    async with upstream(answer) as provider:
        config = f"endpoints: []\nproviders:\n  openai: {{openai_api_key: k, openai_api_base: '{provider.url}/v1'}}\n"
        async with gateway(config) as gate:
            told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "openai/org/some-model", **CHAT})
            assert told.status == 200
            assert provider.asked[0].json["model"] == "org/some-model"
            told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "groq/x", **CHAT})
            assert (told.status, told.json["error"]["code"]) == (404, "model_not_found")


async def test_an_answer_to_a_streamed_request_must_be_a_stream() -> None:
    """A provider that answers a streamed request with plain JSON is broken; the client is told, not left hanging."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", "stream": True, **CHAT})
    assert told.status == 502


async def test_mlflow_doors_give_mlflows_shape() -> None:
    """The invocations routes name the provider and have the keys that MLflow's clients read, and lose nothing else."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/endpoints/chat/invocations", {**CHAT, "n": 1})
        assert provider.asked[0].json == {"model": "gpt-test", "n": 1, **CHAT}
        refused = await ask(gate.port, "POST", "/endpoints/chat/invocations", {**CHAT, "model": "x"})
    assert told.json["provider"] == "openai"
    assert told.json["choices"][0]["message"]["tool_calls"] is None
    assert told.json["system_fingerprint"] == "fp_1"
    assert refused.status == 422
    assert "'model' is not permitted" in refused.json["detail"]


async def test_mlflow_streams_have_mlflows_shape() -> None:
    """Streamed invocations carry the provider's name and no end marker."""

    async def stream(asked: Asked, wire: Wire) -> None:
        await stream_words(wire, ["Hel", "lo"])

    async with upstream(stream) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/gateway/chat/invocations", {**CHAT, "stream": True})
    assert [e["choices"][0]["delta"].get("content") for e in told.events] == ["Hel", "lo", None]
    assert all(e["provider"] == "openai" for e in told.events)


async def test_a_local_provider_has_mlflows_shape_too() -> None:
    """Answers that limen makes itself name their provider on MLflow's routes, whole and streamed."""
    async with gateway("endpoints: [{name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}]") as gate:
        whole = await ask(gate.port, "POST", "/endpoints/d/invocations", CHAT)
        streamed = await ask(gate.port, "POST", "/endpoints/d/invocations", {**CHAT, "stream": True})
    assert whole.json["provider"] == "demo"
    assert all(event["provider"] == "demo" for event in streamed.events)


async def test_connections_to_the_provider_are_used_again() -> None:
    """Requests one after another, whole and streamed, go over one connection."""

    async def either(asked: Asked, wire: Wire) -> None:
        if asked.json.get("stream"):
            await stream_words(wire, ["a"])
        else:
            await wire.reply(completion())

    async with upstream(either) as provider, gateway(openai_config(provider.url)) as gate:
        for stream in (False, True, False, True, False):
            await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", "stream": stream, **CHAT})
    assert provider.connections == 1


async def test_an_error_event_before_the_first_token_keeps_a_status() -> None:
    """A stream whose first event is an error is an error reply, not a 200."""

    async def fail(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.chunk(b": waking up\n\n")
        await wire.event({"error": {"message": "no GPU left", "code": 503}})
        await wire.end_stream()

    async with upstream(fail) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", "stream": True, **CHAT})
    assert told.status >= 500
    assert "no GPU left" in told.json["error"]["message"]


async def test_events_go_on_as_they_come() -> None:
    """The first event is at the client before the provider has sent the second."""

    async def stepwise(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("one"))
        await asked.gone.wait()

    async with (
        upstream(stepwise) as provider,
        gateway(openai_config(provider.url)) as gate,
        caller(gate.port) as client,
    ):
        await client.send("POST", "/v1/chat/completions", {"model": "chat", "stream": True, **CHAT})
        status, headers = await client.head()
        assert status == 200
        assert headers["content-type"].startswith("text/event-stream")
        assert b'"one"' in await client.piece()


async def test_a_credential_that_the_provider_refuses_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that was revoked before its time is not sent for the rest of its hour; the client sees the provider's own 401."""
    monkeypatch.setattr("limen.credentials.kept.STEADY", 0.0)
    given = 0

    async def script(asked: Asked, wire: Wire) -> None:
        nonlocal given
        if asked.target.endswith("/token"):
            given += 1
            await wire.reply({"access_token": f"tok-{given}", "expires_in": 3600})
        elif asked.headers["authorization"] == "Bearer tok-1":
            await wire.reply({"error_code": "403", "message": "Invalid token"}, 401)
        else:
            await wire.reply(completion())

    async with upstream(script) as provider:
        config = {"host": provider.url, "client_id": "i", "client_secret": "s"}
        async with gateway(one_endpoint("databricks", config)) as gate:
            told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
            assert told.status == 401
            assert "Invalid token" in told.json["error"]["message"]
            while given < 2:
                await asyncio.sleep(0.005)
            told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
            assert told.status == 200, told.body
