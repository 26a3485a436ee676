"""Ollama's own SDK, unchanged, against a server whose every byte limen's renderers wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ollama import Client, ResponseError

from background import BackgroundProvider
from limen.dialects.base import AnyDialect
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.ollama.embed import OllamaEmbed, OllamaEmbeddings
from limen.dialects.ollama.generate import OllamaGenerate
from limen.errors import LimenError, LimitExceeded, TransportFault
from limen.model.content import Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start, UsageReport
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse, Choice, Embedding, EmbeddingResponse
from limen.model.usage import Usage
from ollama_wire import PNG
from upstream import Asked, Wire

CHAT, GENERATE = OllamaChat(), OllamaGenerate()
USAGE = Usage(input_uncached=5, output_text=7, dialect="other")
BLOCKS = (Thinking("Hm."), Text("Four."), ToolCall("c", "add", '{"a": 2, "b": 2}'))
ANSWER = ChatResponse("id", "m", (Choice(0, BLOCKS, "tool_calls"),), "other", USAGE, 86400)
EVENTS: list[Event] = [
    Start("id", "m", "other", 86400),
    BlockStart(0, Thinking("")),
    BlockDelta(0, "Hm."),
    BlockStop(0),
    BlockStart(1, Text("")),
    BlockDelta(1, "Fo"),
    BlockDelta(1, "ur."),
    BlockStop(1),
    BlockStart(2, ToolCall("c", "add", "")),
    BlockDelta(2, '{"a": 2,'),
    BlockDelta(2, ' "b": 2}'),
    BlockStop(2),
    Finish("tool_calls"),
    UsageReport(USAGE),
]
SPOKEN: dict[str, AnyDialect] = {"/api/chat": CHAT, "/api/generate": GENERATE}
VECTORS = EmbeddingResponse("m", (Embedding(0, (1.0, 0.5)),), "other", USAGE)


async def answer(asked: Asked, wire: Wire) -> None:
    """Read the request as limen does, and answer in the same dialect, whole or streamed."""
    if asked.target in ("/api/embed", "/api/embeddings"):
        embed = OllamaEmbed() if asked.target == "/api/embed" else OllamaEmbeddings()
        embed.parse_request(asked.body)
        await wire.reply(embed.render_response(VECTORS, Losses()))
        return
    dialect = SPOKEN[asked.target]
    request: ChatRequest = dialect.parse_request(asked.body)
    if request.stream is False:
        await wire.reply(dialect.render_response(ANSWER, Losses()))
        return
    renderer = dialect.stream_renderer(request, Losses())
    await wire.start_stream(dialect.stream_content_type.decode())
    for event in EVENTS:
        if data := renderer.render(event):
            await wire.chunk(data)
    await wire.chunk(renderer.end())
    await wire.end_stream()


def refuse(error: LimenError, *, streamed: bool):
    """A script that ends every request with `error`."""

    async def script(asked: Asked, wire: Wire) -> None:
        if not streamed:
            await wire.reply(CHAT.render_error(error), error.status)
            return
        renderer = CHAT.stream_renderer(CHAT.parse_request(asked.body), Losses())
        await wire.start_stream(CHAT.stream_content_type.decode())
        await wire.chunk(b"".join(map(renderer.render, EVENTS[:6])) + CHAT.render_error_event(error))
        await wire.end_stream()

    return script


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundProvider]:
    with BackgroundProvider(answer) as provider:
        yield provider


@pytest.fixture
def client(server: BackgroundProvider) -> Iterator[Client]:
    server.play(answer)
    with Client(host=server.url) as client:
        yield client


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
      a: One.
      b: The other.
    """
    return a + b


ASK = [{"role": "user", "content": "What is 2 + 2?", "images": [PNG]}]


def test_chat(client: Client) -> None:
    """A whole answer has thoughts, text, calls and counts."""
    found = client.chat("m", ASK, tools=[add], think="low", options={"seed": 1}, format="json")
    assert (found.message.thinking, found.message.content) == ("Hm.", "Four.")
    assert found.message.tool_calls is not None
    assert found.message.tool_calls[0].function.name == "add"
    assert found.message.tool_calls[0].function.arguments == {"a": 2, "b": 2}
    assert (found.done, found.done_reason, found.prompt_eval_count, found.eval_count) == (True, "stop", 5, 7)


def test_streamed_chat(client: Client) -> None:
    """A stream has the same, in pieces, and only its last one is done."""
    pieces = list(client.chat("m", ASK, stream=True, think=True))
    assert "".join(piece.message.thinking or "" for piece in pieces) == "Hm."
    assert "".join(piece.message.content or "" for piece in pieces) == "Four."
    calls = [call for piece in pieces for call in piece.message.tool_calls or ()]
    assert [(call.function.name, call.function.arguments) for call in calls] == [("add", {"a": 2, "b": 2})]
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert (pieces[-1].done_reason, pieces[-1].eval_count) == ("stop", 7)


def test_a_loop_of_tools(client: Client, server: BackgroundProvider) -> None:
    """The SDK gives back an answer's message without ids; the hub pairs its call with the result all the same."""
    message = client.chat("m", ASK, tools=[add]).message
    client.chat("m", [*ASK, message, {"role": "tool", "tool_name": "add", "content": "4"}], tools=[add])
    request = CHAT.parse_request(server.asked[-1].body)
    calls = [block for turn in request.messages for block in turn.blocks if isinstance(block, ToolCall)]
    (result,) = request.messages[-1].blocks
    assert getattr(result, "call_id", None) == calls[0].id == "call00001"


def test_generate(client: Client) -> None:
    """One prompt, whole."""
    found = client.generate("m", "2 + 2?", system="Be brief.", images=[PNG], think=True)
    assert (found.thinking, found.response, found.done, found.eval_count) == ("Hm.", "Four.", True, 7)


def test_streamed_generate(client: Client) -> None:
    """And in pieces."""
    pieces = list(client.generate("m", "2 + 2?", stream=True))
    assert "".join(piece.response or "" for piece in pieces) == "Four."
    assert "".join(piece.thinking or "" for piece in pieces) == "Hm."
    assert (pieces[-1].done, pieces[-1].done_reason) == (True, "stop")


def test_embeddings(client: Client) -> None:
    """New and old."""
    assert client.embed("m", ["x"], dimensions=2).embeddings == [[1.0, 0.5]]
    assert client.embeddings("m", "x").embedding == [1.0, 0.5]


@pytest.mark.parametrize("error", [LimitExceeded("Too many calls.", retry_after=1), TransportFault("No one is there.")])
def test_errors(client: Client, server: BackgroundProvider, error: LimenError) -> None:
    """The SDK raises its own exception with the text and the status."""
    server.play(refuse(error, streamed=False))
    with pytest.raises(ResponseError) as caught:
        client.chat("m", ASK)
    assert (caught.value.error, caught.value.status_code) == (error.message, error.status)


def test_errors_in_a_stream(client: Client, server: BackgroundProvider) -> None:
    """After the pieces that had come."""
    server.play(refuse(TransportFault("The provider left."), streamed=True))
    pieces = []
    with pytest.raises(ResponseError, match=r"The provider left\."):
        pieces.extend(client.chat("m", ASK, stream=True))
