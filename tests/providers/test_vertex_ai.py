"""Vertex AI: which dialect, which path, which token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from caller import CHAT, ask
from corpus import recordings
from gateway import gateway
from limen.credentials.store import CredentialStore
from limen.errors import BadRequest
from limen.model.operation import Operation
from limen.net.client import Client
from limen.providers.base import ProviderSettings
from limen.providers.vertex_ai import Family, VertexConfig, VertexProvider, family_of
from limen.wire.edit import Fields
from one_endpoint import one_endpoint
from upstream import Asked, Upstream, Wire, completion, upstream

PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-4-6",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 2},
}
CONTENT = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Hello."}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7},
}


async def vertex(asked: Asked, wire: Wire) -> None:
    """Vertex AI, and Google's token server."""
    if asked.target == "/token":
        await wire.reply({"access_token": "ya29.x", "expires_in": 3600, "token_type": "Bearer"})
    elif "count-tokens" in asked.target:
        await wire.reply({"input_tokens": 9})
    elif "anthropic" in asked.target:
        await wire.reply(MESSAGE)
    elif "openapi" in asked.target:
        await wire.reply(completion("Hello."))
    else:
        await wire.reply(CONTENT)


def block(server: Upstream, **more: Any) -> dict[str, Any]:
    key = {
        "type": "service_account",
        "client_email": "limen@p.iam.gserviceaccount.com",
        "private_key": PEM,
        "token_uri": f"{server.url}/token",
    }
    return {
        "vertex_project": "my-project",
        "vertex_location": "us-east5",
        "vertex_credentials": json.dumps(key),
        "api_base": server.url,
        **more,
    }


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (
            "gemini-2.5-pro",
            "/v1beta1/projects/my-project/locations/us-east5/publishers/google/models/gemini-2.5-pro:generateContent",
        ),
        (
            "claude-opus-4-6@20260205",
            "/v1/projects/my-project/locations/us-east5/publishers/anthropic/models/claude-opus-4-6@20260205:rawPredict",
        ),
        ("meta/llama-4-maas", "/v1/projects/my-project/locations/us-east5/endpoints/openapi/chat/completions"),
    ],
)
async def test_a_model_of_each_family(model: str, target: str) -> None:
    """A client of OpenAI's dialect is served by each; the service account's token comes with the request."""
    async with upstream(vertex) as server:
        async with gateway(one_endpoint("vertex_ai", block(server), model)) as gate:
            told = await ask(gate.port, "POST", "/v1/chat/completions", {"model": "chat", **CHAT})
    assert told.status == 200, told.body
    assert told.json["choices"][0]["message"]["content"] == "Hello."
    bought, asked = server.asked
    assert bought.target == "/token"
    assert asked.target == target
    assert asked.headers["authorization"] == "Bearer ya29.x"
    assert ("model" in asked.json) is (model == "meta/llama-4-maas")
    assert asked.json.get("anthropic_version") == ("vertex-2023-10-16" if "claude" in model else None)


@pytest.mark.parametrize(("betas", "sent"), [(None, "a-1,b-2"), (["a-1"], "a-1"), ("b-2, c-3", "b-2"), ([], None)])
async def test_a_claude_client_is_relayed(betas: Any, sent: str | None) -> None:
    """Its body goes into Vertex' envelope; its betas go on as far as the file lets them."""
    more = {} if betas is None else {"vertex_anthropic_betas": betas}
    body = {"model": "chat", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "odd": {"z": 1}}
    async with upstream(vertex) as server:
        async with gateway(one_endpoint("vertex_ai", block(server, **more), "claude-opus-4-6")) as gate:
            told = await ask(gate.port, "POST", "/v1/messages", body, anthropic_beta="a-1,b-2")
            counted = await ask(gate.port, "POST", "/v1/messages/count_tokens", body)
    assert told.json == MESSAGE
    assert counted.json == {"input_tokens": 9}
    _, asked, counting = server.asked
    assert asked.json == {**{k: v for k, v in body.items() if k != "model"}, "anthropic_version": "vertex-2023-10-16"}
    assert asked.headers.get("anthropic-beta") == sent
    assert counting.target.endswith("/publishers/anthropic/models/count-tokens:rawPredict")
    assert counting.json["model"] == "claude-opus-4-6"


def test_the_family_of_a_name() -> None:
    """Resource names count as the names in them."""
    for name, family in (
        ("gemini-3-pro", Family.GEMINI),
        ("google/gemini-3-pro", Family.GEMINI),
        ("publishers/anthropic/models/claude-opus-4-6", Family.CLAUDE),
        ("claude-3-7-sonnet@20250219", Family.CLAUDE),
        ("deepseek-ai/deepseek-v3.1-maas", Family.OPEN),
        (None, Family.GEMINI),
    ):
        assert family_of(name) is family


@pytest.mark.parametrize(
    ("location", "address"),
    [
        (None, "https://aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
        ("us-east5", "https://us-east5-aiplatform.googleapis.com"),
    ],
)
def test_the_address_of_a_location(location: str | None, address: str) -> None:
    """Regions, the two continents and the whole world."""
    assert VertexConfig(vertex_project="p", vertex_location=location).address == address


def test_what_an_endpoint_of_each_family_can_do() -> None:
    """Embeddings are Gemini's, the count of tokens Gemini's and Claude's."""
    wanted = {"gemini-3-pro": (True, True), "claude-opus-4-6": (False, True), "meta/llama": (False, False)}
    for model, (embeddings, counts) in wanted.items():
        provider = VertexProvider(ProviderSettings(model, VertexConfig(vertex_project="p")))
        assert provider.supports(Operation.CHAT, stream=True)
        assert provider.supports(Operation.EMBEDDINGS, stream=False) is embeddings
        assert provider.supports(Operation.COUNT_TOKENS, stream=False) is counts


def test_a_client_that_chooses_the_model_gets_gemini_s() -> None:
    """Another family needs an endpoint, because its dialect is chosen before the request is read."""
    provider = VertexProvider(ProviderSettings(None, VertexConfig(vertex_project="p")))
    for model, said in ((None, "no model is named"), ("claude-opus-4-6", "an endpoint of its own")):
        with pytest.raises(BadRequest, match=said):
            provider.prepare(Operation.CHAT, b"{}", model=model, stream=False)


def test_no_path_can_be_smuggled_in() -> None:
    """Project and location stand in the path."""
    for wrong in ({"vertex_project": "p/../q"}, {"vertex_project": "p", "vertex_location": "a/b"}):
        with pytest.raises(ValidationError):
            VertexConfig(**wrong)


@pytest.mark.parametrize("stream", [False, True])
async def test_recorded_paths_of_claude(stream: bool) -> None:
    """Where the recordings of Anthropic's SDK went, limen goes."""
    recorded = [each for each in recordings("rawPredict") if each["stream"] is stream]
    for each in recorded:
        model = each["url"].rpartition("/models/")[2].partition(":")[0]
        config = VertexConfig(vertex_project="PROJECT", vertex_location="us-east5")
        provider = VertexProvider(ProviderSettings(model, config))
        body = Fields.parse(json.dumps({**each["request"], "model": "x"}).encode())
        provider.adapter.edit_relay(Operation.CHAT, body, model=model, stream=stream, wire="anthropic")
        provider.source = None
        request = provider.prepare(Operation.CHAT, body.encode(), model=model, stream=stream)
        assert f"{request.origin.host}{request.target.decode()}" == each["url"]
        assert json.loads(request.body) == each["request"]


async def test_one_account_is_one_source() -> None:
    """Two endpoints with the same key share its token."""
    async with upstream(vertex) as server:
        store = CredentialStore(Client())
        config = VertexConfig(**block(server))
        first, second = (
            VertexProvider(ProviderSettings(m, config, credentials=store)) for m in ("gemini-3", "claude-4")
        )
        assert first.source is second.source
        await first.authorize()
        await second.authorize()
        assert len(server.asked) == 1
        await store.aclose()
