"""Schemas: Gemini's subset of OpenAPI as JSON Schema, and what Gemini does not hold to of a JSON Schema.

``parameters`` and ``responseSchema`` are OpenAPI's ("STRING", `nullable`); ``parametersJsonSchema`` and
``responseJsonSchema`` take JSON Schema as it is. Of the latter the reference of ``GenerationConfig`` lists the keywords that
have an effect; recorded answers show that others are taken, too. So a foreign schema goes out untouched, and a constraint
that is not on the list is named.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.gemini.spelling import camel
from limen.dialects.rendering import Rendering

_TYPES = {1: "string", 2: "number", 3: "integer", 4: "boolean", 5: "array", 6: "object", 7: "null"}
"""The numbers of the enumeration `Type`, which clients with ``enum-encoding=int`` send."""
_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_MAPS = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_NOT_HELD_TO = frozenset(
    (
        "const",
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "pattern",
        "minLength",
        "maxLength",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "unevaluatedItems",
    )
)


def to_json_schema(schema: Any) -> Any:
    """An OpenAPI schema of Gemini's as JSON Schema; a schema that is one already comes back equal."""
    if not isinstance(schema, dict):
        return schema
    built: dict[str, Any] = {}
    for key, value in schema.items():
        name = key if key[:1] == "$" else camel(key)
        if name in _MAPS and isinstance(value, dict):
            built[name] = {each: to_json_schema(inner) for each, inner in value.items()}
        elif name in _LISTS and isinstance(value, list):
            built[name] = [to_json_schema(inner) for inner in value]
        elif name in _SCHEMAS:
            built[name] = to_json_schema(value)
        elif name in _COUNTS and isinstance(value, str) and value.isdecimal():
            built[name] = int(value)  # 64-bit numbers are strings in Google's JSON.
        elif name != "nullable":
            built[name] = value
    _put_type(built, nullable=schema.get("nullable") is True)
    return built


def _put_type(built: dict[str, Any], *, nullable: bool) -> None:
    kind = built.get("type")
    if isinstance(kind, int) and not isinstance(kind, bool):
        kind = _TYPES.get(kind)
    if isinstance(kind, str) and kind != "TYPE_UNSPECIFIED":
        built["type"] = [kind.lower(), "null"] if nullable else kind.lower()
    elif kind is None or kind == "TYPE_UNSPECIFIED":
        built.pop("type", None)
    if nullable and isinstance(built.get("enum"), list) and None not in built["enum"]:
        built["enum"] = [*built["enum"], None]


def name_what_is_not_held_to(schema: Any, rendering: Rendering, where: str) -> None:
    """Note the constraints of a JSON Schema that Gemini does not list among those it takes; they are sent all the same."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key in _NOT_HELD_TO:
            rendering.lose(f"{where}.{key}", "sent, but Gemini does not say that it holds to it")
        elif key in _MAPS and isinstance(value, dict):
            for name, inner in value.items():
                name_what_is_not_held_to(inner, rendering, f"{where}.{key}.{name}")
        elif key in _LISTS and isinstance(value, list):
            for index, inner in enumerate(value):
                name_what_is_not_held_to(inner, rendering, f"{where}.{key}[{index}]")
        elif key in _SCHEMAS:
            name_what_is_not_held_to(value, rendering, f"{where}.{key}")
