"""The server's side of a client connection."""

import asyncio

import pytest

from caller import CHAT, caller
from gateway import gateway, openai_config
from limen.server.protocol import MAX_HEAD_BYTES
from upstream import Asked, Wire, completion, upstream

CONFIG = openai_config("http://127.0.0.1:9")


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
        b"GET / HTTP/9.9\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET \xff HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_not_http_gets_a_400_and_the_end(junk: bytes) -> None:
    """TLS to a plain port, wrong versions and noise: an error in JSON, and the connection closes."""
    async with gateway(CONFIG) as gate, caller(gate.port) as client:
        client.writer.write(junk)
        told = await client.told()
        assert told.status == 400
        assert told.json["error"]["code"] == "bad_http"
        assert await client.reader.read() == b""


async def test_a_head_without_end_is_a_431() -> None:
    """Headers that go on and on are refused before they fill the memory."""
    async with gateway(CONFIG) as gate, caller(gate.port) as client:
        client.writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n")
        sent = 0
        while sent <= MAX_HEAD_BYTES:
            line = b"x-%d: %b\r\n" % (sent, b"a" * 500)
            sent += len(line)
            client.writer.write(line)
            await asyncio.sleep(0)
        assert (await client.told()).status == 431


async def test_requests_in_a_row_on_one_connection_are_answered_in_order() -> None:
    """Pipelined requests wait their turn and are each answered once."""

    async def slow_first(asked: Asked, wire: Wire) -> None:
        await asyncio.sleep(0.2 if len(provider.asked) == 1 else 0)
        await wire.reply(completion(str(len(provider.asked))))

    async with (
        upstream(slow_first) as provider,
        gateway(openai_config(provider.url)) as gate,
        caller(gate.port) as client,
    ):
        for _ in range(5):
            await client.send("POST", "/v1/chat/completions", {"model": "chat", **CHAT})
        await client.send("GET", "/health")
        texts = [(await client.told()).json["choices"][0]["message"]["content"] for _ in range(5)]
        assert texts == ["1", "2", "3", "4", "5"]
        assert (await client.told()).json["status"] == "OK"


async def test_http_1_0_is_answered_and_closed() -> None:
    """An old client gets its answer, whole, and the end of the connection."""
    async with gateway(CONFIG) as gate, caller(gate.port) as client:
        client.writer.write(b"GET /health HTTP/1.0\r\n\r\n")
        raw = await client.reader.read()
    assert raw.startswith(b"HTTP/1.1 200")
    assert raw.endswith(b"}")
    assert b"transfer-encoding" not in raw


async def test_a_client_that_waits_for_100_continue_gets_it() -> None:
    """`Expect: 100-continue` is answered before the body is sent."""

    async def answer(asked: Asked, wire: Wire) -> None:
        await wire.reply(completion())

    body = b'{"model":"chat","messages":[{"role":"user","content":"x"}]}'
    async with upstream(answer) as provider, gateway(openai_config(provider.url)) as gate, caller(gate.port) as client:
        head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: %d\r\n\r\n"
        client.writer.write((head % len(body)).encode())
        assert (await client.head())[0] == 100
        client.writer.write(body)
        assert (await client.told()).status == 200


async def test_paths_may_be_escaped_or_absolute() -> None:
    """`%2D` in a path and a whole URL as the target lead to the same door."""
    async with gateway(CONFIG) as gate:
        for target in ("/v1/%6Dodels", f"http://127.0.0.1:{gate.port}/v1/models"):
            async with caller(gate.port) as client:
                await client.send("GET", target)
                assert (await client.told()).status == 200


async def test_an_upgrade_nobody_serves_is_answered_as_it_is() -> None:
    """A client that offers HTTP/2 is answered in HTTP/1.1."""
    async with gateway(CONFIG) as gate, caller(gate.port) as client:
        await client.send("GET", "/health", connection="Upgrade, HTTP2-Settings", upgrade="h2c")
        assert (await client.told()).status == 200


async def test_the_date_is_told() -> None:
    """Replies of the data plane and of the rest carry the standard headers."""
    async with gateway(CONFIG) as gate, caller(gate.port) as client:
        await client.send("POST", "/v1/chat/completions", b"")
        assert "date" in (await client.told()).headers
        await client.send("GET", "/health")
        assert "date" in (await client.told()).headers


async def test_a_head_seen_before_is_served_the_same() -> None:
    """Requests with the same head and bodies of other lengths, whole or in pieces, each get their own body's answer."""

    async def echo(asked: Asked, wire: Wire) -> None:
        await wire.reply(completion(asked.json["messages"][0]["content"]))

    async with upstream(echo) as provider, gateway(openai_config(provider.url)) as gate, caller(gate.port) as client:
        for text in ("a", "b", "long" * 50, "c"):
            body = {"model": "chat", "messages": [{"role": "user", "content": text}]}
            await client.send("POST", "/v1/chat/completions", body)
            assert (await client.told()).json["choices"][0]["message"]["content"] == text
        body = b'{"model":"chat","messages":[{"role":"user","content":"in pieces"}]}'
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        whole = head % len(body) + body
        for cut in (10, len(whole) - 5, len(whole) - len(body)):
            client.writer.write(whole[:cut])
            await client.writer.drain()
            await asyncio.sleep(0.02)
            client.writer.write(whole[cut:])
            assert (await client.told()).json["choices"][0]["message"]["content"] == "in pieces"
        client.writer.write(whole + whole)
        for _ in range(2):
            assert (await client.told()).json["choices"][0]["message"]["content"] == "in pieces"
