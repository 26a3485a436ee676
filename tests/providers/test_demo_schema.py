"""Values for JSON Schemas: they fit."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field

from limen.providers.demo_schema import Instance


class _Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class _Address(BaseModel):
    model_config = ConfigDict(extra="forbid")
    street: str = Field(min_length=20)
    zip: Annotated[str, Field(max_length=2)]


class _Node(BaseModel):
    name: str
    children: list[_Node] = []
    parent: _Node | None = None


class _Person(BaseModel):
    model_config = ConfigDict(extra="forbid")
    age: int = Field(ge=18, lt=21)
    height: float = Field(gt=1.5, lt=1.6)
    even: int = Field(multiple_of=7, ge=10)
    colour: _Colour
    kind: Literal["a", "b"]
    home: _Address
    other: _Address | None
    born: date
    id: UUID
    tags: set[str] = Field(min_length=3)
    pair: tuple[int, str]
    either: int | str
    tree: _Node
    free: dict[str, Any]
    nothing: None
    yes: bool


def test_a_model_of_everything_validates() -> None:
    """What pydantic asks for (references, unions, bounds, formats, recursion) is given."""
    value = Instance(_Person.model_json_schema()).value()
    person = _Person.model_validate(value)
    assert person.kind == "a"
    assert len(person.tags) == 3


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "demo"),
        (True, "demo"),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"const": 3}, 3),
        ({"enum": ["x", "y"]}, "x"),
        ({"type": "string", "examples": ["Paris"]}, "Paris"),
        ({"type": "integer", "default": 9}, 9),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "exclusiveMinimum": 4}, 5),
        ({"type": "string", "format": "date"}, "2025-01-01"),
        ({"type": "array"}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "uniqueItems": True}, [1, 2]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"properties": {"a": {"type": "boolean"}}}, {"a": True}),
        ({"type": "object", "required": ["b"]}, {"b": "b"}),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
        ({"$ref": "#/$defs/x~1y", "$defs": {"x/y": {"const": 5}}}, 5),
        ({"$ref": "#/missing"}, "demo"),
    ],
)
def test_small_schemas(schema: Any, value: Any) -> None:
    """Each keyword has its say."""
    assert Instance(schema).value() == value


def test_a_schema_that_refers_to_itself_without_end_ends() -> None:
    """A required recursion can't be satisfied; the value stops all the same."""
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    assert isinstance(Instance(schema).value(), dict)
    assert Instance({"$ref": "#"}).value() == "demo"
