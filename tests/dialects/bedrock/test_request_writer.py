"""The request, written."""

from typing import Any

import pytest

from bedrock_wire import CLAUDE, NEW_CLAUDE, NOVA, request_of, written
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import Message, ResponseFormat, Sampling, Tool

USER = Message("user", (Text("hi"),))


def test_what_converse_has_is_written() -> None:
    """Bounds, stops, tier, metadata."""
    body = written(
        request_of(
            USER,
            max_tokens=5,
            stop=("a", ""),
            model=NOVA,
            sampling=Sampling(0.5, 0.9),
            service_tier="priority",
            metadata={"team": "a b", "odd": "ü", "n": 1},
        ),
        losses := Losses(),
    )
    assert body["inferenceConfig"] == {"maxTokens": 5, "temperature": 0.5, "topP": 0.9, "stopSequences": ["a"]}
    assert body["serviceTier"] == {"type": "priority"}
    assert body["requestMetadata"] == {"team": "a b"}
    assert list(losses) == ["stop", "metadata.odd", "metadata.n"]


def test_neither_model_nor_stream_is_in_the_body() -> None:
    """Both are in the path."""
    assert set(written(request_of(USER, stream=True, stream_usage=True))) == {"messages"}


@pytest.mark.parametrize(
    ("model", "fields", "lost"),
    [
        (CLAUDE, {"top_k": 5}, []),
        (NOVA, {"inferenceConfig": {"topK": 5}}, []),
        ("cohere.command-r-v1:0", {"k": 5}, []),
        ("meta.llama3-8b-v1:0", None, ["top_k"]),
    ],
)
def test_top_k_has_a_place_for_each_family(model: str, fields: dict[str, Any] | None, lost: list[str]) -> None:
    """Or none, which is named."""
    losses = Losses()
    body = written(request_of(USER, model=model, sampling=Sampling(top_k=5)), losses)
    assert body.get("additionalModelRequestFields") == fields
    assert list(losses) == lost


def test_what_is_out_of_range_is_brought_into_it() -> None:
    """And named."""
    losses = Losses()
    body = written(request_of(USER, model=NOVA, max_tokens=0, sampling=Sampling(1.7, -1)), losses)
    assert body["inferenceConfig"] == {"maxTokens": 1, "temperature": 1, "topP": 0}
    assert list(losses) == ["max_tokens", "temperature", "top_p"]


def test_what_has_no_place_is_named() -> None:
    """Each by its name."""
    losses = Losses()
    sampling = Sampling(seed=1, presence_penalty=1, frequency_penalty=1, logit_bias={"1": 1}, logprobs=True)
    written(
        request_of(
            USER,
            sampling=sampling,
            n=2,
            user="u",
            modalities=("audio",),
            service_tier="scale",
            parallel_tool_calls=False,
            tools=(Tool("t"),),
        ),
        losses,
    )
    assert set(losses) == {
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "n",
        "user",
        "modalities",
        "service_tier",
        "parallel_tool_calls",
    }
    losses = Losses()
    assert written(request_of(USER, service_tier="auto"), losses)["serviceTier"] == {"type": "default"}
    assert list(losses) == ["service_tier"]


def test_ways_to_pick_tokens_that_a_claude_refuses() -> None:
    """Newer ones take none, and some one of two."""
    losses = Losses()
    body = written(request_of(USER, model=NEW_CLAUDE, sampling=Sampling(0.5, 0.9, 5)), losses)
    assert "inferenceConfig" not in body
    assert list(losses) == ["temperature", "top_p", "top_k"]
    losses = Losses()
    body = written(request_of(USER, sampling=Sampling(0.5, 0.9)), losses)
    assert body["inferenceConfig"] == {"temperature": 0.5}
    assert list(losses) == ["top_p"]


def test_a_format_that_the_model_can_not_be_held_to_is_asked_for() -> None:
    """After the instructions."""
    system, wanted = Message("system", (Text("s"),)), ResponseFormat("json_object")
    body = written(request_of(system, USER, response_format=wanted), Losses())
    assert [block["text"][:6] for block in body["system"]] == ["s", "Answer"]
