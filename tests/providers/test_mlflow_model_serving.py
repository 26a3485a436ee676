"""A model served by MLflow, as a provider."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from limen.errors import NotSupported
from limen.model.content import Text
from limen.model.http import Origin
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest, Message, Sampling
from limen.net.client import Client
from limen.providers.base import ProviderSettings
from limen.providers.mlflow_model_serving import MlflowModelServingConfig, MlflowModelServingProvider
from upstream import Asked, Wire, upstream


def provider(url: str, client: Client | None = None) -> MlflowModelServingProvider:
    return MlflowModelServingProvider(ProviderSettings("st", MlflowModelServingConfig(model_server_url=url)), client)


def test_every_operation_goes_to_invocations() -> None:
    """One address, no credentials."""
    request = provider("http://127.0.0.1:5001/").prepare(Operation.CHAT, b"{}", model=None, stream=False)
    assert request.origin == Origin("http", "127.0.0.1", 5001)
    assert request.target == b"/invocations"
    assert b"authorization" not in request.headers
    with pytest.raises(ValidationError):
        MlflowModelServingConfig()  # type: ignore[call-arg]


async def test_over_http() -> None:
    """The three operations against a server that answers as MLflow's does."""

    async def serve(asked: Asked, wire: Wire) -> None:
        inputs = asked.json["inputs"]
        made = [[0.5, 1]] * len(inputs) if inputs == ["a", "b"] else [f"{text}!" for text in inputs]
        await wire.reply({"predictions": made})

    async with upstream(serve) as server:
        client = Client()
        served = provider(server.url, client)
        question = ChatRequest(
            "x", (Message("user", (Text("Hi"),)),), "openai_chat", sampling=Sampling(temperature=0.5)
        )
        chat = await served.chat(question)
        text = await served.completions(CompletionRequest("x", ("one", "two"), "openai_completions", plain=False))
        vectors = await served.embeddings(EmbeddingRequest("x", ("a", "b"), "openai_embeddings"))
        await client.aclose()
    assert server.asked[0].json == {"inputs": ["Hi"], "params": {"temperature": 0.5}}
    assert (chat.model, chat.choices[0].blocks) == ("st", (Text("Hi!"),))
    assert [choice.blocks for choice in text.choices] == [(Text("one!"),), (Text("two!"),)]
    assert [item.vector for item in vectors.embeddings] == [(0.5, 1.0), (0.5, 1.0)]


def test_nothing_is_streamed() -> None:
    """A stream is refused before anything is sent."""
    served = provider("http://127.0.0.1:5001")
    assert not served.supports(Operation.CHAT, stream=True)
    with pytest.raises(NotSupported):
        served.chat_stream(ChatRequest("x", (Message("user", (Text("Hi"),)),), "openai_chat"))
