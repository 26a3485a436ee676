"""How to pick tokens, how long to go on, in which form to answer."""

from typing import Any

import pytest

from gemini_wire import DIALECT, asking, dumped, rendering
from limen.dialects.gemini.generation import render_config, take_config
from limen.errors import BadRequest
from limen.model.request import ChatRequest, ResponseFormat, Sampling
from openai_wire import exact, request_again

SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
JSON_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"temperature": 0, "topP": 0.9, "topK": 40.0, "candidateCount": 1, "maxOutputTokens": 5, "seed": 1},
        {"stop_sequences": [], "top_k": 3, "max_output_tokens": "100"},
        {"stopSequences": ["a"], "presencePenalty": -1.5, "frequencyPenalty": 1.0},
        {"responseLogprobs": True, "logprobs": 2},
        {"responseModalities": ["TEXT"]},
        {"responseModalities": ["Text", "image"]},
        {"responseModalities": [1]},
        {"responseMimeType": "application/json"},
        {"responseMimeType": "text/plain"},
        {"responseMimeType": "text/x.enum", "responseSchema": SCHEMA},
        {"response_mime_type": "application/json", "response_schema": SCHEMA},
        {"responseMimeType": "application/json", "responseJsonSchema": JSON_SCHEMA, "responseSchema": SCHEMA},
        {"responseMimeType": "application/json", "_responseJsonSchema": JSON_SCHEMA},
        {"responseJsonSchema": JSON_SCHEMA},
        {"thinkingConfig": {"thinkingBudget": 0}, "thinking_config": 1},
        {"temperature": None},
        {"thinkingConfig": None, "speechConfig": {"x": 1}, "mediaResolution": "LOW", "newThing": [1]},
    ],
    ids=str,
)
def test_configurations_come_back(config: Any) -> None:
    """Numbers and all, under both spellings of the key itself."""
    for key in ("generationConfig", "generation_config"):
        body = asking(**{key: config})
        assert exact(request_again(DIALECT, body)) == exact(body)


def test_the_hubs_fields() -> None:
    """What other dialects can make use of."""
    request: dict[str, Any] = {
        "generationConfig": {
            "topK": 40.0,
            "responseLogprobs": True,
            "logprobs": 2,
            "candidateCount": 3,
            "maxOutputTokens": 9,
            "stopSequences": ["x"],
            "responseModalities": ["TEXT", "IMAGE"],
            "responseMimeType": "application/json",
            "responseSchema": SCHEMA,
        }
    }
    fields = take_config(request)
    assert fields["sampling"] == Sampling(top_k=40, logprobs=True, top_logprobs=2)
    assert (fields["n"], fields["max_tokens"], fields["stop"]) == (3, 9, ("x",))
    assert fields["modalities"] == ("text", "image")
    assert (fields["response_format"].kind, fields["response_format"].schema) == ("json_schema", JSON_SCHEMA)
    assert request == {"generationConfig": {}}


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ([], "generationConfig"),
        ({"temperature": "hot"}, "generationConfig.temperature"),
        ({"maxOutputTokens": True}, "generationConfig.maxOutputTokens"),
        ({"candidateCount": 1.5}, "generationConfig.candidateCount"),
        ({"responseLogprobs": 1}, "generationConfig.responseLogprobs"),
    ],
)
def test_what_the_provider_would_refuse_is_named(config: Any, place: str) -> None:
    """A number is a number."""
    with pytest.raises(BadRequest) as told:
        DIALECT.parse_request(dumped({"contents": [{"parts": []}], "generationConfig": config}))
    assert told.value.param == place


def config_of(**fields: Any) -> tuple[Any, list[str]]:
    """The configuration for another dialect's request, and what is lost."""
    built: dict[str, Any] = {}
    found = rendering()
    render_config(ChatRequest("gemini-3", (), "other", **fields), built, found)
    return built.get("generationConfig"), list(found.losses)


def test_another_dialects_sampling_is_brought_into_range() -> None:
    """What Gemini does not know is named, and so is what was clamped."""
    sampling = Sampling(temperature=3, top_p=0.5, top_k=5, min_p=0.1, logit_bias={"1": 1}, logprobs=4)
    config, lost = config_of(sampling=sampling, max_tokens=7, stop=("a",), n=2, modalities=("text",))
    assert config == {
        "temperature": 2,
        "topP": 0.5,
        "topK": 5,
        "responseLogprobs": True,
        "logprobs": 4,
        "maxOutputTokens": 7,
        "candidateCount": 2,
        "stopSequences": ("a",),
        "responseModalities": ["TEXT"],
    }
    assert lost == ["temperature", "min_p", "logit_bias"]
    assert config_of() == (None, [])


def test_another_dialects_schema_goes_out_untouched() -> None:
    """As JSON Schema, which Gemini takes; a name means nothing to it."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}, "additionalProperties": False}
    config, lost = config_of(response_format=ResponseFormat("json_schema", "n", "d", schema, strict=True))
    assert config == {"responseMimeType": "application/json", "responseJsonSchema": schema}
    assert lost == [
        "response_format.schema.properties.a.pattern",
        "response_format.name",
        "response_format.description",
        "response_format.strict",
    ]
    assert config_of(response_format=ResponseFormat("json_object")) == ({"responseMimeType": "application/json"}, [])
    assert config_of(response_format=ResponseFormat("text")) == ({"responseMimeType": "text/plain"}, [])
    assert config_of(response_format=ResponseFormat("grammar")) == (None, ["response_format"])
