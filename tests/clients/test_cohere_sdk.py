"""Cohere's own SDK against the gateway, and OpenAI's against a provider that speaks Cohere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import NamedTuple

import cohere
import httpx
import pytest
from openai import AsyncOpenAI

from cohere_wire import streams
from gateway import gateway
from upstream import Asked, Upstream, Wire, completion, upstream

ANSWER = {
    "id": "a",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
    "finish_reason": "COMPLETE",
    "usage": {
        "billed_units": {"input_tokens": 1, "output_tokens": 2},
        "tokens": {"input_tokens": 5, "output_tokens": 2},
    },
}
EMBEDDED = {
    "id": "e",
    "embeddings": {"float": [[0.5, 1.0]]},
    "texts": ["a"],
    "meta": {"billed_units": {"input_tokens": 3}},
    "response_type": "embeddings_by_type",
}
RANKED = {"id": "r", "results": [{"index": 1, "relevance_score": 0.9}], "meta": {"billed_units": {"search_units": 1}}}
FRAMES = [
    {"id": "a", "type": "message-start", "delta": {"message": {"role": "assistant", "content": []}}},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hello."}}}},
    {"type": "content-end", "index": 0},
    {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": ANSWER["usage"]}},
]
CONFIG = """
endpoints:
  - {{name: chat, endpoint_type: llm/v1/chat, model: {{name: command-a, {cohere}}}}}
  - {{name: vectors, endpoint_type: llm/v1/embeddings, model: {{name: embed-v4.0, {cohere}}}}}
  - {{name: order, endpoint_type: llm/v1/rerank, model: {{name: rerank-v3.5, {cohere}}}}}
  - {{name: other, endpoint_type: llm/v1/chat, model: {{name: gpt-test, {openai}}}}}
"""
HELLO = [{"role": "user", "content": "Hi"}]


async def play(asked: Asked, wire: Wire) -> None:
    """Both providers, by path."""
    if asked.target == "/v2/embed":
        await wire.reply(EMBEDDED)
    elif asked.target == "/v2/rerank":
        await wire.reply(RANKED)
    elif asked.target == "/v1/chat/completions":
        await wire.reply(completion())
    elif asked.json.get("stream"):
        await wire.start_stream()
        for frame in FRAMES:
            await wire.chunk(f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n".encode())
        await wire.chunk(b"data: [DONE]\n\n")
        await wire.end_stream()
    else:
        await wire.reply(ANSWER)


class Served(NamedTuple):
    """A gateway in front of both providers, and what the client's connections are made by."""

    provider: Upstream
    url: str
    connections: httpx.AsyncClient

    @property
    def cohere(self) -> cohere.AsyncClientV2:
        return cohere.AsyncClientV2(api_key="k", base_url=self.url, httpx_client=self.connections)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with upstream(play) as provider:
        config = CONFIG.format(
            cohere=f"provider: cohere, config: {{cohere_api_key: k, api_base: '{provider.url}'}}",
            openai=f"provider: openai, config: {{openai_api_key: k, openai_api_base: '{provider.url}/v1'}}",
        )
        async with gateway(config) as gate, httpx.AsyncClient() as connections:
            yield Served(provider, gate.url, connections)


async def test_cohere_to_cohere(served: Served) -> None:
    """Relayed: whole and streamed."""
    got = await served.cohere.chat(model="chat", messages=HELLO)  # type: ignore[arg-type]
    assert got.message.content[0].text == "Hello."  # type: ignore[index, union-attr]
    assert served.provider.asked[0].json["model"] == "command-a"
    events = [each async for each in served.cohere.chat_stream(model="chat", messages=HELLO)]  # type: ignore[arg-type]
    assert [each.type for each in events] == [each["type"] for each in FRAMES]
    assert served.provider.asked[1].target == "/v2/chat"


async def test_cohere_to_openai(served: Served) -> None:
    """Translated, with what is lost named."""
    got = await served.cohere.with_raw_response.chat(model="other", messages=HELLO, safety_mode="OFF")  # type: ignore[arg-type]
    assert got.data.message.content[0].text == "Hello."  # type: ignore[index, union-attr]
    assert "safety_mode" in got.headers["limen-dropped"]
    assert served.provider.asked[0].json["messages"] == HELLO


async def test_openai_to_cohere(served: Served) -> None:
    """Chat, whole and streamed, and embeddings."""
    async with AsyncOpenAI(api_key="k", base_url=f"{served.url}/v1") as openai:
        got = await openai.chat.completions.create(model="chat", messages=HELLO)  # type: ignore[arg-type]
        assert got.choices[0].message.content == "Hello."
        assert got.usage is not None
        assert got.usage.total_tokens == 7
        streamed = await openai.chat.completions.create(
            model="chat",
            messages=HELLO,  # type: ignore[arg-type]
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [each async for each in streamed]
        assert "".join(each.choices[0].delta.content or "" for each in chunks if each.choices) == "Hello."
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.total_tokens == 7
        vectors = await openai.embeddings.create(model="vectors", input="a", encoding_format="float")
        assert vectors.data[0].embedding == [0.5, 1.0]
    assert served.provider.asked[-1].json["input_type"] == "search_document"


async def test_embeddings_and_rerank(served: Served) -> None:
    """By either version of the client."""
    vectors = await served.cohere.embed(
        model="vectors", texts=["a"], input_type="search_query", embedding_types=["float"]
    )
    assert vectors.embeddings.float_ == [[0.5, 1.0]]
    newer = await served.cohere.rerank(model="order", query="q", documents=["a", "b"])
    assert newer.results[0].index == 1
    client = cohere.AsyncClient(api_key="k", base_url=served.url, httpx_client=served.connections)
    older = await client.rerank(model="order", query="q", documents=["a", "b"])
    assert older.results[0].relevance_score == 0.9
    assert {each.target for each in served.provider.asked} == {"/v2/embed", "/v2/rerank"}


async def test_a_provider_that_refuses(served: Served) -> None:
    """The client raises what it would have raised."""

    async def refuse(asked: Asked, wire: Wire) -> None:
        await wire.reply({"message": "invalid api token"}, 401)

    served.provider.script = refuse
    with pytest.raises(cohere.UnauthorizedError) as raised:
        await served.cohere.chat(model="chat", messages=HELLO)  # type: ignore[arg-type]
    assert raised.value.body == {"message": "invalid api token"}
    with pytest.raises(cohere.NotFoundError):
        await served.cohere.chat(model="nothing", messages=HELLO)  # type: ignore[arg-type]


async def test_recorded_streams_reach_the_client(served: Served) -> None:
    """Event for event."""
    for name, data in streams():
        if b"event:" not in data:
            continue

        async def replay(asked: Asked, wire: Wire, data: bytes = data) -> None:
            await wire.start_stream()
            await wire.chunk(data)
            await wire.end_stream()

        served.provider.script = replay
        events = [each async for each in served.cohere.chat_stream(model="chat", messages=HELLO)]  # type: ignore[arg-type]
        assert len(events) == data.count(b"\nevent:") + 1, name
