"""LangChain's classes for OpenAI and for MLflow, unchanged, against a running gateway."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from typing import Literal

import openai
import pytest
import tiktoken
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from openai import DefaultAsyncHttpxClient
from pydantic import BaseModel
from tiktoken import registry

from openai_provider import SAID, VECTOR, WEATHER

with warnings.catch_warnings():
    # The package says on import that it is no longer developed; it is what users of MLflow's gateway have.
    warnings.filterwarnings("ignore", message=".*is being sunset", category=DeprecationWarning)
    from langchain_community.chat_models import ChatMlflow
    from langchain_community.embeddings import MlflowEmbeddings
    from langchain_community.llms import Mlflow

# Structured output, streamed: the OpenAI SDK declares `parsed` narrower than what LangChain then has it serialise.
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")

CHATS = ["demo", "chat", "openai/gpt-5-mini", "mixed"]
ASK = f"[[limen: say {SAID}]]"
ASK_TOOLS = "Use get_weather and get_time for Paris."


class Weather(BaseModel):
    """The weather of a city."""

    city: Literal["Paris"]
    degrees: int


@tool
def get_weather(city: Literal["Paris"]) -> str:
    """The weather of a city."""
    return f"21 degrees in {city}"


@tool
def get_time(city: Literal["Paris"]) -> str:
    """The time in a city."""
    return f"noon in {city}"


TOOLS = [get_weather, get_time]


def chat(gate, model: str) -> ChatOpenAI:
    """As the README shows it."""
    return ChatOpenAI(model=model, base_url=gate.openai, api_key="not-needed", max_retries=0)


@pytest.fixture
async def async_chat(gate) -> AsyncIterator[ChatOpenAI]:
    """One with an HTTP client of its own: LangChain's is shared by all, and outlives the test's event loop."""
    async with DefaultAsyncHttpxClient() as client:
        yield ChatOpenAI(
            model="mixed", base_url=gate.openai, api_key="not-needed", max_retries=0, http_async_client=client
        )


@pytest.mark.parametrize("model", CHATS)
def test_chat(gate, model) -> None:
    """A message comes back with its usage, its reason to end and its model."""
    answer = chat(gate, model).invoke([SystemMessage("Be brief."), HumanMessage(ASK)])
    assert isinstance(answer, AIMessage)
    assert answer.content == SAID
    assert answer.response_metadata["finish_reason"] == "stop"
    usage = answer.usage_metadata
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0


@pytest.mark.parametrize("model", CHATS)
def test_chat_streamed(gate, model) -> None:
    """Pieces add up to the message; usage is in it where `stream_usage` asks for it."""
    pieces = list(chat(gate, model).stream(ASK))
    assert sum(bool(piece.content) for piece in pieces) > 1
    assert "".join(piece.content for piece in pieces) == SAID
    assert not any(piece.usage_metadata for piece in pieces)
    counted = list(chat(gate, model).stream(ASK, stream_usage=True))
    assert sum(bool(piece.usage_metadata) for piece in counted) == 1


@pytest.mark.parametrize("model", CHATS)
def test_tools(gate, model) -> None:
    """Parallel calls come back parsed; the tools' own messages go in, and an answer comes of them."""
    bound = chat(gate, model).bind_tools(TOOLS)
    asked = bound.invoke(ASK_TOOLS)
    assert [(call["name"], call["args"]) for call in asked.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Paris"}),
    ]
    results = [own.invoke(call) for own, call in zip(TOOLS, asked.tool_calls, strict=True)]
    assert all(isinstance(result, ToolMessage) for result in results)
    after = bound.invoke([HumanMessage(ASK_TOOLS), asked, *results])
    assert not after.tool_calls
    assert "noon in Paris" in after.content


@pytest.mark.parametrize("model", CHATS)
def test_tools_streamed(gate, model) -> None:
    """Streamed calls add up to the same."""
    whole = None
    for piece in chat(gate, model).bind_tools(TOOLS).stream(ASK_TOOLS):
        whole = piece if whole is None else whole + piece
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Paris"}),
    ]


@pytest.mark.parametrize("model", CHATS)
def test_structured_output(gate, model) -> None:
    """The default way gives an object of the class, whole and streamed."""
    structured = chat(gate, model).with_structured_output(Weather)
    assert structured.invoke("How warm is it in Paris?").city == "Paris"
    *_, last = structured.stream("How warm is it in Paris?")
    assert isinstance(last, Weather)


def test_structured_output_by_a_tool(gate) -> None:
    """So does the way that has a tool called."""
    structured = chat(gate, "demo").with_structured_output(Weather, method="function_calling")
    assert structured.invoke("How warm is it in Paris?").city == "Paris"


def test_structured_output_in_json_mode(gate) -> None:
    """And the one that only asks for JSON, where the provider says the right thing."""
    structured = chat(gate, "chat").with_structured_output(Weather, method="json_mode")
    assert structured.invoke("How warm is it in Paris? Answer in JSON.") == Weather(**WEATHER)


async def test_chat_async(async_chat) -> None:
    """Whole, streamed, many at once, with tools and structured: all of it from an event loop."""
    assert (await async_chat.ainvoke(ASK)).content == SAID
    assert "".join([piece.content async for piece in async_chat.astream(ASK)]) == SAID
    assert {answer.content for answer in await async_chat.abatch([ASK] * 8)} == {SAID}
    assert len((await async_chat.bind_tools(TOOLS).ainvoke(ASK_TOOLS)).tool_calls) == 2
    assert isinstance(await async_chat.with_structured_output(Weather).ainvoke("How warm is it?"), Weather)
    events = [event["event"] async for event in async_chat.astream_events(ASK, version="v2")]
    assert events[0] == "on_chat_model_start"
    assert events[-1] == "on_chat_model_end"


def test_errors(gate) -> None:
    """LangChain raises the SDK's own exceptions, in the middle of a stream too."""
    with pytest.raises(openai.NotFoundError, match="'nope' does not exist"):
        chat(gate, "nope").invoke(ASK)
    with pytest.raises(openai.RateLimitError):
        chat(gate, "demo").invoke("[[limen: error 429]] Hello")
    with pytest.raises(openai.APIError):
        list(chat(gate, "demo").stream("[[limen: cut after 3]] Hello there, how are you?"))


def test_a_context_that_is_too_long(gate) -> None:
    """The code that applications look for to shorten a conversation reaches them."""
    with pytest.raises(openai.BadRequestError) as caught:
        chat(gate, "demo").invoke("[[limen: error context-length]] Hello")
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("model", ["demo-text", "text"])
def test_completions(gate, model) -> None:
    """Text goes in, text comes out, whole and streamed."""
    text = OpenAI(model=model, base_url=gate.openai, api_key="not-needed", max_retries=0)
    assert text.invoke(ASK) == SAID
    assert "".join(text.stream(ASK)) == SAID


@pytest.fixture
def vocabulary(monkeypatch) -> None:
    """tiktoken with one token for each byte: it would fetch the vocabulary of `cl100k_base` from its maker's server."""
    ranks = {bytes([number]): number for number in range(256)}
    encoding = tiktoken.Encoding("cl100k_base", pat_str=r"(?s:.)", mergeable_ranks=ranks, special_tokens={})
    monkeypatch.setitem(registry.ENCODINGS, "cl100k_base", encoding)


@pytest.mark.parametrize("model", ["demo-vectors", "vectors", "openai/text-embedding-3-small"])
def test_embeddings_of_tokens(gate, model, vocabulary) -> None:
    """By default LangChain sends lists of token numbers, several for a long text, and asks for base64."""
    embeddings = OpenAIEmbeddings(
        model=model, base_url=gate.openai, api_key="not-needed", max_retries=0, embedding_ctx_length=4
    )
    one, other = embeddings.embed_documents(["ab", "abcdefgh"])
    assert len(one) == len(other) > 0
    if model == "vectors":
        assert one == VECTOR
        [asked] = gate.provider.asked
        assert asked.json["input"] == [[97, 98], [97, 98, 99, 100], [101, 102, 103, 104]]


@pytest.mark.parametrize("model", ["demo-vectors", "vectors", "openai/text-embedding-3-small"])
def test_embeddings_of_texts(gate, model) -> None:
    """`check_embedding_ctx_length=False` sends texts, in as many requests as `chunk_size` says."""
    embeddings = OpenAIEmbeddings(
        model=model,
        base_url=gate.openai,
        api_key="not-needed",
        max_retries=0,
        check_embedding_ctx_length=False,
        chunk_size=2,
    )
    assert len(embeddings.embed_documents(["a", "b", "c"])) == 3
    assert embeddings.embed_query("a") == embeddings.embed_documents(["a"])[0]
    if model == "vectors":
        assert gate.provider.asked[0].json["input"] == ["a", "b"]


@pytest.mark.parametrize("endpoint", ["demo", "chat", "mixed"])
def test_mlflow_chat(gate, endpoint) -> None:
    """`ChatMlflow` asks MLflow's routes; usage is in its metadata."""
    answer = ChatMlflow(endpoint=endpoint, target_uri=gate.url, temperature=0.1).invoke(
        [SystemMessage("Be brief."), HumanMessage(ASK)]
    )
    assert answer.content == SAID
    assert answer.response_metadata["total_tokens"] > 0


async def test_mlflow_chat_async(gate) -> None:
    """From an event loop it asks in threads."""
    model = ChatMlflow(endpoint="mixed", target_uri=gate.url)
    answers = await asyncio.gather(*(model.ainvoke(ASK) for _ in range(4)))
    assert {answer.content for answer in answers} == {SAID}


@pytest.mark.parametrize("endpoint", ["demo", "chat", "mixed"])
def test_mlflow_chat_with_tools(gate, endpoint) -> None:
    """Tools are called through MLflow's routes too."""
    bound = ChatMlflow(endpoint=endpoint, target_uri=gate.url).bind_tools(TOOLS)
    asked = bound.invoke(ASK_TOOLS)
    assert [(call["name"], call["args"]) for call in asked.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Paris"}),
    ]
    results = [own.invoke(call) for own, call in zip(TOOLS, asked.tool_calls, strict=True)]
    after = bound.invoke([HumanMessage(ASK_TOOLS), asked, *results])
    assert "noon in Paris" in after.content


@pytest.mark.parametrize("endpoint", ["demo-text", "text"])
def test_mlflow_completions(gate, endpoint) -> None:
    """`Mlflow` gives text."""
    assert Mlflow(endpoint=endpoint, target_uri=gate.url).invoke(ASK) == SAID


@pytest.mark.parametrize("endpoint", ["demo-vectors", "vectors"])
def test_mlflow_embeddings(gate, endpoint) -> None:
    """`MlflowEmbeddings` gives a vector for each text, twenty in a request."""
    embeddings = MlflowEmbeddings(endpoint=endpoint, target_uri=gate.url)
    vectors = embeddings.embed_documents([f"text {number}" for number in range(25)])
    assert len(vectors) == 25
    assert embeddings.embed_query("text 0") == pytest.approx(vectors[0])
    if endpoint == "vectors":
        assert [len(asked.json["input"]) for asked in gate.provider.asked] == [20, 5, 1]
