"""Google's own SDK as the client of what limen renders in its dialect, and its own types as a judge."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from background import BackgroundProvider
from corpus import bodies, streams
from gemini_wire import rendered
from limen.dialects.gemini.array import GeminiArray
from limen.dialects.gemini.chat import GeminiChat
from limen.dialects.gemini.count_tokens import GeminiCountTokens
from limen.dialects.gemini.embeddings import GeminiEmbedContent, GeminiEmbeddings
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import LimitExceeded, Overloaded
from limen.model.content import Proof, Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice, Embedding, EmbeddingResponse
from limen.model.token_count import TokenCount
from limen.model.usage import Usage
from openai_wire import events as openai_events
from upstream import Asked, Wire

GEMINI = GeminiChat()
OPENAI = OpenAIChat()


async def nothing(asked: Asked, wire: Wire) -> None:
    """Answers every request with an error."""
    await wire.reply({}, 500)


@pytest.fixture(scope="module")
def google() -> Iterator[BackgroundProvider]:
    """A server that follows a script."""
    with BackgroundProvider(nothing) as found:
        yield found


@pytest.fixture(scope="module")
def client(google: BackgroundProvider) -> Iterator[genai.Client]:
    """The SDK, which must not find a key of someone's."""
    os.environ.pop("GOOGLE_API_KEY", None)
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=google.url))
    yield client
    client.close()


def answers(google: BackgroundProvider, body: bytes, status: int = 200) -> None:
    """Let the server give a whole reply."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.reply(body, status)

    google.play(script)


def streams_out(google: BackgroundProvider, *pieces: bytes) -> None:
    """Let the server stream, piece by piece."""

    async def script(asked: Asked, wire: Wire) -> None:
        await wire.start_stream()
        for piece in pieces:
            await wire.chunk(piece)
        await wire.end_stream()

    google.play(script)


ANSWER = ChatResponse(
    "msg_1",
    "claude",
    (
        Choice(
            0,
            (
                Thinking("Hm.", Proof("anthropic", "sig")),
                Text("Hello"),
                ToolCall("toolu_1", "weather", '{"city": "Oslo"}', proof=Proof("openai_responses", "enc", "rs_1")),
            ),
            "tool_calls",
            "tool_use",
        ),
    ),
    "other",
    Usage(input_uncached=5, input_cache_read=2, output_text=3, output_reasoning=4, dialect="other"),
    1767323045,
)


def test_a_full_answer(google: BackgroundProvider, client: genai.Client) -> None:
    """Text, thoughts, calls, usage: the SDK finds each in its place."""
    answers(google, GEMINI.render_response(ANSWER, Losses()))
    found = client.models.generate_content(model="m", contents="Hi")
    assert found.text == "Hello"
    assert found.function_calls is not None
    assert (found.function_calls[0].id, found.function_calls[0].args) == ("toolu_1", {"city": "Oslo"})
    assert found.usage_metadata is not None
    assert (found.usage_metadata.prompt_token_count, found.usage_metadata.thoughts_token_count) == (7, 4)
    assert (found.model_version, found.response_id) == ("claude", "msg_1")
    parts = found.candidates[0].content.parts  # type: ignore[index, union-attr]
    assert [bool(part.thought) for part in parts or ()] == [True, False, False]


def test_other_providers_proofs_come_back_from_the_sdk(google: BackgroundProvider, client: genai.Client) -> None:
    """It decodes them to bytes and encodes them again: what the next request brings is the same proofs."""
    answers(google, GEMINI.render_response(ANSWER, Losses()))
    found = client.models.generate_content(model="m", contents="Hi")
    turn = found.candidates[0].content  # type: ignore[index]
    result = types.Part.from_function_response(name="weather", response={"result": "rain"})
    history: Any = ["Hi", turn, types.Content(role="user", parts=[result])]
    client.models.generate_content(model="m", contents=history)
    request = GEMINI.parse_request(google.asked[-1].body)
    thought, text, call = request.messages[1].blocks
    assert (thought, text) == (Thinking("Hm.", Proof("anthropic", "sig")), Text("Hello"))
    assert isinstance(call, ToolCall)
    assert (call.id, call.proof) == ("toolu_1", Proof("openai_responses", "enc", "rs_1"))
    assert request.messages[2].blocks[0].call_id == "toolu_1"  # type: ignore[union-attr]


def test_what_the_sdk_asks_is_understood(google: BackgroundProvider, client: genai.Client) -> None:
    """Tools from functions, schemas from types, settings: nothing is left to the unknown."""

    def weather(city: str, days: int = 1) -> str:
        """The weather of a city."""
        return "rain"

    answers(google, GEMINI.render_response(ANSWER, Losses()))
    config = types.GenerateContentConfig(
        system_instruction="Be brief.",
        tools=[weather],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        temperature=0.5,
        top_k=4,
        stop_sequences=["x"],
        thinking_config=types.ThinkingConfig(thinking_budget=100, include_thoughts=True),
    )
    client.models.generate_content(model="m", contents="Hi", config=config)
    body = google.asked[-1].body
    request = GEMINI.parse_request(body)
    assert [message.role for message in request.messages] == ["system", "user"]
    assert request.tools is not None
    assert request.tools[0].parameters["properties"]["city"]["type"] == "string"
    assert (request.sampling.temperature, request.sampling.top_k, request.stop) == (0.5, 4, ("x",))
    assert request.reasoning is not None
    assert request.reasoning.budget == 100
    losses = Losses()
    OPENAI.render_request(request, losses)
    assert set(losses) == {"top_k", "reasoning.budget", "reasoning.summary", "tools[0].response_json_schema"}


def test_a_stream(google: BackgroundProvider, client: genai.Client) -> None:
    """Recorded streams of OpenAI's, rendered: the SDK adds them up to the same text, calls and counts."""
    for name, data in streams("chat")[:60]:
        found = openai_events(OPENAI, data)
        streams_out(google, rendered(found))
        texts, calls, last = [], [], None
        for chunk in client.models.generate_content_stream(model="m", contents="Hi"):
            parts = chunk.candidates[0].content.parts if chunk.candidates else ()  # type: ignore[union-attr]
            texts += [part.text for part in parts or () if part.text and not part.thought]
            calls += [call.name for call in chunk.function_calls or ()]
            last = chunk
        deltas = {}
        for event in found:
            if hasattr(event, "shell"):
                deltas[event.choice, event.block] = event.shell
        said = [
            event.text
            for event in found
            if hasattr(event, "block")
            and hasattr(event, "text")
            and isinstance(deltas[event.choice, event.block], Text)
        ]
        assert "".join(texts) == "".join(said), name
        assert calls == [shell.name for shell in deltas.values() if isinstance(shell, ToolCall)], name
        assert last is not None


def test_errors(google: BackgroundProvider, client: genai.Client) -> None:
    """Before an answer and inside one, the SDK raises what it raises for Google's own."""
    answers(google, GEMINI.render_error(LimitExceeded("slow down", retry_after=3)), 429)
    with pytest.raises(errors.ClientError) as told:
        client.models.generate_content(model="m", contents="Hi")
    assert (told.value.code, told.value.status, told.value.message) == (429, "RESOURCE_EXHAUSTED", "slow down")
    begun = b'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}]}\r\n\r\n'
    streams_out(google, begun, GEMINI.render_error_event(Overloaded("busy {")))
    with pytest.raises(errors.ServerError) as broken:
        list(client.models.generate_content_stream(model="m", contents="Hi"))
    assert (broken.value.code, broken.value.message) == (503, "busy {")


def test_counts_and_vectors(google: BackgroundProvider, client: genai.Client) -> None:
    """The other two operations."""
    answers(google, GeminiCountTokens().render_response(TokenCount(7, "other"), Losses()))
    assert client.models.count_tokens(model="m", contents="Hi").total_tokens == 7
    assert GeminiCountTokens().parse_request(google.asked[-1].body).messages
    vectors = EmbeddingResponse("m", (Embedding(0, (0.5, 1.0)),), "other")
    for dialect in (GeminiEmbeddings(), GeminiEmbedContent()):
        if (dialect.name == "gemini_embed_content") == _asks_for_one(google, client):
            answers(google, dialect.render_response(vectors, Losses()))
            found = client.models.embed_content(model="text-embedding-004", contents="Hi").embeddings
            assert found is not None
            assert found[0].values == [0.5, 1.0]
            assert GeminiEmbeddings().parse_request(google.asked[-1].body).inputs == ("Hi",)


def _asks_for_one(google: BackgroundProvider, client: genai.Client) -> bool:
    """Which of the two forms this version of the SDK uses."""
    answers(google, b'{"embeddings": [], "embedding": {"values": []}}')
    client.models.embed_content(model="text-embedding-004", contents="Hi")
    return google.asked[-1].target.partition("?")[0].endswith(":embedContent")


def test_rendered_answers_satisfy_the_sdks_types() -> None:
    """Every recorded answer of OpenAI's, in Gemini's words, is one to Google's own types, whole and as an array."""
    for name, body in bodies("chat", "response")[:400]:
        answer = GEMINI.render_response(OPENAI.parse_response(body), Losses())
        types.GenerateContentResponse.model_validate_json(answer)
        assert name
    for _, data in streams("chat")[:40]:
        for element in json.loads(rendered(openai_events(OPENAI, data), GeminiArray())):
            types.GenerateContentResponse.model_validate(element)
