"""`limen ask`, as a process against a real server."""

from __future__ import annotations

import pytest

from command import limen
from upstream import Asked, Wire, piece, stream_words, upstream


async def greet(asked: Asked, wire: Wire) -> None:
    await stream_words(wire, ["Good ", "morning, ", "世界\u2028!"], usage=False)


async def test_prints_the_answer_and_ends_with_a_line() -> None:
    """The pieces of the answer are printed as one text, to the character."""
    async with upstream(greet) as gateway:
        done = await limen("ask", "Hello?", "--url", gateway.url)
    assert (done.status, done.out, done.err) == (0, "Good morning, 世界\u2028!\n", "")


async def test_asks_in_openai_s_dialect_and_streams() -> None:
    """Model, instructions and question arrive as a client of OpenAI would send them."""
    async with upstream(greet) as gateway:
        await limen("ask", "Hello?", "--model", "chat", "--system", "Be brief.", "--url", gateway.url + "/v1/")
    asked = gateway.asked[0]
    assert (asked.method, asked.target) == ("POST", "/v1/chat/completions")
    assert asked.json == {
        "model": "chat",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
    }


async def test_reads_the_question_from_standard_input() -> None:
    """A single dash stands for the text that is piped in."""
    async with upstream(greet) as gateway:
        await limen("ask", "-", "--url", gateway.url, stdin="line one\nline two\n")
    assert gateway.asked[0].json["messages"] == [{"role": "user", "content": "line one\nline two\n"}]


async def test_an_empty_question_is_not_sent() -> None:
    """Nothing piped in is a mistake of usage, not a request."""
    done = await limen("ask", "-", stdin=" \n")
    assert done.status == 2
    assert "the question is empty" in done.err


async def test_says_how_to_start_a_gateway_when_none_runs(free_port: int) -> None:
    """A refused connection names the address and the command that mends it."""
    done = await limen("ask", "Hello?", "--url", f"http://127.0.0.1:{free_port}")
    assert done.status == 1
    assert f"http://127.0.0.1:{free_port}" in done.err
    assert "limen start" in done.err
    assert "Traceback" not in done.err


async def test_tells_the_gateway_s_refusal() -> None:
    """An error reply is shown with its status and its sentence."""

    async def refuse(asked: Asked, wire: Wire) -> None:
        await wire.reply({"error": {"message": "The model 'x' does not exist."}}, status=404)

    async with upstream(refuse) as gateway:
        done = await limen("ask", "Hello?", "--url", gateway.url)
    assert (done.status, done.out) == (1, "")
    assert "404: The model 'x' does not exist." in done.err


async def test_tells_what_another_server_said() -> None:
    """A server that is no gateway is quoted, not parsed."""

    async def page(asked: Asked, wire: Wire) -> None:
        await wire.reply(b"<h1>Moved</h1>", status=403, content_type="text/html")

    async with upstream(page) as server:
        done = await limen("ask", "Hello?", "--url", server.url)
    assert done.status == 1
    assert "403: <h1>Moved</h1>" in done.err


async def test_an_error_inside_the_stream_fails() -> None:
    """What came before the error stays printed, and the exit status says that it was not all."""

    async def break_off(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("Half"))
        await wire.event({"error": {"message": "the provider fell over"}})
        await wire.end_stream()

    async with upstream(break_off) as gateway:
        done = await limen("ask", "Hello?", "--url", gateway.url)
    assert (done.status, done.out) == (1, "Half\n")
    assert "the provider fell over" in done.err


@pytest.mark.parametrize("clean", [True, False], ids=["ended", "reset"])
async def test_a_stream_without_its_end_fails(clean: bool) -> None:
    """A connection that ends before the end marker is not taken for a whole answer."""

    async def stop_early(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("Half"))
        if clean:
            await wire.end_stream()
        else:
            wire.cut()

    async with upstream(stop_early) as gateway:
        done = await limen("ask", "Hello?", "--url", gateway.url)
    assert done.status == 1
    assert "Traceback" not in done.err
    assert "cut off" in done.err or "broke" in done.err


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "ftp://x", "http://", "http://x:port"])
async def test_refuses_what_is_not_a_url(url: str) -> None:
    """A mistyped address is told as such, with an example of a right one."""
    done = await limen("ask", "Hello?", "--url", url)
    assert done.status == 2
    assert "http://127.0.0.1:5000" in done.err
