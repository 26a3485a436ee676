"""Cohere as a provider."""

import json

import pytest

from limen.dialects.cohere.chat import CohereChat
from limen.dialects.openai.chat import OpenAIChat
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.base import ProviderSettings
from limen.providers.cohere import CohereConfig, CohereProvider
from limen.wire.edit import Fields


def build(**config: str) -> CohereProvider:
    return CohereProvider(ProviderSettings("command-a", CohereConfig(cohere_api_key=Secret("k"), **config)))


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v2", "/v2/"])
def test_an_address_may_end_with_a_version_or_not(end: str) -> None:
    """Version 2 is what is spoken."""
    provider = build(api_base=f"https://host{end}")
    asked = (Operation.CHAT, Operation.EMBEDDINGS, Operation.RERANK)
    targets = [provider.prepare(each, b"", model="m", stream=False).target for each in asked]
    assert targets == [b"/v2/chat", b"/v2/embed", b"/v2/rerank"]


def test_the_usual_address() -> None:
    """Over TLS, with the key."""
    request = build().prepare(Operation.CHAT, b"x", model="m", stream=True)
    assert (request.origin.scheme, request.origin.host, request.origin.port) == ("https", "api.cohere.com", 443)
    assert b"authorization: Bearer k\r\n" in request.headers


def test_only_chat_is_streamed() -> None:
    """And there are no completions."""
    provider = build()
    assert provider.supports(Operation.CHAT, stream=True)
    assert not provider.supports(Operation.RERANK, stream=True)
    assert not provider.supports(Operation.COMPLETIONS, stream=False)


def test_clients_of_cohere_are_relayed_and_others_translated() -> None:
    """The model is set in both."""
    adapter = build().adapter
    assert isinstance(adapter.dialect(Operation.CHAT, "cohere"), CohereChat)
    fields = Fields.parse(b'{"model":"x","messages":[]}')
    adapter.edit_relay(Operation.CHAT, fields, model="command-a", stream=True, wire="cohere")
    assert fields.encode() == b'{"model":"command-a","messages":[]}'
    request = OpenAIChat().parse_request(b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"top_p":0.5}')
    assert json.loads(adapter.chat_streaming_to_model(request, Losses())) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "p": 0.5,
        "stream": True,
    }
