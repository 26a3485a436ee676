"""The contract of providers, exercised as a library: real requests to a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from limen.errors import ConfigError, FaultKind, MalformedReply, NotSupported, ProviderReply, TransportFault
from limen.model.content import Text
from limen.model.events import BlockDelta, Finish, UsageReport
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest, Message
from limen.net.client import Client
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings
from limen.providers.openai import OpenAIConfig, OpenAIProvider
from upstream import Asked, Script, Upstream, Wire, completion, piece, stream_words, upstream

QUESTION = ChatRequest("asked-for", (Message("user", (Text("Hi"),), plain=True),), "openai_chat")


class Served:
    """A provider in front of a scripted server."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._client = Client()

    async def __aenter__(self) -> tuple[OpenAIProvider, Upstream]:
        self._upstream = upstream(self._script)
        server = await self._upstream.__aenter__()
        config = OpenAIConfig(openai_api_key="sk-1", openai_api_base=f"{server.url}/v1")
        return OpenAIProvider(ProviderSettings("gpt-5", config), transport=self._client), server

    async def __aexit__(self, *exc: object) -> None:
        await self._client.aclose()
        await self._upstream.__aexit__(None, None, None)


async def test_chat() -> None:
    """A provider is a library: one call asks, and gives the hub's answer. The settings' model is used."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply(completion("Hello."))

    async with Served(script) as (provider, server):
        answer = await provider.chat(QUESTION)
    assert answer.choices[0].blocks == (Text("Hello."),)
    asked = server.asked[0]
    assert (asked.target, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer sk-1")
    assert asked.json == {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}]}


async def test_chat_stream() -> None:
    """Events as they come, usage at the end because it was asked for."""

    async def script(asked: Asked, wire: Wire) -> None:
        await stream_words(wire, ["Hel", "lo"])

    async with Served(script) as (provider, server):
        events = [event async for event in provider.chat_stream(QUESTION)]
    assert "".join(event.text for event in events if isinstance(event, BlockDelta)) == "Hello"
    assert any(isinstance(event, Finish) for event in events)
    assert isinstance(events[-1], UsageReport)
    assert events[-1].usage.total == 7
    assert server.asked[0].json["stream_options"] == {"include_usage": True}


async def test_completions_and_embeddings() -> None:
    """The other operations, each at its own path."""

    async def script(asked: Asked, wire: Wire) -> None:
        if asked.target.endswith("/embeddings"):
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]
            await wire.reply(
                {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
            )
        elif asked.json.get("stream"):
            await wire.start_stream()
            choice = {"index": 0, "text": " a time", "finish_reason": "stop", "logprobs": None}
            await wire.event({"id": "1", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]})
            await wire.event("[DONE]")
            await wire.end_stream()
        else:
            choice = {"index": 0, "text": " a time", "finish_reason": "stop", "logprobs": None}
            await wire.reply({"id": "1", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]})

    text = CompletionRequest("x", ("Once upon",), "openai_completions")
    async with Served(script) as (provider, server):
        answer = await provider.completions(text)
        events = [event async for event in provider.completions_stream(text)]
        vectors = await provider.embeddings(EmbeddingRequest("x", ("a",), "openai_embeddings"))
    assert answer.choices[0].blocks == (Text(" a time"),)
    assert "".join(event.text for event in events if isinstance(event, BlockDelta)) == " a time"
    assert vectors.embeddings[0].vector == (0.5, 1.0)
    assert [asked.target for asked in server.asked] == ["/v1/completions", "/v1/completions", "/v1/embeddings"]


async def test_passthrough_gives_the_reply_as_it_came() -> None:
    """Whatever the status, nothing is read or raised."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply(b"teapot", 418)

    async with Served(script) as (provider, server):
        reply = await provider.passthrough(Operation.CHAT, b'{"a":1}')
        assert (reply.status, await reply.read()) == (418, b"teapot")
    assert server.asked[0].body == b'{"a":1}'


@pytest.mark.parametrize("status", [302, 401, 503])
async def test_an_error_reply_is_raised(status: int) -> None:
    """Status and body are kept, streamed or not; a redirect is an error, for it would carry the key elsewhere."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply({"error": {"message": "no", "type": "t", "code": None}}, status, location="http://elsewhere/")

    async with Served(script) as (provider, server):
        with pytest.raises(ProviderReply) as caught:
            await provider.chat(QUESTION)
        with pytest.raises(ProviderReply):
            await anext(provider.chat_stream(QUESTION))
    assert caught.value.status == (502 if status == 302 else status)
    assert caught.value.message == "no"
    assert len(server.asked) == 2


async def test_a_stream_without_its_end_is_broken() -> None:
    """A stream that just stops is never a clean end."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("Hel"))
        await wire.end_stream()

    async with Served(script) as (provider, _):
        with pytest.raises(MalformedReply):
            [event async for event in provider.chat_stream(QUESTION)]


async def test_a_stream_whose_last_frame_lacks_its_blank_line() -> None:
    """Some servers leave the last line end out; the frame counts all the same."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("Hello", "stop"))
        await wire.chunk(b"data: [DONE]")
        await wire.end_stream()

    async with Served(script) as (provider, _):
        events = [event async for event in provider.chat_stream(QUESTION)]
    assert any(isinstance(event, Finish) for event in events)


async def test_a_reader_that_stops_lets_go_of_the_connection() -> None:
    """Closing the stream of events closes the provider's connection."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        while True:
            await wire.event(piece("x"))
            await asyncio.sleep(0.01)

    async with Served(script) as (provider, server):
        events = provider.chat_stream(QUESTION)
        assert isinstance(events, AsyncIterator)
        async for event in events:
            if isinstance(event, BlockDelta):
                break
        await events.aclose()  # type: ignore[attr-defined]
        await server.asked[0].gone.wait()


async def test_without_a_transport() -> None:
    """A provider that has nothing to send with says so, and that nothing was sent."""
    provider = OpenAIProvider(ProviderSettings("m", OpenAIConfig(openai_api_key="k")))
    with pytest.raises(TransportFault) as caught:
        await provider.chat(QUESTION)
    assert caught.value.sent is False
    assert caught.value.kind is FaultKind.TRANSPORT


class Bare(BaseProvider):
    """Does nothing."""

    DISPLAY_NAME = "Bare"
    OPERATIONS = frozenset({Operation.CHAT})
    STREAMS = frozenset()


class Local(Bare):
    """Embeds by itself."""

    async def embeddings(self, request: EmbeddingRequest) -> None:  # type: ignore[override]
        return None


async def test_what_a_provider_does_not_do() -> None:
    """An operation it lacks is refused by its name for people."""
    bare = Bare(ProviderSettings(None, ProviderConfig()))
    with pytest.raises(NotSupported, match="The embeddings operation is not implemented for Bare models"):
        await bare.embeddings(EmbeddingRequest("m", ("a",), "openai_embeddings"))
    with pytest.raises(NotSupported, match="The streamed chat operation"):
        bare.chat_stream(QUESTION)
    with pytest.raises(NotSupported):
        bare.prepare(Operation.CHAT, b"", model=None, stream=False)
    with pytest.raises(NotSupported):
        ProviderAdapter({}).dialect(Operation.CHAT)


def test_what_a_provider_answers_itself_is_found_when_it_is_defined() -> None:
    """The gateway calls those operations; all others it sends by itself."""
    assert not Bare.LOCAL
    assert {"embeddings"} == Local.LOCAL
    assert not OpenAIProvider.LOCAL


def test_another_providers_block_is_refused() -> None:
    """A provider built with the wrong block says which one it takes."""
    with pytest.raises(ConfigError, match="OpenAI takes a OpenAIConfig, not a ProviderConfig"):
        OpenAIProvider(ProviderSettings("m", ProviderConfig()))
