"""Google's Gemini API: addresses, keys, names of models."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from gemini_wire import answering, chunk
from limen.errors import BadRequest, NotSupported
from limen.model.content import Text
from limen.model.operation import Operation
from limen.model.request import ChatRequest, EmbeddingRequest, Message
from limen.net.client import Client
from limen.providers.base import ProviderSettings
from limen.providers.gemini import GeminiAdapter, GeminiConfig, GeminiProvider, action, is_batch, model_path
from limen.wire.edit import Fields
from upstream import Asked, Wire, upstream


def provider(model: str | None = "gemini-x", **config: Any) -> GeminiProvider:
    """One with a key."""
    return GeminiProvider(ProviderSettings(model, GeminiConfig.model_validate({"gemini_api_key": "AIza-k", **config})))


@pytest.mark.parametrize(
    ("operation", "stream", "body", "target"),
    [
        (Operation.CHAT, False, b"{}", "/v1beta/models/gemini-x:generateContent"),
        (Operation.CHAT, True, b"{}", "/v1beta/models/gemini-x:streamGenerateContent?alt=sse"),
        (Operation.COUNT_TOKENS, False, b"{}", "/v1beta/models/gemini-x:countTokens"),
        (Operation.EMBEDDINGS, False, b'{"content": {"x": "requests"}}', "/v1beta/models/gemini-x:embedContent"),
        (Operation.EMBEDDINGS, False, b'{ "requests": []}', "/v1beta/models/gemini-x:batchEmbedContents"),
    ],
)
def test_the_path_says_what_is_asked(operation: Operation, stream: bool, body: bytes, target: str) -> None:
    """The key is in a header, never in the address."""
    request = provider().prepare(operation, body, model="gemini-x", stream=stream)
    assert request.target.decode() == target
    assert request.origin.host == "generativelanguage.googleapis.com"
    assert b"x-goog-api-key: AIza-k\r\n" in request.headers
    assert b"AIza" not in request.target
    assert request.body is body


def test_any_server_of_the_dialect_will_do() -> None:
    """Its base may have a path."""
    request = provider(api_base="http://h:8080/proxy/v1/").prepare(Operation.CHAT, b"", model="m", stream=False)
    assert (request.origin.host, request.origin.port) == ("h", 8080)
    assert request.target == b"/proxy/v1/models/m:generateContent"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("m", "models/m"),
        ("models/m", "models/m"),
        ("tunedModels/m-1", "tunedModels/m-1"),
        ("a b?c", "models/a%20b%3Fc"),
    ],
)
def test_names_of_models(model: str, path: str) -> None:
    """With their collection, and without."""
    assert model_path(model) == path


def test_what_there_is_not() -> None:
    """Completions, and a request for no model."""
    with pytest.raises(NotSupported):
        action(Operation.COMPLETIONS, b"", stream=False)
    with pytest.raises(BadRequest):
        provider(None).prepare(Operation.CHAT, b"", model=None, stream=False)
    assert not is_batch(b'{"requests"')


def test_a_key_is_needed() -> None:
    """One that can stand in a header."""
    for config in ({}, {"gemini_api_key": "a b"}, {"gemini_api_key": "k", "api_base": "ftp://x"}):
        with pytest.raises(ValidationError):
            GeminiConfig.model_validate(config)


@pytest.mark.parametrize(
    ("operation", "body", "edited"),
    [
        (Operation.CHAT, {"contents": []}, {"contents": []}),
        (Operation.CHAT, {"contents": [], "model": "ours"}, {"contents": [], "model": "models/real"}),
        (
            Operation.COUNT_TOKENS,
            {"generateContentRequest": {"model": "models/ours", "x": 1.0}},
            {"generateContentRequest": {"model": "models/real", "x": 1.0}},
        ),
        (
            Operation.EMBEDDINGS,
            {"requests": [{"model": "models/ours"}, {}]},
            {"requests": [{"model": "models/real"}, {"model": "models/real"}]},
        ),
        (Operation.EMBEDDINGS, {"requests": "odd"}, {"requests": "odd"}),
    ],
)
def test_a_relayed_body_names_the_real_model(operation: Operation, body: Any, edited: Any) -> None:
    """Where it names one at all; all else goes on byte for byte."""
    fields = Fields.parse(json.dumps(body).encode())
    GeminiAdapter().edit_relay(operation, fields, model="real", stream=False)
    assert json.loads(fields.encode()) == edited
    untouched = Fields.parse(json.dumps(body).encode())
    GeminiAdapter().edit_relay(operation, untouched, model=None, stream=False)
    assert not untouched.changed


async def script(asked: Asked, wire: Wire) -> None:
    """Google's side."""
    if "stream" in asked.target:
        await wire.start_stream()
        await wire.event(chunk({"text": "Hel"}))
        await wire.event(chunk({"text": "lo"}, finishReason="STOP"))
        await wire.end_stream()
    elif "Embed" in asked.target:
        await wire.reply({"embeddings": [{"values": [0.5]}, {"values": [1.5]}]})
    else:
        await wire.reply(answering({"text": "Hello"}))


async def test_it_works_as_a_library() -> None:
    """Whole, streamed, and embeddings in one batch."""
    async with upstream(script) as google:
        config = GeminiConfig.model_validate({"gemini_api_key": "k", "api_base": f"{google.url}/v1beta"})
        client = Client()
        found = GeminiProvider(ProviderSettings("gemini-3-x", config), client)
        request = ChatRequest("", (Message("user", (Text("Hi"),)),), "other")
        assert (await found.chat(request)).choices[0].blocks == (Text("Hello"),)
        texts = [getattr(event, "text", "") async for event in found.chat_stream(request)]
        assert "".join(texts) == "Hello"
        vectors = await found.embeddings(EmbeddingRequest("", ("a", "b"), "other"))
        assert [each.vector for each in vectors.embeddings] == [(0.5,), (1.5,)]
        await client.aclose()
    assert [asked.target.rpartition("/")[2] for asked in google.asked] == [
        "gemini-3-x:generateContent",
        "gemini-3-x:streamGenerateContent?alt=sse",
        "gemini-3-x:batchEmbedContents",
    ]
    assert google.asked[2].json["requests"][0]["model"] == "models/gemini-3-x"
