"""The schema for editors agrees with the loader."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ConfigDict

from checking import demo, openai
from limen.config.json_schema import KEY_DESCRIPTION, file_schema
from limen.provider_registry import ProviderRegistry, default_registry
from limen.providers.base import BaseProvider, ProviderConfig

EVERYTHING = f"""
endpoints:
{demo(rest="timeouts: {idle: 30s, total: 5, connect: }, limit: {calls: 0, renewal_period: day}")}
routes: [{{name: r/x, task_type: llm/v1/chat, destinations: [{{name: chat, traffic_percentage: 100}}]}}]
server: {{drain_seconds: 2m, keepalive_comment_seconds: }}
tls: {{default: a, profiles: {{a: {{ca_file: x}}}}}}
"""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return file_schema(default_registry())


def faults(schema: dict[str, Any], text: str) -> list[str]:
    found = jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(text))
    return [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in found]


def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    """Editors can read it: it follows its own draft, and every reference leads somewhere."""
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "text",
    [
        f"endpoints:\n{demo()}",
        openai("{openai_api_key: $KEY}"),
        openai("{openai_api_key: k}").replace("provider: openai", "provider: OpenAI"),
        "endpoints: [{name: a, endpoint_type: llm/v1/chat, model: {provider: some-plug-in, config: {x: 1}}}]",
        "providers: {openai: {openai_api_key: k}, demo: }",
        EVERYTHING,
    ],
)
def test_good_files_pass(schema: dict[str, Any], text: str) -> None:
    """Other spellings of a provider and unknown plug-ins are no mistakes in an editor."""
    assert faults(schema, text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routes: []", "is not valid under any"),
        (f"endpoints:\n{demo(kind='chat')}", "'chat' is not one of"),
        (openai("{}"), "'openai_api_key' is a required property"),
        (openai("{openai_api_key: 5}"), "5 is not of type 'string'"),
        (
            "endpoints: [{name: a, endpoint_type: llm/v1/chat, model: {provider: groq}}]",
            "'config' is a required property",
        ),
        (f"endpoints:\n{demo(rest='limits: 1')}", "'limits' was unexpected"),
        (openai("{openai_api_key: k, openai_api_bas: x}"), "'openai_api_bas' was unexpected"),
        (f"endpoints:\n{demo('a/b')}", "does not match"),
    ],
)
def test_mistakes_are_marked(schema: dict[str, Any], text: str, said: str) -> None:
    """Where they are made; a provider's block by its own rules."""
    assert any(said in fault for fault in faults(schema, text))


def test_keys_say_how_they_can_be_given(schema: dict[str, Any]) -> None:
    """An editor shows it, and does not show the key where it knows the mark."""
    key = schema["$defs"]["OpenAIConfig"]["properties"]["openai_api_key"]
    assert key == {"type": "string", "writeOnly": True, "description": KEY_DESCRIPTION}


def test_plug_ins_are_part_of_it() -> None:
    """Their blocks are checked too; one that can't be described is any mapping, one that does not load is left out."""

    class Foreign:
        pass

    class Config(ProviderConfig):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        thing: Foreign

    class Plain(ProviderConfig):
        acme_url: str

    def broken() -> BaseProvider:
        raise ImportError("no")

    registry = ProviderRegistry()
    registry.register("plain", type("P", (BaseProvider,), {"NAME": "plain", "DISPLAY_NAME": "P", "CONFIG_TYPE": Plain}))
    registry.register("odd", type("O", (BaseProvider,), {"NAME": "odd", "DISPLAY_NAME": "O", "CONFIG_TYPE": Config}))
    registry.register("broken", broken)
    schema = file_schema(registry)
    text = "endpoints: [{name: a, endpoint_type: llm/v1/chat, model: {provider: %s, config: {}}}]"
    assert faults(schema, text % "plain") != []
    assert faults(schema, text % "odd") == faults(schema, text % "broken") == []
