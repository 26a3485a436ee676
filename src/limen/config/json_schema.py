"""The JSON Schema of the configuration file, for editors: limen's own part, and the `config:` block of each provider."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, PydanticUserError
from pydantic.json_schema import models_json_schema

from limen.config.schema import ConfigFile
from limen.errors import NotFound
from limen.provider_registry import ProviderRegistry
from limen.providers.base import BaseProvider

DRAFT = "https://json-schema.org/draft/2020-12/schema"
KEY_DESCRIPTION = "The key: $NAME for an environment variable, the path of a file that holds it, or the key itself."
REFERENCE = "#/$defs/{model}"
MODE: Literal["validation"] = "validation"


def file_schema(registry: ProviderRegistry) -> dict[str, Any]:
    """The schema of a file that names providers of `registry`; those that do not load are left out."""
    providers = _loaded(registry)
    types: list[type[BaseModel]] = [ConfigFile, *(provider.CONFIG_TYPE for provider in providers.values())]
    described = [(each, MODE) for each in dict.fromkeys(types) if _can_be_described(each)]
    references, shared = models_json_schema(described, ref_template=REFERENCE)
    definitions = shared["$defs"]
    blocks = {
        name: references.get((provider.CONFIG_TYPE, MODE), {"type": "object"}) for name, provider in providers.items()
    }
    _describe_keys(definitions)
    _tie_model(definitions["ModelPart"], providers, blocks)
    _tie_open_providers(definitions["ConfigFile"], providers, blocks)
    for name in definitions:
        _tidy(definitions[name])
    return {"$schema": DRAFT, **definitions.pop("ConfigFile"), "title": "limen", "$defs": definitions}


def _loaded(registry: ProviderRegistry) -> dict[str, type[BaseProvider]]:
    loaded = {}
    for name in registry.names():
        try:
            loaded[name] = registry.get(name)
        except NotFound:
            continue  # A plug-in that does not load; `limen providers` says why.
    return loaded


def _can_be_described(model: type[BaseModel]) -> bool:
    """A plug-in's block may hold types that JSON Schema has no words for; the rest of the file has."""
    try:
        model.model_json_schema()
    except PydanticUserError:
        return False
    return True


def _tie_model(model: dict[str, Any], providers: dict[str, type[BaseProvider]], blocks: dict[str, Any]) -> None:
    """Let `model.provider` decide what `model.config` may hold. Other spellings of a name are left alone, not refused."""
    known = {"enum": list(providers)}
    provider = model["properties"]["provider"]
    model["properties"]["provider"] = {"description": provider["description"], "anyOf": [known, {"type": "string"}]}
    model["allOf"] = [
        {
            "if": {"properties": {"provider": {"enum": _spellings(name)}}, "required": ["provider"]},
            "then": {
                "properties": {"config": block if provider.CONFIG_REQUIRED else _or_null(block)},
                **({"required": ["config"]} if provider.CONFIG_REQUIRED else {}),
            },
        }
        for (name, provider), block in zip(providers.items(), blocks.values(), strict=True)
    ]


def _tie_open_providers(file: dict[str, Any], providers: dict[str, type[BaseProvider]], blocks: dict[str, Any]) -> None:
    """The same under `providers`, and let them stand in for `endpoints`."""
    given = file["properties"]["providers"]
    properties = {
        name: blocks[name] if provider.CONFIG_REQUIRED else _or_null(blocks[name])
        for name, provider in providers.items()
    }
    file["properties"]["providers"] = {
        "description": given["description"],
        "anyOf": [{"type": "object", "properties": properties}, {"type": "null"}],
    }
    file.pop("required", None)
    file["anyOf"] = [{"required": ["endpoints"]}, {"required": ["providers"]}]


def _spellings(name: str) -> list[str]:
    return list(dict.fromkeys([name, name.replace("-", "_")]))


def _or_null(block: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [block, {"type": "null"}]}


def _describe_keys(schema: Any) -> None:
    """Say at every key how it can be given."""
    if isinstance(schema, dict):
        if schema.get("writeOnly"):
            schema.setdefault("description", KEY_DESCRIPTION)
        for value in schema.values():
            _describe_keys(value)
    elif isinstance(schema, list):
        for value in schema:
            _describe_keys(value)


def _tidy(schema: dict[str, Any]) -> None:
    """Let editors mark unknown keys, and take out the titles that pydantic makes of names, which they show in their place."""
    schema.pop("title", None)
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for value in schema.get("properties", {}).values():
        value.pop("title", None)
