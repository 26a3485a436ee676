"""A value that fits a JSON Schema: the demo provider's structured answers and tool arguments.

Pure and deterministic. It takes the schemas that SDKs and agents really write (objects, arrays, unions, enums, references,
bounds, formats); `pattern`, `not`, `if` and `dependentSchemas` are not solved, so there the value may not fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_DEEPEST = 32
_OPTIONAL_DEPTH = 3
_MOST_ITEMS = 100
_FORMATS = {
    "date": "2025-01-01",
    "date-time": "2025-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class Instance:
    """Makes a value for one schema document; references are looked up in it."""

    def __init__(self, schema: Any) -> None:
        self._root = schema

    def value(self, name: str = "demo") -> Any:
        """The value; `name` is what a free string says."""
        return self._value(self._root, name, 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return name
        schema = self._resolved(schema)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("enum", "examples"):
            if isinstance(schema.get(key), Sequence) and schema[key]:
                return schema[key][0]
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), Sequence) and schema[key]:
                branch = self._simplest(schema[key])
                return self._value({**_rest(schema, key), **branch}, name, depth + 1)
        return self._typed(schema, name, depth)

    def _typed(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer":
                return int(_number(schema, whole=True))
            case "number":
                return _number(schema, whole=False)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return _string(schema, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, Mapping) else {}
        required = [key for key in schema.get("required") or () if isinstance(key, str)]
        # Optional properties make the answer worth looking at; deep down they would only make it endless.
        wanted = list(dict.fromkeys([*properties, *required])) if depth < _OPTIONAL_DEPTH else required
        return {key: self._value(properties.get(key, {}), key, depth + 1) for key in wanted}

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        first = schema.get("prefixItems")
        first = list(first) if isinstance(first, Sequence) else []
        least = _bound(schema, "minItems", 0)
        most = _bound(schema, "maxItems", _MOST_ITEMS)
        wanted = max(least, len(first), 1 if depth < _OPTIONAL_DEPTH and schema.get("items") is not None else 0)
        items = []
        for index in range(min(wanted, most, _MOST_ITEMS)):
            item = first[index] if index < len(first) else schema.get("items", {})
            value = self._value(item, name, depth + 1)
            items.append(_different(value, index) if schema.get("uniqueItems") and index else value)
        return items

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """`schema` with its reference followed and its `allOf` folded in."""
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                break
            target = self._look_up(reference)
            schema = {**(target if isinstance(target, Mapping) else {}), **_rest(schema, "$ref")}
        parts = schema.get("allOf")
        if not isinstance(parts, Sequence):
            return schema
        folded = _rest(schema, "allOf")
        for part in parts:
            folded = _fold(folded, self._resolved(part) if isinstance(part, Mapping) else {})
        return folded

    def _look_up(self, reference: str) -> Any:
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def _simplest(self, branches: Sequence[Any]) -> Mapping[str, Any]:
        """The first branch that is something rather than null, and leads to no further reference if another does not."""
        schemas = [branch for branch in branches if isinstance(branch, Mapping)]
        something = [branch for branch in schemas if _type(self._resolved(branch)) != "null"]
        plain = [branch for branch in something if "$ref" not in branch]
        return next(iter([*plain, *something, *schemas]), {})


def _rest(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in schema.items() if k != key}


def _fold(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    folded = {**one, **other}
    for key, both in (("properties", dict), ("required", list)):
        if key in one and key in other:
            folded[key] = {**one[key], **other[key]} if both is dict else [*one[key], *other[key]]
    return folded


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kind = next((k for k in kind if k != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "string"


def _bound(schema: Mapping[str, Any], key: str, default: int) -> int:
    value = schema.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _number(schema: Mapping[str, Any], *, whole: bool) -> float:
    def limit(key: str) -> float | None:
        value = schema.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    step = limit("multipleOf") or 1
    low, above = limit("minimum"), limit("exclusiveMinimum")
    high, below = limit("maximum"), limit("exclusiveMaximum")
    gap = step if whole or limit("multipleOf") else 0.5
    if above is not None:
        low = max(low if low is not None else -math.inf, above + gap)
    if below is not None:
        high = min(high if high is not None else math.inf, below - gap)
    value: float = 1 if low is None else low
    if high is not None and value > high:
        value = high if low is None else (low + high) / 2
    if whole or limit("multipleOf"):
        value = math.ceil(value / step) * step
    return value


def _string(schema: Mapping[str, Any], name: str) -> str:
    text = _FORMATS.get(str(schema.get("format")), name)
    least, most = _bound(schema, "minLength", 0), _bound(schema, "maxLength", 10_000)
    if len(text) < least:
        text = (text or "x") * math.ceil(min(least, 10_000) / len(text or "x"))
        text = text[: max(least, 0)]
    return text[: max(most, 0)]


def _different(value: Any, index: int) -> Any:
    """`value` made unlike its neighbours, where a list asks for that."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value + index
    return f"{value} {index + 1}" if isinstance(value, str) else value
