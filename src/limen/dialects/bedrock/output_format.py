"""Structured output: ``outputConfig.textFormat``, to and from the hub. The schema is the *text* of a JSON Schema here.

Source: the API reference of OutputFormat and JsonSchemaDefinition.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import extra_of, marks_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.rendering import Rendering
from limen.model.request import ResponseFormat

KEY = "textFormat"
_SPELLED = "schema:"
"""Mark, followed by the schema's text as it was, where it is not what would be written."""


def take_format(output: dict[str, Any]) -> ResponseFormat | None:
    """The format that ``outputConfig`` wants, taken out of it; None where it wants none, or one of unknown shape."""
    told = output.get(KEY)
    if not isinstance(told, dict) or told.get("type") != "json_schema":
        return None
    structure = told.get("structure")
    if not isinstance(structure, dict):
        return None
    definition = structure.get("jsonSchema")
    if not isinstance(definition, dict) or not isinstance(definition.get("schema"), str):
        return None
    text = definition["schema"]
    try:
        schema = decode(text.encode("utf-8", "surrogatepass"))
    except NotJson:
        return None
    marks = [] if encode(schema).decode() == text else [_SPELLED + text]
    name, description = definition.get("name"), definition.get("description")
    rest = {
        key: kept
        for key, kept in definition.items()
        if key != "schema" and not (key in ("name", "description") and isinstance(kept, str))
    }
    del output[KEY]
    if rest or len(told) > 2 or len(structure) > 1:
        more = {key: kept for key, kept in told.items() if key not in ("type", "structure")}
        inner = {key: kept for key, kept in structure.items() if key != "jsonSchema"}
        output[KEY] = {**more, "structure": {**inner, "jsonSchema": rest}}
    return ResponseFormat(
        "json_schema",
        name if isinstance(name, str) else None,
        description if isinstance(description, str) else None,
        schema,
        extra=extra_of({}, *marks),
    )


def put_format(wanted: ResponseFormat, output: dict[str, Any], rendering: Rendering) -> None:
    """Put `wanted` into ``outputConfig``."""
    if wanted.kind != "json_schema" or (wanted.schema is None and not rendering.same):
        if wanted.kind != "text":
            rendering.lose("response_format", "Bedrock can be held to a schema alone")
        return
    spelled = [mark for mark in marks_of(wanted.extra) if mark.startswith(_SPELLED)] if rendering.same else []
    text = spelled[0].removeprefix(_SPELLED) if spelled else encode(wanted.schema).decode()
    definition: dict[str, Any] = {"schema": text}
    if wanted.name is not None:
        definition["name"] = wanted.name
    if wanted.description is not None:
        definition["description"] = wanted.description
    if wanted.strict is False:
        rendering.lose("response_format.strict", "Bedrock always holds the model to the schema")
    rendering.keep({}, wanted.extra if not rendering.same else {}, "response_format")
    output[KEY] = {"type": "json_schema", "structure": {"jsonSchema": definition}}
