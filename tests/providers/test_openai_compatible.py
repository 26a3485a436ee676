"""What is sent to a server that speaks OpenAI's dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest, Message, Sampling
from limen.providers.openai_compatible import OpenAIAdapter, Quirks
from limen.wire.edit import Fields

QUESTION = ChatRequest("gpt", (Message("user", (Text("Hi"),), plain=True),), "openai_chat")


def relay(body: str, quirks: Quirks = Quirks(), *, model: str | None = "real", stream: bool = False) -> str:  # noqa: B008
    fields = Fields.parse(body.encode())
    OpenAIAdapter(quirks).edit_relay(Operation.CHAT, fields, model=model, stream=stream)
    return fields.encode().decode()


@pytest.mark.parametrize(
    ("sent", "stream", "relayed"),
    [
        ('{"model":"x","a":1.0}', False, '{"model":"real","a":1.0}'),
        ('{"a":12345678901234567890123456789012}', False, '{"a":12345678901234567890123456789012,"model":"real"}'),
        ('{"model":"real"}', True, '{"model":"real","stream_options":{"include_usage":true}}'),
        (
            '{"model":"real","stream_options":null}',
            True,
            '{"model":"real","stream_options":{"include_usage":true}}',
        ),
        (
            '{"model":"real","stream_options":{"include_usage":false,"include_obfuscation":false}}',
            True,
            '{"model":"real","stream_options":{"include_usage":true,"include_obfuscation":false}}',
        ),
        ('{"model":"real","stream_options":{"other":1}}', False, '{"model":"real","stream_options":{"other":1}}'),
        ('{"model":"real","stream_options":3}', True, '{"model":"real","stream_options":3}'),
    ],
)
def test_the_relay_changes_model_and_stream_options_only(sent: str, stream: bool, relayed: str) -> None:
    """The model is set, usage is asked for in streams beside what the client asked for, and nothing else changes."""
    assert relay(sent, stream=stream) == relayed


def test_a_body_that_needs_no_change_is_not_written_anew() -> None:
    """The very bytes of the client go on where they are right already."""
    body = '{ "model" : "real",\n "stream_options": {"include_usage":true} }'
    assert relay(body, stream=True) == body
    assert relay('{ "x": 1 }', model=None) == '{ "x": 1 }'


@pytest.mark.parametrize("usage", ["always", "none"])
def test_a_server_that_refuses_stream_options_is_not_sent_them(usage: Any) -> None:
    """Where usage comes unasked, or never, the option is taken out."""
    body = '{"model":"real","stream_options":{"include_usage":true}}'
    assert relay(body, Quirks(stream_usage=usage), stream=True) == '{"model":"real"}'


def test_a_model_named_by_the_url_is_not_in_the_body() -> None:
    """Azure's URL names the deployment."""
    assert relay('{"model":"x","a":1}', Quirks(sends_model=False)) == '{"a":1}'


@pytest.mark.parametrize(
    ("key", "sent", "relayed"),
    [
        ("max_tokens", '{"max_completion_tokens":5}', '{"max_tokens":5}'),
        ("max_tokens", '{"max_tokens":4}', '{"max_tokens":4}'),
        ("max_tokens", '{"max_tokens":4,"max_completion_tokens":5}', '{"max_tokens":4,"max_completion_tokens":5}'),
        ("max_completion_tokens", '{"max_tokens":4}', '{"max_completion_tokens":4}'),
    ],
)
def test_the_bound_on_output_has_the_servers_name(key: str, sent: str, relayed: str) -> None:
    """The two names mean the same; the one that the server takes is used, and nobody guesses where both are given."""
    assert relay(sent, Quirks(max_tokens_key=key), model=None) == relayed


def test_translation_leaves_out_what_is_refused_and_says_so() -> None:
    """A request from another dialect loses what this server would refuse, with a note for each."""
    losses = Losses()
    quirks = Quirks(
        stream_usage="always", max_tokens_key="max_tokens", unsupported=("seed", "user", "metadata", "logit_bias")
    )
    request = ChatRequest(
        "m", QUESTION.messages, "other", sampling=Sampling(seed=1, top_p=0.5), user="u", max_tokens=3,
        max_tokens_key="max_completion_tokens", stream=True, stream_usage=True,
    )  # fmt: skip
    body = json.loads(OpenAIAdapter(quirks).chat_to_model(request, losses))
    assert [name for name, _ in losses.items()] == ["seed", "user"]
    assert body["top_p"] == 0.5
    assert body["max_tokens"] == 3
    assert body["stream"] is True
    assert not {"seed", "user", "stream_options", "max_completion_tokens"} & body.keys()


def test_the_familiar_names_of_an_adapter() -> None:
    """Bodies for each operation; streamed ones ask for usage."""
    adapter, losses = OpenAIAdapter(), Losses()
    chat = json.loads(adapter.chat_streaming_to_model(QUESTION, losses))
    assert chat == {
        "model": "gpt",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    text = CompletionRequest("m", ("Once",), "openai_completions")
    assert json.loads(adapter.completions_to_model(text, losses)) == {"model": "m", "prompt": "Once"}
    assert json.loads(adapter.completions_streaming_to_model(text, losses))["stream_options"] == {"include_usage": True}
    vectors = EmbeddingRequest("m", ("a", "b"), "openai_embeddings")
    assert json.loads(adapter.embeddings_to_model(vectors, losses)) == {"model": "m", "input": ["a", "b"]}
    assert not losses
