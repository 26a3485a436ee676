"""OpenAI's own SDK, unchanged, against a running gateway: what it raises, what it repeats, and what happens when it leaves."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from openai_provider import SAID
from openai_provider import openai as answer_as_openai
from upstream import Asked, Wire, piece, stream_words

ASK: list[Any] = [{"role": "user", "content": f"[[limen: say {SAID}]]"}]


def played(directive: str) -> list[Any]:
    """A question that has the demo provider play something."""
    return [{"role": "user", "content": f"[[limen: {directive}]] Hello there, how are you?"}]


def refusing(status: int, body: Any = None, times: int = 1_000_000, **headers: str) -> Any:
    """A script that fails so often, and then answers."""
    counted = itertools.count()
    told = body or {"error": {"message": "no", "type": "t", "param": None, "code": "c"}}

    async def script(asked: Asked, wire: Wire) -> None:
        if next(counted) < times:
            await wire.reply(told, status=status, **headers)
        else:
            await answer_as_openai(asked, wire)

    return script


async def cut_at_once(asked: Asked, wire: Wire) -> None:
    wire.cut()


async def one_word_then_silence(asked: Asked, wire: Wire) -> None:
    await wire.start_stream()
    await wire.event(piece("one"))
    await asyncio.sleep(60)


async def silence(asked: Asked, wire: Wire) -> None:
    await asyncio.sleep(60)


@pytest.fixture
def client(gate) -> Iterator[OpenAI]:
    """A client that repeats nothing; tests of repeating say so."""
    with OpenAI(base_url=gate.openai, api_key="not-needed", max_retries=0) as client:
        yield client


@pytest.fixture
async def async_client(gate) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=gate.openai, api_key="not-needed", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model(client, stream) -> None:
    """Whoever asks for a model that is not there gets NotFoundError, with the code and the parameter that OpenAI gives."""
    with pytest.raises(openai.NotFoundError, match="'nope' does not exist") as caught:
        client.chat.completions.create(model="nope", messages=ASK, stream=stream)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert caught.value.request_id.startswith("req_")
    for name in ("nope", "nope/x"):
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            client.models.retrieve(name)


def test_a_base_url_without_its_version(gate) -> None:
    """The usual mistake costs nothing; one with more in it is named in the message."""
    with OpenAI(base_url=gate.url, api_key="x", max_retries=0) as client:
        assert client.chat.completions.create(model="demo", messages=ASK).choices[0].message.content
    with OpenAI(base_url=f"{gate.url}/api/v1", api_key="x", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match="base URL has nothing more before it"):
            client.chat.completions.create(model="demo", messages=ASK)


def test_an_api_that_is_not_there(client) -> None:
    """Parts of OpenAI's API that the gateway has not are NotFoundError with the path in the message."""
    with pytest.raises(openai.NotFoundError, match="/v1/moderations"):
        client.moderations.create(input="hello")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "demo", "messages": "hi"}, "messages"),
        ({"model": "demo", "messages": []}, "messages"),
        ({"model": "demo", "messages": ASK, "temperature": "hot"}, "temperature"),
        ({"model": "vectors", "messages": ASK}, "not a chat endpoint"),
    ],
)
def test_a_bad_request(client, given, message) -> None:
    """A request that can't be served is BadRequestError, with the reason."""
    with pytest.raises(openai.BadRequestError, match=message):
        client.chat.completions.create(**given)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_providers_refusal(gate, client, status, kind, stream) -> None:
    """A provider's own error is raised as if the provider had been asked directly, streamed or not."""
    told = {"message": f"because of {status}", "type": "odd_type", "param": "p", "code": "odd_code", "extra": {"a": 1}}
    gate.provider.play(refusing(status, {"error": told}))
    with pytest.raises(kind, match=f"because of {status}") as caught:
        client.chat.completions.create(model="chat", messages=ASK, stream=stream)
    assert caught.value.status_code == status
    assert caught.value.body == told
    assert (caught.value.code, caught.value.type, caught.value.param) == ("odd_code", "odd_type", "p")


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_breaks(gate, client, stream) -> None:
    """A provider that cuts the connection before it has said anything is a 502, one that is silent for too long a 504."""
    gate.provider.play(cut_at_once)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="chat", messages=ASK, stream=stream)
    assert caught.value.status_code == 502
    gate.provider.play(silence)
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="hasty", messages=ASK, stream=stream)
    assert caught.value.status_code == 504


def test_a_rate_limit_is_waited_for(gate, client) -> None:
    """The provider's Retry-After reaches the SDK, which waits so long, longer than it would by itself, and asks again."""
    gate.provider.play(refusing(429, times=1, retry_after="1.5"))
    started = time.monotonic()
    answer = client.with_options(max_retries=1).chat.completions.create(model="chat", messages=ASK)
    assert answer.choices[0].message.content == SAID
    assert time.monotonic() - started >= 1.5
    assert len(gate.provider.asked) == 2


def test_the_gateways_own_limit(client) -> None:
    """A limit of the configuration is RateLimitError; its Retry-After is the rest of the period."""
    client.chat.completions.create(model="once-an-hour", messages=ASK)
    with pytest.raises(openai.RateLimitError) as caught:
        # Repeats are allowed, but the SDK takes no wait of an hour, and gives up at once.
        client.with_options(max_retries=2).chat.completions.create(model="once-an-hour", messages=ASK)
    assert 3500 < int(caught.value.response.headers["retry-after"]) <= 3600
    assert caught.value.type == "rate_limit_error"


def test_a_short_limit_is_waited_for(client) -> None:
    """A limit that renews soon costs the application a wait and no error."""
    patient = client.with_options(max_retries=3)
    answers = [patient.chat.completions.create(model="once-a-second", messages=ASK) for _ in range(2)]
    assert [answer.choices[0].message.content for answer in answers] == [SAID, SAID]


def test_repeats_are_the_sdks(gate, client) -> None:
    """The gateway repeats nothing by itself: with `max_retries=0` a provider is asked once, with 2 three times."""
    for repeats, times in ((0, 1), (2, 3)):
        gate.provider.play(refusing(500, retry_after_ms="1"))
        with pytest.raises(openai.InternalServerError):
            client.with_options(max_retries=repeats).chat.completions.create(model="chat", messages=ASK)
        assert len(gate.provider.asked) == times


BREAKS = ["cut after 3", "malformed after 3", "error 500 after 3", "error overloaded after 3"]


@pytest.mark.parametrize("directive", BREAKS)
def test_a_stream_that_breaks(client, directive) -> None:
    """What came before the break is there; then APIError is raised, and the stream never looks whole."""
    stream = client.chat.completions.create(model="demo", messages=played(directive), stream=True)
    chunks: list[Any] = []
    with pytest.raises(openai.APIError) as caught:
        chunks.extend(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert not any(chunk.choices[0].finish_reason for chunk in chunks)
    assert caught.value.message
    assert caught.value.type


@pytest.mark.parametrize("directive", BREAKS)
async def test_a_stream_that_breaks_async(async_client, directive) -> None:
    """So it is for the asynchronous client."""
    stream = await async_client.chat.completions.create(model="demo", messages=played(directive), stream=True)
    chunks: list[Any] = []

    async def read() -> None:
        async for chunk in stream:
            chunks.append(chunk)

    with pytest.raises(openai.APIError):
        await read()
    assert chunks
    assert not any(chunk.choices[0].finish_reason for chunk in chunks)


def test_an_error_in_a_providers_stream(gate, client) -> None:
    """An error event of the provider is raised with the provider's words."""

    async def fall_over(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("one"))
        await wire.event({"error": {"message": "the model fell over", "type": "server_error", "code": "oops"}})
        await wire.end_stream()

    gate.provider.play(fall_over)
    stream = client.chat.completions.create(model="chat", messages=ASK, stream=True)
    with pytest.raises(openai.APIError, match="the model fell over") as caught:
        list(stream)
    assert (caught.value.type, caught.value.code) == ("server_error", "oops")


def test_a_completions_stream_that_breaks(client) -> None:
    """Legacy completions end no better."""
    stream = client.completions.create(model="demo-text", prompt="[[limen: cut after 3]] and so", stream=True)
    with pytest.raises(openai.APIError):
        list(stream)


def test_closing_a_stream_closes_the_provider(gate, client) -> None:
    """`close` in the middle ends the request at the provider; the client is good for more."""
    gate.provider.play(one_word_then_silence)
    stream = client.chat.completions.create(model="chat", messages=ASK, stream=True)
    assert next(iter(stream)).choices[0].delta.content == "one"
    [asked] = gate.provider.asked
    stream.close()
    gate.provider.wait_until_gone(asked)
    gate.provider.play(answer_as_openai)
    assert client.chat.completions.create(model="chat", messages=ASK).choices[0].message.content == SAID


async def test_closing_a_stream_async_closes_the_provider(gate, async_client) -> None:
    """So does leaving the asynchronous stream's block."""
    gate.provider.play(one_word_then_silence)
    async with await async_client.chat.completions.create(model="chat", messages=ASK, stream=True) as stream:
        assert (await anext(aiter(stream))).choices[0].delta.content == "one"
    await asyncio.to_thread(gate.provider.wait_until_gone, gate.provider.asked[0])


async def test_cancelling_a_task_closes_the_provider(gate, async_client) -> None:
    """A task of asyncio that is cancelled while it waits for a whole answer lets go of the provider."""
    gate.provider.play(silence)
    task = asyncio.create_task(async_client.chat.completions.create(model="chat", messages=ASK))
    async with asyncio.timeout(10):
        while not gate.provider.asked:
            await asyncio.sleep(0.01)
    [asked] = gate.provider.asked
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(gate.provider.wait_until_gone, asked)


@pytest.mark.parametrize("script", [silence, one_word_then_silence])
def test_a_client_that_times_out_closes_the_provider(gate, client, script) -> None:
    """The client's own time-out is APITimeoutError, before the answer and within it, and the provider is let go."""
    gate.provider.play(script)
    with pytest.raises(openai.APITimeoutError):
        list(client.with_options(timeout=0.5).chat.completions.create(model="chat", messages=ASK, stream=True))
    [asked] = gate.provider.asked
    gate.provider.wait_until_gone(asked)


def test_an_answer_that_is_cut_short(client) -> None:
    """`parse` knows an answer that ran into its bound."""

    class Note(BaseModel):
        text: str

    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(model="demo", messages=played("tokens 9"), response_format=Note, max_tokens=2)


@pytest.mark.parametrize("key", ["not-needed", "sk-" + "x" * 200, "a b", "Bearer"])
def test_any_key_will_do(gate, key) -> None:
    """The client's key is not the provider's, and never reaches it."""
    with OpenAI(base_url=gate.openai, api_key=key, organization="org-x", project="p", max_retries=0) as client:
        assert client.chat.completions.create(model="chat", messages=ASK).choices[0].message.content == SAID
    sent = gate.provider.asked[0].headers
    assert sent["authorization"] == "Bearer sk-test"
    assert not any("org-x" in value for value in sent.values())


def test_a_stream_without_an_end_marker(gate, client) -> None:
    """Some servers leave `[DONE]` out after the last finish reason; the client's stream has it all the same."""

    async def no_done(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        await wire.event(piece("one"))
        await wire.event(piece(finish="stop"))
        await wire.end_stream()

    gate.provider.play(no_done)
    with client.chat.completions.with_streaming_response.create(model="chat", messages=ASK, stream=True) as response:
        assert [line for line in response.iter_lines() if line][-1] == "data: [DONE]"


def test_usage_that_comes_unasked(gate, client) -> None:
    """The gateway asks every provider for usage; the client sees it only if it asked."""

    async def count(asked: Asked, wire: Wire) -> None:
        assert asked.json["stream_options"] == {"include_usage": True}
        await stream_words(wire, SAID.split())

    gate.provider.play(count)
    chunks = list(client.chat.completions.create(model="chat", messages=ASK, stream=True))
    assert all(chunk.choices for chunk in chunks)
    assert len(chunks) == 4
