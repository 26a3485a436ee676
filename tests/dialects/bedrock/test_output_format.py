"""Structured output."""

import json
from typing import Any

import pytest

from limen.dialects.bedrock.models import Model
from limen.dialects.bedrock.output_format import put_foreign_format, put_own_format, take_format
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses
from limen.model.request import ResponseFormat


def output(schema: Any, **more: Any) -> dict[str, Any]:
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema, **more}}}}


@pytest.mark.parametrize("text", ['{"type":"object"}', '{ "type": "object" }', "null"])
def test_a_schema_is_read_and_comes_back_as_it_was_spelled(text: str) -> None:
    """The hub has its value, the wire its text."""
    told = output(text, name="n", description="d")
    wanted = take_format(told)
    assert told == {}
    assert wanted is not None
    assert (wanted.schema, wanted.name, wanted.description) == (json.loads(text), "n", "d")
    put_own_format(wanted, told)
    assert told == output(text, name="n", description="d")


def test_what_stands_beside_it_is_left() -> None:
    """For the extra."""
    told = output("{}", new=1)
    assert take_format(told) is not None
    assert told == {"textFormat": {"structure": {"jsonSchema": {"new": 1}}}}


@pytest.mark.parametrize("told", [{}, {"textFormat": {"type": "x"}}, output(3), output("{"), {"textFormat": 1}])
def test_odd_formats_stay(told: dict[str, Any]) -> None:
    """They are none."""
    before = json.dumps(told)
    assert take_format(told) is None
    assert json.dumps(told) == before


def test_others_formats() -> None:
    """A schema is one; an object of any shape is asked for, not held to, and that is named."""
    losses, told = Losses(), dict[str, Any]()
    rendering, model = Rendering("w", "other", losses), Model("other")
    assert put_foreign_format(ResponseFormat("text"), told, rendering, model) == ""
    assert (told, list(losses)) == ({}, [])
    assert "JSON object" in put_foreign_format(ResponseFormat("json_object"), told, rendering, model)
    assert (told, list(losses)) == ({}, ["response_format"])
    wanted = ResponseFormat("json_schema", "n", schema={"type": "object"}, strict=False)
    assert put_foreign_format(wanted, told, rendering, model) == ""
    assert told == output('{"type":"object"}', name="n")
    assert "response_format.strict" in losses


def test_schemas_are_bent_to_the_model() -> None:
    """Claude wants objects closed; a model that can't be held to a schema is told it."""
    losses, told = Losses(), dict[str, Any]()
    rendering = Rendering("w", "other", losses)
    wanted = ResponseFormat("json_schema", schema={"type": "object", "properties": {}})
    put_foreign_format(wanted, told, rendering, Model("claude"))
    schema = json.loads(told["textFormat"]["structure"]["jsonSchema"]["schema"])
    assert schema["additionalProperties"] is False
    asked = put_foreign_format(wanted, told := {}, rendering, Model("nova", structured=False))
    assert (told, '{"type":"object"' in asked) == ({}, True)
