"""What is sent to an Ollama server."""

from __future__ import annotations

import pytest

from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.openai.chat import OpenAIChat
from limen.model.operation import Operation
from limen.providers.base import BaseProvider, ProviderSettings
from limen.providers.catalog import provider_class
from limen.providers.ollama import OWN_DIALECTS
from limen.wire.edit import Fields


def build(**config: str) -> BaseProvider:
    kind = provider_class("ollama")
    return kind(ProviderSettings("m", kind.CONFIG_TYPE(**config)))


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "/api"])
def test_both_apis_live_under_one_address(end: str) -> None:
    """However its end is written."""
    provider = build(api_base=f"http://box:1/below{end}")
    asked = [("", b"/v1/chat/completions"), *((each.wire, path.encode()) for path, each in OWN_DIALECTS.items())]
    for wire, path in asked:
        request = provider.prepare(Operation.CHAT, b"x", model="m", stream=False, wire=wire)
        assert request.target == b"/below" + path
        assert request.body == b"x"
        assert b"authorization: Bearer ollama" in request.headers


def test_the_usual_address_needs_no_file() -> None:
    """Embeddings too have both paths."""
    provider = build()
    targets = [
        provider.prepare(Operation.EMBEDDINGS, b"", model="m", stream=False, wire=wire).target
        for wire in ("", "openai_embeddings", "ollama_embed", "ollama_embeddings")
    ]
    assert targets == [b"/v1/embeddings", b"/v1/embeddings", b"/api/embed", b"/api/embeddings"]


def test_a_client_of_ollama_is_answered_in_its_own_dialect() -> None:
    """All others are translated to OpenAI's."""
    adapter = build().adapter
    assert isinstance(adapter.dialect(Operation.CHAT, "ollama_chat"), OllamaChat)
    assert adapter.dialect(Operation.CHAT, "ollama_generate").wire == "ollama_generate"
    assert isinstance(adapter.dialect(Operation.CHAT, "anthropic"), OpenAIChat)


def test_the_relay_of_its_own_wires_sets_the_model_alone() -> None:
    """A body that does not say whether to stream goes on without, for Ollama streams by default."""
    adapter = build().adapter
    for wire, sent in (
        ("ollama_chat", '{"model":"real"}'),
        ("openai_chat", '{"model":"real","stream_options":{"include_usage":true}}'),
    ):
        fields = Fields.parse(b'{"model":"x"}')
        adapter.edit_relay(Operation.CHAT, fields, model="real", stream=True, wire=wire)
        assert fields.encode().decode() == sent
