"""Schemas of OpenAPI, and what Gemini does not hold to."""

from gemini_wire import rendering
from limen.dialects.gemini.schema import name_what_is_not_held_to, to_json_schema


def test_openapi_becomes_json_schema() -> None:
    """Types in small letters, `nullable` as a type, 64-bit counts as numbers; keys in either spelling."""
    schema = {
        "type": "OBJECT",
        "properties": {
            "kind": {"type": "STRING", "enum": ["a"], "nullable": True},
            "any_of": {"any_of": [{"type": "INTEGER"}, {"type": 1}], "type": "TYPE_UNSPECIFIED"},
            "list": {"type": "ARRAY", "items": {"type": "NUMBER"}, "minItems": "2"},
        },
        "propertyOrdering": ["kind"],
    }
    assert to_json_schema(schema) == {
        "type": "object",
        "properties": {
            "kind": {"type": ["string", "null"], "enum": ["a", None]},
            "any_of": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "list": {"type": "array", "items": {"type": "number"}, "minItems": 2},
        },
        "propertyOrdering": ["kind"],
    }


def test_json_schema_stays_json_schema() -> None:
    """A client that wrote it under the old key gets no other meaning."""
    schema = {"$defs": {"a_b": {"type": ["string", "null"]}}, "$ref": "#/$defs/a_b", "additionalProperties": False}
    assert to_json_schema(schema) == schema
    assert to_json_schema(True) is True


def test_constraints_that_gemini_does_not_list_are_named() -> None:
    """Wherever they stand; a property of such a name is none."""
    schema = {
        "type": "object",
        "properties": {"pattern": {"type": "string", "minLength": 1}, "l": {"items": {"const": 1}}},
        "anyOf": [{"not": {}}],
        "$defs": {"d": {"type": "string", "pattern": "x"}},
    }
    found = rendering()
    name_what_is_not_held_to(schema, found, "s")
    assert list(found.losses) == [
        "s.properties.pattern.minLength",
        "s.properties.l.items.const",
        "s.anyOf[0].not",
        "s.$defs.d.pattern",
    ]
    name_what_is_not_held_to(None, found, "t")
