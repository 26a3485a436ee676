"""JSON Schemas that Anthropic can hold a model to, and the change of others into such.

Every object must be closed, and bounds on numbers, lengths and counts are unknown. What a schema says beyond that is
put into its description, where the model may still heed it, and named as a loss.

Source: platform.claude.com, "Structured outputs", the limits of JSON Schema; recorded refusals.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering

_KEPT = frozenset(
    [
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "allOf",
        "$ref",
        "$defs",
        "definitions",
        "enum",
        "const",
        "title",
        "description",
        "default",
        "format",
        "pattern",
    ]
)
_FORMATS = frozenset(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"])
_TABLES = ("properties", "$defs", "definitions")
_DEEPEST = 100


def fits(schema: Any, depth: int = 0) -> bool:
    """Whether Anthropic takes `schema` as it is."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    if _beyond(schema) or _is_open(schema):
        return False
    inner = [part for key in ("anyOf", "allOf") for part in _list(schema, key)]
    inner += [part for key in _TABLES for part in _table(schema, key).values()]
    if "items" in schema:
        inner.append(schema["items"])
    return all(fits(part, depth + 1) for part in inner)


def closed(schema: Any, rendering: Rendering, where: str, depth: int = 0) -> Any:
    """`schema` as Anthropic takes it; each thing it can't say is noted under the path `where`."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    built = {key: value for key, value in schema.items() if key in _KEPT}
    unsaid = _beyond(schema)
    if "oneOf" in unsaid:
        rendering.lose(f"{where}.oneOf", "said as anyOf")
        built["anyOf"] = unsaid.pop("oneOf")
    _close_parts(built, rendering, where, depth)
    for key in unsaid:
        built.pop(key, None)
        rendering.lose(f"{where}.{key}", "a model can't be held to it here; it stands in the description")
    if unsaid:
        said = [schema["description"]] if isinstance(schema.get("description"), str) else []
        built["description"] = "\n\n".join([*said, encode(unsaid).decode()])
    if _is_open(schema) and "additionalProperties" in schema:
        rendering.lose(f"{where}.additionalProperties", "objects are closed here")
    if _is_open(schema) or "additionalProperties" in schema:
        built["additionalProperties"] = False
    return built


def _close_parts(built: dict[str, Any], rendering: Rendering, where: str, depth: int) -> None:
    """The same for the schemas inside one; in place."""
    for key in ("anyOf", "allOf"):
        if isinstance(built.get(key), list):
            parts = enumerate(built[key])
            built[key] = [closed(part, rendering, f"{where}.{key}[{i}]", depth + 1) for i, part in parts]
    for key in _TABLES:
        if isinstance(built.get(key), dict):
            table = built[key].items()
            built[key] = {name: closed(part, rendering, f"{where}.{key}.{name}", depth + 1) for name, part in table}
    if "items" in built:
        built["items"] = closed(built["items"], rendering, f"{where}.items", depth + 1)


def _beyond(schema: dict[str, Any]) -> dict[str, Any]:
    """What `schema` says that Anthropic has no ear for."""
    unsaid = {key: value for key, value in schema.items() if key not in _KEPT}
    unsaid.pop("additionalProperties", None)
    unsaid.pop("$schema", None)
    if not isinstance(schema.get("description"), str | None):
        unsaid["description"] = schema["description"]
    if unsaid.get("minItems") in (0, 1):
        del unsaid["minItems"]
    kind = schema.get("format")
    if kind is not None and not (isinstance(kind, str) and kind in _FORMATS):
        unsaid["format"] = kind
    return unsaid


def _is_open(schema: dict[str, Any]) -> bool:
    """Whether an object may hold more than is said of it."""
    kind = schema.get("type")
    of_objects = kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema
    return of_objects and schema.get("additionalProperties") is not False


def _list(schema: dict[str, Any], key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []


def _table(schema: dict[str, Any], key: str) -> dict[str, Any]:
    found = schema.get(key)
    return found if isinstance(found, dict) else {}
