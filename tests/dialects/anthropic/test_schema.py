"""Schemas that Anthropic can hold a model to."""

from typing import Any

from limen.dialects.anthropic.schema import closed, fits
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses


def close(schema: Any) -> tuple[Any, list[str]]:
    losses = Losses()
    found = closed(schema, Rendering("anthropic", "other", losses), "s")
    return found, list(losses)


def test_objects_are_closed_without_a_word_and_opened_ones_with_one() -> None:
    """Most schemas leave it unsaid; one that says otherwise loses something."""
    assert close({"type": "object", "properties": {"a": {"type": "object"}}}) == (
        {
            "type": "object",
            "properties": {"a": {"type": "object", "additionalProperties": False}},
            "additionalProperties": False,
        },
        [],
    )
    assert close({"type": "object", "additionalProperties": True})[1] == ["s.additionalProperties"]


def test_what_cannot_be_enforced_goes_into_the_description() -> None:
    """Bounds on numbers, lengths and counts, formats that are not known."""
    found, lost = close({"type": "integer", "minimum": 1, "description": "How many."})
    assert found == {"type": "integer", "description": 'How many.\n\n{"minimum":1}'}
    assert lost == ["s.minimum"]
    found, lost = close({"type": "array", "items": {"type": "string", "format": "color"}, "minItems": 3})
    assert found["items"] == {"type": "string", "description": '{"format":"color"}'}
    assert close({"type": "string", "format": ["odd"]})[1] == ["s.format"]
    assert lost == ["s.items.format", "s.minItems"]


def test_branches_and_definitions_are_closed_too() -> None:
    """oneOf is said as anyOf; `$ref` stays."""
    schema = {"oneOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "$defs": {"A": {"type": "object"}}, "$schema": "x"}
    found, lost = close(schema)
    assert found == {
        "anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}],
        "$defs": {"A": {"type": "object", "additionalProperties": False}},
    }
    assert lost == ["s.oneOf"]


def test_what_fits() -> None:
    """A tool may be strict only if its schema is taken as it is."""
    assert fits({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False})
    assert not fits({"type": "object", "properties": {}})
    assert not fits({"type": "array", "items": {"type": "integer", "maximum": 3}})
    assert not fits({"anyOf": [{"type": "object"}]})
    assert not fits(None)


def test_a_schema_without_end_is_given_back() -> None:
    """However deep it is nested."""
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(300):
        deep = {"type": "array", "items": deep}
    assert not fits(deep)
    assert closed(deep, Rendering("anthropic", "other", Losses()), "s")["type"] == "array"
