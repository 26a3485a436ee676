"""OpenAI's own SDK, unchanged, against a running gateway: what it gets. What it raises is in `test_openai_sdk_errors`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.lib.streaming.chat import ContentDoneEvent, FunctionToolCallArgumentsDoneEvent
from pydantic import BaseModel

from openai_provider import SAID, VECTOR, WEATHER

# An endpoint of the demo, one of an OpenAI provider, a model of that provider without an endpoint, and a route to the first two.
CHATS = ["demo", "chat", "openai/gpt-5-mini", "mixed"]
TEXTS = ["demo-text", "text", "demo/any", "openai/gpt-text"]
VECTORS = ["demo-vectors", "vectors", "demo/any", "openai/text-embedding-3-small"]
ASK: list[Any] = [{"role": "user", "content": f"[[limen: say {SAID}]]"}]
ASK_WEATHER: list[Any] = [{"role": "user", "content": "How warm is it in Paris?"}]


def tool(name: str) -> Any:
    city = {"type": "string", "enum": ["Paris"]}
    parameters = {"type": "object", "properties": {"city": city}, "required": ["city"], "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "strict": True, "parameters": parameters}}


TOOLS = [tool("get_weather"), tool("get_time")]
ASK_TOOLS: list[Any] = [{"role": "user", "content": "Use get_weather and get_time for Paris."}]


class Weather(BaseModel):
    city: Literal["Paris"]
    degrees: int


@pytest.fixture
def client(gate) -> Iterator[OpenAI]:
    """As the README shows it, but for a slash at the end of the address, which many write."""
    with OpenAI(base_url=gate.openai + "/", api_key="not-needed", max_retries=0) as client:
        yield client


@pytest.fixture
async def async_client(gate) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=gate.openai, api_key="not-needed", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("model", CHATS)
def test_chat(client, model) -> None:
    """A whole answer has its text, its reason to end, and usage that adds up."""
    answer = client.chat.completions.create(model=model, messages=ASK)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


@pytest.mark.parametrize("model", CHATS)
def test_chat_streamed(client, model) -> None:
    """A stream has the same text in several pieces, one reason to end, and no usage that was not asked for."""
    chunks = list(client.chat.completions.create(model=model, messages=ASK, stream=True))
    pieces = [chunk.choices[0].delta.content for chunk in chunks]
    assert chunks[0].choices[0].delta.role in ("assistant", None)
    assert "".join(piece or "" for piece in pieces) == SAID
    assert sum(bool(piece) for piece in pieces) > 1
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert not any(chunk.usage for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("model", CHATS)
def test_chat_streamed_with_usage(client, model) -> None:
    """`include_usage` brings one last chunk without choices, and `usage: null` is all that the others say of it."""
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=model, messages=ASK, stream=True, stream_options=options))
    *others, last = chunks
    assert last.choices == []
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens > 0
    assert all(chunk.choices and chunk.usage is None for chunk in others)


@pytest.mark.parametrize("model", CHATS)
async def test_chat_async(async_client, model) -> None:
    """The asynchronous client gets whole and streamed answers, many at once."""

    async def whole() -> str | None:
        return (await async_client.chat.completions.create(model=model, messages=ASK)).choices[0].message.content

    async def streamed() -> str:
        stream = await async_client.chat.completions.create(model=model, messages=ASK, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert set(await asyncio.gather(*(ask() for ask in [whole, streamed] * 8))) == {SAID}


@pytest.mark.parametrize("model", CHATS)
def test_tools(client, model) -> None:
    """Parallel calls come back whole; their results go in, and an answer comes of them."""
    answer = client.chat.completions.create(model=model, messages=ASK_TOOLS, tools=TOOLS)
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert [call.function.name for call in message.tool_calls] == ["get_weather", "get_time"]
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"city": "Paris"}] * 2
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"{number} degrees"}
        for number, call in enumerate(message.tool_calls)
    ]
    # The message goes back as the SDK's own object, as its documentation shows.
    after = client.chat.completions.create(model=model, messages=[*ASK_TOOLS, message, *results], tools=TOOLS)
    assert after.choices[0].finish_reason == "stop"
    assert "1 degrees" in after.choices[0].message.content


@pytest.mark.parametrize("model", CHATS)
def test_tools_streamed(client, model) -> None:
    """Arguments come piece by piece under their call's index; the id and the name come once."""
    chunks = list(client.chat.completions.create(model=model, messages=ASK_TOOLS, tools=TOOLS, stream=True))
    deltas = [delta for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or []]
    for index, name in enumerate(["get_weather", "get_time"]):
        own = [delta for delta in deltas if delta.index == index]
        assert [delta.function.name for delta in own if delta.function.name] == [name]
        assert len([delta.id for delta in own if delta.id]) == 1
        assert json.loads("".join(delta.function.arguments or "" for delta in own)) == {"city": "Paris"}
        assert len(own) > 2
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("model", CHATS)
def test_tool_choice(client, model) -> None:
    """A tool that is demanded by name is called."""
    choice = {"type": "function", "function": {"name": "get_time"}}
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "get_time, please"}],
        tools=TOOLS,
        tool_choice=choice,
        parallel_tool_calls=False,
    )
    assert [call.function.name for call in answer.choices[0].message.tool_calls] == ["get_time"]


@pytest.mark.parametrize("model", CHATS)
def test_structured_output(client, model) -> None:
    """`parse` gives an object of the class that was asked for."""
    answer = client.chat.completions.parse(model=model, messages=ASK_WEATHER, response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather)
    assert answer.choices[0].message.parsed.city == "Paris"


@pytest.mark.parametrize("model", CHATS)
async def test_structured_output_async(async_client, model) -> None:
    """So it does from the asynchronous client."""
    answer = await async_client.chat.completions.parse(model=model, messages=ASK_WEATHER, response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather)


@pytest.mark.parametrize("model", CHATS)
def test_json_mode(client, model) -> None:
    """`json_object` gives text that is a JSON object."""
    answer = client.chat.completions.create(model=model, messages=ASK_WEATHER, response_format={"type": "json_object"})
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


@pytest.mark.parametrize("model", CHATS)
def test_stream_helper(client, model) -> None:
    """`stream` puts chunks together: text, structured output and usage."""
    options = {"include_usage": True}
    with client.chat.completions.stream(
        model=model, messages=ASK_WEATHER, response_format=Weather, stream_options=options
    ) as stream:
        done = [event for event in stream if isinstance(event, ContentDoneEvent)]
        final = stream.get_final_completion()
    assert isinstance(done[0].parsed, Weather)
    assert isinstance(final.choices[0].message.parsed, Weather)
    assert final.usage.total_tokens > 0


@pytest.mark.parametrize("model", CHATS)
def test_stream_helper_with_tools(client, model) -> None:
    """`stream` puts parallel calls together."""
    with client.chat.completions.stream(model=model, messages=ASK_TOOLS, tools=TOOLS) as stream:
        done = [event for event in stream if isinstance(event, FunctionToolCallArgumentsDoneEvent)]
        final = stream.get_final_completion()
    assert [(event.name, event.parsed_arguments) for event in done] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Paris"}),
    ]
    assert len(final.choices[0].message.tool_calls) == 2


@pytest.mark.parametrize("model", TEXTS)
def test_completions(client, model) -> None:
    """Legacy completions give text."""
    answer = client.completions.create(model=model, prompt=f"[[limen: say {SAID}]]")
    assert answer.object == "text_completion"
    assert answer.choices[0].text == SAID
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0


@pytest.mark.parametrize("model", TEXTS)
def test_completions_streamed(client, model) -> None:
    """Streamed, they give the same text in pieces, and usage only where it is asked for."""
    prompt = f"[[limen: say {SAID}]]"
    plain = list(client.completions.create(model=model, prompt=prompt, stream=True))
    assert "".join(chunk.choices[0].text for chunk in plain) == SAID
    assert plain[-1].choices[0].finish_reason == "stop"
    assert not any(chunk.usage for chunk in plain)
    options = {"include_usage": True}
    counted = list(client.completions.create(model=model, prompt=prompt, stream=True, stream_options=options))
    assert counted[-1].choices == []
    assert counted[-1].usage.total_tokens > 0


@pytest.mark.parametrize("model", VECTORS)
def test_embeddings(client, model) -> None:
    """The SDK asks for base64 unless told otherwise, and both encodings give the same vectors."""
    texts = ["a river", "a mountain"]
    encoded = client.embeddings.create(model=model, input=texts)
    floats = client.embeddings.create(model=model, input=texts, encoding_format="float")
    assert [item.index for item in encoded.data] == [0, 1]
    for one, other in zip(encoded.data, floats.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding)
    assert encoded.usage.prompt_tokens > 0
    if "demo" not in model:
        assert encoded.data[0].embedding == VECTOR


@pytest.mark.parametrize("model", VECTORS)
async def test_embeddings_async(async_client, model) -> None:
    """One text or a list of token numbers is one vector."""
    one = await async_client.embeddings.create(model=model, input="a river")
    tokens = await async_client.embeddings.create(model=model, input=[1, 2, 3])
    assert len(one.data) == len(tokens.data) == 1


def test_models(client) -> None:
    """Endpoints and routes are listed, and each can be retrieved, as can any model of an open provider."""
    listed = [model.id for model in client.models.list()]
    assert {"demo", "chat", "text", "vectors", "mixed"} <= set(listed)
    for name in [*listed, "openai/gpt-5-mini", "openai/ft:gpt-5:org::a/b"]:
        model = client.models.retrieve(name)
        assert (model.id, model.object) == (name, "model")


async def test_models_async(async_client) -> None:
    """The list can be walked asynchronously."""
    assert "demo" in [model.id async for model in async_client.models.list()]


@pytest.mark.parametrize("model", ["demo", "chat"])
def test_request_ids(client, model) -> None:
    """`_request_id` is the gateway's id, the caller's own if it gave one; the provider's has a header of its own."""
    answer = client.chat.completions.create(model=model, messages=ASK)
    assert answer._request_id.startswith("req_")
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=ASK, extra_headers={"x-request-id": "mine-1"}
    )
    assert raw.request_id == raw.headers["x-request-id"] == raw.parse()._request_id == "mine-1"
    if model == "chat":
        assert raw.headers["limen-provider-request-id"] == "req_provider"


@pytest.mark.parametrize("model", ["demo", "chat"])
def test_streaming_response(client, model) -> None:
    """`with_streaming_response` shows the events as they are on the wire, up to the end marker."""
    with client.chat.completions.with_streaming_response.create(model=model, messages=ASK, stream=True) as response:
        lines = [line for line in response.iter_lines() if line]
    assert response.headers["content-type"].startswith("text/event-stream")
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_what_the_sdk_sends_arrives(gate, client) -> None:
    """Parameters, metadata and fields that no one knows reach the provider; only the model is the endpoint's."""
    client.chat.completions.create(
        model="chat",
        messages=[{"role": "developer", "content": "Be brief."}, *ASK],
        temperature=0.25,
        max_completion_tokens=50,
        logit_bias={"50256": -100},
        metadata={"team": "a"},
        reasoning_effort="low",
        seed=7,
        service_tier="default",
        store=False,
        user="u-1",
        extra_body={"made_up": {"deep": [1, {"é": None}]}},
    )
    sent = gate.provider.asked[0]
    assert sent.json == {
        "model": "gpt-test",
        "messages": [{"role": "developer", "content": "Be brief."}, *ASK],
        "temperature": 0.25,
        "max_completion_tokens": 50,
        "logit_bias": {"50256": -100},
        "metadata": {"team": "a"},
        "reasoning_effort": "low",
        "seed": 7,
        "service_tier": "default",
        "store": False,
        "user": "u-1",
        "made_up": {"deep": [1, {"é": None}]},
    }
    assert sent.headers["authorization"] == "Bearer sk-test"


def test_images_arrive(gate, client) -> None:
    """A message of several parts is relayed as it is."""
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
    ]
    client.chat.completions.create(model="chat", messages=[{"role": "user", "content": parts}])
    assert gate.provider.asked[0].json["messages"][0]["content"] == parts


def test_several_choices(client) -> None:
    """`n`, `stop` and `max_tokens` are kept to by the demo."""
    several = client.chat.completions.create(model="demo", messages=ASK, n=3)
    assert [choice.index for choice in several.choices] == [0, 1, 2]
    stopped = client.chat.completions.create(model="demo", messages=ASK, stop=[" two"])
    assert stopped.choices[0].message.content == "one"
    short = client.chat.completions.create(model="demo", messages=ASK, max_tokens=1)
    assert short.choices[0].finish_reason == "length"


def test_parsed_weather_is_the_providers(client) -> None:
    """What the provider put into the object is there."""
    answer = client.chat.completions.parse(model="chat", messages=ASK_WEATHER, response_format=Weather)
    assert answer.choices[0].message.parsed == Weather(**WEATHER)
