"""One request and its reply, with applications that misbehave."""

import asyncio
from typing import Any

import pytest

from caller import caller
from serving import START, App, piece, serving


async def fails_at_once(scope: Any, receive: Any, send: Any) -> None:
    raise LookupError("a secret reason")


async def says_nothing(scope: Any, receive: Any, send: Any) -> None:
    return


async def smuggles(scope: Any, receive: Any, send: Any) -> None:
    await send({**START, "headers": [(b"x", b"a\r\nset-cookie: b")]})


@pytest.mark.parametrize("app", [fails_at_once, says_nothing, smuggles])
async def test_an_application_that_fails_first_is_a_500(app: App) -> None:
    """No reply, an exception or a smuggled line end: a plain 500 that tells nothing of the inside."""
    async with serving(app) as port, caller(port) as client:
        await client.send("GET", "/")
        told = await client.told()
    assert told.status == 500
    assert b"secret" not in told.body
    assert "set-cookie" not in told.headers


async def test_an_application_that_fails_in_the_middle_cuts_the_reply() -> None:
    """A reply that has begun can only end whole or cut; here it is cut."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(piece(b"half", more=True))
        raise LookupError

    async with serving(app) as port, caller(port) as client:
        await client.send("GET", "/")
        told = await client.told()
    assert (told.body, told.clean) == (b"half", False)


async def test_head_and_bodyless_statuses_have_no_body() -> None:
    """`HEAD` and 204 keep the connection in step."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**START, "status": 204 if scope["path"] == "/204" else 200})
        await send(piece(b"" if scope["path"] == "/204" else b"body"))

    async with serving(app) as port, caller(port) as client:
        for method, path, status in (("HEAD", "/", 200), ("GET", "/204", 204), ("HEAD", "/", 200)):
            await client.send(method, path)
            assert (await client.head())[0] == status
        await client.send("GET", "/")
        assert (await client.told()).body == b"body"


async def test_a_body_that_is_not_as_long_as_declared_is_cut() -> None:
    """A wrong content-length never shifts the next reply."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**START, "headers": [(b"content-length", b"10")]})
        await send(piece(b"short"))

    async with serving(app) as port, caller(port) as client:
        await client.send("GET", "/")
        told = await client.told()
    assert told.status == 500 or not told.clean


async def test_receive_says_disconnect_once_the_client_is_gone() -> None:
    """An application that waits for the client's end is told of it."""
    seen = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        seen.set()

    async with serving(app) as port, caller(port) as client:
        await client.send("POST", "/", b"body")
        await asyncio.sleep(0.05)
        client.leave()
        async with asyncio.timeout(2):
            await seen.wait()


async def test_unread_bodies_stop_the_client() -> None:
    """A body nobody reads fills no memory: the client can't send it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await send(START)
        await send(piece(b"done"))

    async with serving(app) as port, caller(port) as client:
        client.writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n" + b"x" * 30_000_000)
        await asyncio.sleep(0.3)
        assert client.writer.transport.get_write_buffer_size() > 10_000_000
        client.leave()
