"""The data plane under bad input: a clear error in the caller's shape, and the process unharmed."""

import asyncio
import json

import pytest

from caller import CHAT, Told, ask, caller
from gateway import gateway, openai_config
from upstream import Asked, Wire, completion, upstream

DEEP = b'{"messages":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
BAD_BODIES = {
    "nothing": b"",
    "not JSON": b"hello",
    "cut": b'{"messages": [',
    "an array": b"[1, 2]",
    "a string": b'"hi"',
    "invalid UTF-8": b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}',
    "too deep": DEEP,
    "no messages": b'{"model": "chat"}',
    "messages of a wrong type": b'{"model": "chat", "messages": "hi"}',
    "stream of a wrong type": b'{"model": "chat", "stream": "yes", "messages": [{"role": "user", "content": "x"}]}',
}


async def answer(asked: Asked, wire: Wire) -> None:
    await wire.reply(completion())


def message(told: Told) -> str:
    """The error's text, wherever the caller's dialect has it."""
    body = told.json
    return json.dumps(body["error"] if "error" in body else body["detail"])


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/gateway/chat/invocations",
        "/endpoints/text/invocations",
    ],
)
async def test_a_bad_body_gets_a_clear_error(path: str, body: bytes) -> None:
    """Every surface refuses it with 400 or 422, says why, sends nothing upstream, and serves the next request."""
    if b'"model"' in body and not path.startswith("/v1"):
        body = body.replace(b'"model": "chat", ', b"").replace(b'"model": "chat"', b"")
    if path in ("/v1/completions", "/v1/embeddings"):
        body = body.replace(b'"chat"', b'"text"' if path == "/v1/completions" else b'"vectors"')
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", path, body)
        assert told.status == (400 if path.startswith("/v1") else 422)
        assert len(message(told)) > 20
        assert told.headers["x-request-id"]
        assert provider.asked == []
        assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})).status == 200


@pytest.mark.parametrize("model", [None, "", 7, ["chat"], {"a": 1}])
async def test_a_model_that_is_no_name_is_a_400(model: object) -> None:
    """A missing `model`, or one that is not a string, is said to be so, with the parameter named."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": model, **CHAT})
    assert told.status == 400
    assert told.json["error"]["param"] == "model"


async def test_an_unknown_model_is_a_404_in_the_callers_shape() -> None:
    """OpenAI's clients get OpenAI's error, MLflow's get MLflow's."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "nope", **CHAT})
        assert (told.status, told.json["error"]["code"]) == (404, "model_not_found")
        for prefix in ("gateway", "endpoints"):
            told = await ask(gate.port, "POST", f"/{prefix}/nope/invocations", CHAT)
            assert told.status == 404
            assert "'nope' is not present" in told.json["detail"]


async def test_an_endpoint_of_another_type_is_a_400() -> None:
    """A completions endpoint named for chat is refused with its type."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "text", **CHAT})
    assert told.status == 400
    assert "Endpoint 'text' is not a chat endpoint." in told.json["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_another_method_is_a_405(method: str) -> None:
    """A wrong method is told which one is right."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        for path in ("/v1/chat/completions", "/gateway/chat/invocations", "/endpoints/nope/invocations"):
            told = await ask(gate.port, method, path)
            assert told.status == 405
            assert told.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_another_content_type_is_a_415(kind: str) -> None:
    """A body that says it is not JSON is not read as JSON."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT}, content_type=kind)
    assert told.status == 415
    assert "application/json" in message(told)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/problem+json", ""]
)
async def test_json_by_any_name_is_taken(kind: str) -> None:
    """Charsets, capitals, suffixes and no content type at all are fine."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT}, content_type=kind)
    assert told.status == 200


async def test_a_compressed_body_is_a_415() -> None:
    """A content encoding is refused by name, not read as broken JSON."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        told = await ask(gate.port, "POST", "/v1/chat/completions", b"\x1f\x8b", content_encoding="gzip")
    assert told.status == 415
    assert "gzip" in message(told)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_a_413(chunked: bool) -> None:
    """Whether its length is declared or not, a body over `max_body_bytes` is refused, and the gateway goes on."""
    body = json.dumps({"model": "chat", "messages": [{"role": "user", "content": "x" * 5_000}]}).encode()
    config = openai_config("http://127.0.0.1:9", "server: {max_body_bytes: 4000}")
    async with gateway(config) as gate, caller(gate.port) as client:
        if chunked:
            head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            client.writer.write(head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        else:
            await client.send("POST", "/v1/chat/completions", body)
        told = await client.told()
        assert told.status == 413
        assert "4000 bytes" in message(told)
        assert (await ask(gate.port, "GET", "/health")).status == 200


async def test_a_body_in_pieces_is_put_together() -> None:
    """A chunked body that comes byte by byte arrives whole at the provider."""
    body = json.dumps({"model": "chat", **CHAT}).encode()
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate, caller(gate.port) as client:
        client.writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        for byte in body:
            client.writer.write(b"1\r\n%c\r\n" % byte)
            await client.writer.drain()
            await asyncio.sleep(0)
        client.writer.write(b"0\r\n\r\n")
        assert (await client.told()).status == 200
    assert provider.asked[0].json["messages"] == CHAT["messages"]


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten() -> None:
    """Half a request does nothing and harms nothing."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        async with caller(gate.port) as client:
            client.writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
            await client.writer.drain()
            await asyncio.sleep(0.05)
            client.leave()
        assert (await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})).status == 200
    assert len(provider.asked) == 1


async def test_a_clients_request_id_is_kept_and_a_bad_one_is_not() -> None:
    """A sane `x-request-id` comes back; one that could harm a log is replaced."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        body = {"model": "chat", **CHAT}
        told = await ask(gate.port, "POST", "/v1/chat/completions", body, x_request_id="my-id.1")
        assert told.headers["x-request-id"] == "my-id.1"
        told = await ask(gate.port, "POST", "/v1/chat/completions", body, x_request_id="a b{}" + "x" * 200)
        assert told.headers["x-request-id"].startswith("req_")
        ids = {(await ask(gate.port, "GET", "/health")).headers["x-request-id"] for _ in range(3)}
        assert len(ids) == 3


async def test_draining_ends_every_connection_with_its_reply() -> None:
    """A gateway that is going says `connection: close` on all replies, whoever makes them."""
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        gate.app.begin_drain()
        for method, path, body in (
            ("POST", "/v1/chat/completions", {"model": "chat", **CHAT}),
            ("GET", "/health", None),
        ):
            async with caller(gate.port) as client:
                await client.send(method, path, body)
                told = await client.told()
                assert (told.status, told.headers["connection"]) == (200, "close")
                assert await client.reader.read() == b""


async def test_no_request_gets_a_secret_out() -> None:
    """The provider's key is in no reply, whatever goes wrong."""
    async with gateway(openai_config("http://127.0.0.1:9")) as gate:
        for path, body in (
            ("/v1/chat/completions", {"model": "chat", **CHAT}),
            ("/gateway/chat/invocations", CHAT),
            ("/gateway/chat/invocations", {}),
        ):
            assert b"sk-test" not in (await ask(gate.port, "POST", path, body)).body
        for path in ("/api/2.0/endpoints/", "/api/2.0/endpoints/chat", "/health", "/v1/models", "/openapi.json"):
            assert b"sk-test" not in (await ask(gate.port, "GET", path)).body


async def test_what_is_lost_is_named_to_the_client_and_once_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    """Every reply says what was left out; the log says it when it first happens."""
    caplog.set_level("INFO", "limen.requests")
    body = {"model": "chat", "safety_mode": "STRICT", **CHAT}
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate:
        for _ in range(2):
            told = await ask(gate.port, "POST", "/v2/chat", body)
            assert (told.status, "safety_mode" in told.headers["limen-dropped"]) == (200, True)
    assert sum("safety_mode" in record.getMessage() for record in caplog.records) == 1
