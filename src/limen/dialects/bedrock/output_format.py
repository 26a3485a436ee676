"""Structured output: ``outputConfig.textFormat``, to and from the hub. The schema is the *text* of a JSON Schema here.

Source: the API reference of OutputFormat and JsonSchemaDefinition; AWS, "Get validated JSON results from models".
"""

from __future__ import annotations

from typing import Any

from limen.dialects.anthropic.schema import closed
from limen.dialects.bedrock.models import Model
from limen.dialects.extra import extra_of, marks_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.rendering import Rendering
from limen.model.request import ResponseFormat

KEY = "textFormat"
_ANY_OBJECT = "Answer with one JSON object and with nothing else."
_ANY_MATCH = "Answer with one JSON value that matches this JSON Schema, and with nothing else: "
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


def put_own_format(wanted: ResponseFormat, output: dict[str, Any]) -> None:
    """Put `wanted` back into ``outputConfig`` as this wire had it."""
    spelled = [mark for mark in marks_of(wanted.extra) if mark.startswith(_SPELLED)]
    text = spelled[0].removeprefix(_SPELLED) if spelled else encode(wanted.schema).decode()
    output[KEY] = _text_format(text, wanted)


def put_foreign_format(wanted: ResponseFormat, output: dict[str, Any], rendering: Rendering, model: Model) -> str:
    """Put another dialect's wish into ``outputConfig``; an instruction for a model that can't be held to it, else empty."""
    rendering.keep({}, wanted.extra, "response_format")
    if wanted.kind == "text":
        return ""
    if wanted.kind != "json_schema" or wanted.schema is None or not model.structured:
        rendering.lose("response_format", "the model is asked for it, not held to it")
        return _ANY_OBJECT if wanted.schema is None else _ANY_MATCH + encode(wanted.schema).decode()
    schema = wanted.schema
    if model.family == "claude":
        schema = closed(schema, rendering, "response_format.schema")
    if wanted.strict is False:
        rendering.lose("response_format.strict", "Bedrock always holds the model to the schema")
    output[KEY] = _text_format(encode(schema).decode(), wanted)
    return ""


def _text_format(text: str, wanted: ResponseFormat) -> dict[str, Any]:
    definition: dict[str, Any] = {"schema": text}
    if wanted.name is not None:
        definition["name"] = wanted.name
    if wanted.description is not None:
        definition["description"] = wanted.description
    return {"type": "json_schema", "structure": {"jsonSchema": definition}}
