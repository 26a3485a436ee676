"""The catalog: every row becomes a provider that can be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from limen.model.content import Thinking, ToolCall
from limen.model.http import Origin
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, Message
from limen.providers.base import BaseProvider, ProviderSettings
from limen.providers.catalog import provider_class, register, rows
from limen.providers.openai_compatible import PATHS
from limen.wire.edit import Fields

WANTED = [
    "groq",
    "deepseek",
    "xai",
    "openrouter",
    "ollama",
    "mistral",
    "togetherai",
    "fireworks",
    "cerebras",
    "perplexity",
    "nvidia-nim",
    "sambanova",
    "huggingface",
    "moonshot",
    "zai",
    "dashscope",
    "vllm",
    "lm-studio",
    "llama-cpp",
]


def build(name: str, model: str | None = "m", **config: Any) -> BaseProvider:
    kind = provider_class(name)
    if rows()[name].key == "required":
        config.setdefault(rows()[name].key_field, "key-1")
    if rows()[name].base_url is None:
        config.setdefault(rows()[name].base_field, "http://localhost:1/v1")
    config = {**dict.fromkeys(rows()[name].places, "here"), **config}
    return kind(ProviderSettings(model, kind.CONFIG_TYPE(**config)))


def test_the_catalog_has_the_providers_it_should() -> None:
    """Those that users of MLflow's gateway, of the big aggregators and of local servers expect."""
    assert set(WANTED) <= rows().keys()


@pytest.mark.parametrize("name", rows())
def test_every_row_is_whole(name: str) -> None:
    """A row has a provider's name, its sources and its documentation, and makes requests that can be sent."""
    row, provider = rows()[name], build(name)
    assert name == name.lower().replace("_", "-")
    assert row.sources
    assert row.docs.startswith("https://") or name == "openai-compatible"
    assert name == provider.NAME
    assert provider.DISPLAY_NAME
    assert provider.KEY_FIELD in provider.CONFIG_TYPE.model_fields
    assert {row.base_field, "stream_usage"} <= provider.CONFIG_TYPE.model_fields.keys()
    assert Operation.EMBEDDINGS not in provider.STREAMS
    for operation in provider.OPERATIONS:
        request = provider.prepare(operation, b"{}", model="m", stream=False)
        assert request.method == b"POST"
        assert not request.target.startswith(b"//")
    assert provider is not build(name)
    assert type(provider) is type(build(name))


@pytest.mark.parametrize("name", rows())
def test_every_row_takes_an_api_base(name: str) -> None:
    """Under the file's own address every operation is open."""
    row = rows()[name]
    moved = build(name, **{row.base_field: "http://127.0.0.1:8123/proxy"})
    request = moved.prepare(Operation.EMBEDDINGS, b"{}", model=None, stream=False)
    assert request.origin == Origin("http", "127.0.0.1", 8123)
    below_v1 = row.own_api == "ollama" or row.base_ends == "/v1"
    assert request.target == (b"/proxy/v1/embeddings" if below_v1 else b"/proxy/embeddings")
    assert all(moved.supports(operation, stream=False) for operation in PATHS)
    assert moved.supports(Operation.CHAT, stream=True)
    assert not moved.supports(Operation.EMBEDDINGS, stream=True)


def test_an_address_may_have_places() -> None:
    """An account's id stands in the URL; without it the whole address must be given."""
    kind = provider_class("cloudflare")
    request = build("cloudflare", account_id="acc-1").prepare(Operation.CHAT, b"{}", model="m", stream=False)
    assert request.target == b"/client/v4/accounts/acc-1/ai/v1/chat/completions"
    with pytest.raises(ValidationError, match="give 'account_id', or the whole address as 'api_base'"):
        kind.CONFIG_TYPE(api_key="k")
    with pytest.raises(ValidationError, match="pattern"):
        kind.CONFIG_TYPE(api_key="k", account_id="a/../b")


def test_an_address_may_need_an_end() -> None:
    """The server's own URL, as MLflow has it, and the one with OpenAI's part in it, are the same."""
    for url in ("http://tgi.test:8080", "http://tgi.test:8080/v1"):
        tgi = build("huggingface-text-generation-inference", hf_server_url=url)
        assert tgi.prepare(Operation.COMPLETIONS, b"{}", model="m", stream=False).target == b"/v1/completions"


def test_thoughts_go_back_where_the_provider_wants_them() -> None:
    """In a loop of tool calls DeepSeek refuses a turn without the thoughts that led to it; OpenAI knows no such member."""
    thought = Message("assistant", (Thinking("hm"), ToolCall("c1", "f", "{}")))
    request = ChatRequest(model="m", messages=(thought,), dialect="anthropic")
    for name, key in (("deepseek", "reasoning_content"), ("zai", "reasoning_content"), ("groq", None)):
        sent = json.loads(build(name).adapter.chat_to_model(request, Losses()))["messages"][0]
        assert sent.get("reasoning_content") == ("hm" if key else None), name


def test_what_a_row_does_not_offer_is_not_supported() -> None:
    """Groq has no embeddings at its own address."""
    assert not build("groq").supports(Operation.EMBEDDINGS, stream=False)
    assert build("groq").supports(Operation.CHAT, stream=True)


@pytest.mark.parametrize(
    ("name", "config", "credentials"),
    [
        ("groq", {"api_key": "g"}, b"authorization: Bearer g\r\n"),
        ("mistral", {"mistral_api_key": "m"}, b"authorization: Bearer m\r\n"),
        ("togetherai", {"togetherai_api_key": "t"}, b"authorization: Bearer t\r\n"),
        ("ollama", {}, b"authorization: Bearer ollama\r\n"),
        ("vllm", {"api_key": "v"}, b"authorization: Bearer v\r\n"),
        ("vllm", {}, b""),
    ],
)
def test_credentials(name: str, config: dict[str, str], credentials: bytes) -> None:
    """Each key has its field; a local server needs none, and then no header is sent."""
    request = build(name, **config).prepare(Operation.CHAT, b"", model=None, stream=False)
    assert request.headers.endswith(credentials)
    assert (b"authorization" in request.headers) is bool(credentials)


def test_what_a_block_must_have() -> None:
    """A key where one is needed, an address where there is no usual one; neither message shows a secret."""
    for name, config in (("groq", {}), ("openai-compatible", {}), ("groq", {"api_key": "a b"})):
        with pytest.raises(ValidationError):
            provider_class(name).CONFIG_TYPE(**config)
    assert not provider_class("ollama").CONFIG_REQUIRED
    assert provider_class("groq").CONFIG_REQUIRED
    assert provider_class("openai-compatible").CONFIG_REQUIRED


def test_mistral_is_spoken_to_in_its_own_way() -> None:
    """It refuses `stream_options` and knows the bound on output by one name only."""
    fields = Fields.parse(b'{"stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":5}')
    build("mistral").adapter.edit_relay(Operation.CHAT, fields, model="m", stream=True)
    assert json.loads(fields.encode()) == {"stream": True, "model": "m", "max_tokens": 5}


def test_the_file_may_say_how_usage_comes() -> None:
    """`stream_usage` overrules the row, for servers behind an `api_base` that differ."""
    fields = Fields.parse(b"{}")
    build("vllm", stream_usage="none").adapter.edit_relay(Operation.CHAT, fields, model=None, stream=True)
    assert fields.encode() == b"{}"


def test_rows_are_registered_without_being_made() -> None:
    """The catalog registers a loader for each row."""

    class Book(dict[str, Any]):
        def register(self, name: str, provider: Any) -> None:
            self[name] = provider

    book = Book()
    register(book)
    assert book.keys() == rows().keys()
    assert book["xai"]() is provider_class("xai")


@pytest.mark.parametrize(
    ("recording", "name"),
    [
        ("groq.chat", "groq"),
        ("deepseek.chat", "deepseek"),
        ("xai.chat", "xai"),
        ("openrouter.chat", "openrouter"),
        ("openrouter.embeddings", "openrouter"),
        ("mistral.chat", "mistral"),
        ("together.completions", "togetherai"),
        ("cerebras.chat", "cerebras"),
        ("perplexity.chat", "perplexity"),
        ("huggingface.chat", "huggingface"),
        ("zai.chat", "zai"),
        ("venice.embeddings", "venice"),
        ("vercel.chat", "vercel-ai-gateway"),
    ],
)
def test_addresses_are_those_that_were_recorded(recording: str, name: str, corpus: Path) -> None:
    """Recorded traffic went to the very URL that the row makes."""
    recorded = {json.loads(line)["url"] for line in (corpus / f"{recording}.jsonl").read_bytes().splitlines()}
    request = build(name).prepare(Operation(recording.split(".")[1]), b"", model=None, stream=False)
    assert f"{request.origin.authority}{request.target.decode()}" in recorded


def test_responses_go_to_their_own_path() -> None:
    """Where the row says so, or the file: relayed with the model set, streamed or not; else such a request is translated."""
    for name in (
        "deepseek",
        "xai",
        "openrouter",
        "groq",
        "vllm",
        "ollama",
        "lm-studio",
        "llama-cpp",
        "huggingface",
        "fireworks",
    ):
        provider = build(name)
        assert provider.adapter.dialect(Operation.CHAT, "openai_responses").wire == "openai_responses"
        for stream in (False, True):
            request = provider.prepare(Operation.CHAT, b"{}", model="m", stream=stream, wire="openai_responses")
            assert request.target.endswith(b"/responses"), name
            assert provider.prepare(Operation.CHAT, b"{}", model="m", stream=stream).target.endswith(
                b"/chat/completions"
            )
    told = build("openai-compatible", responses=True)
    fields = Fields.parse(b'{"model":"a","input":"Hi"}')
    told.adapter.edit_relay(Operation.CHAT, fields, model="m", stream=True, wire="openai_responses")
    assert fields.encode() == b'{"model":"m","input":"Hi"}'
    for silent in (build("mistral"), build("xai", responses=False)):
        assert silent.adapter.dialect(Operation.CHAT, "openai_responses").wire == "openai_chat"
