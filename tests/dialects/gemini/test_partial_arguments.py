"""Arguments that arrive in pieces."""

import json
from typing import Any

import pytest

from limen.dialects.gemini.partial_arguments import PartialCall


def put_together(*pieces: dict[str, Any]) -> Any:
    """The arguments of a call of these pieces."""
    call = PartialCall()
    for piece in pieces:
        call.add({"partialArgs": [piece], "willContinue": True})
    return json.loads(call.text())


def test_strings_grow_and_places_are_made() -> None:
    """Names, indices, quoted names."""
    assert put_together(
        {"jsonPath": "$.a.list[0].name", "stringValue": "on"},
        {"jsonPath": "$.a.list[0].name", "stringValue": "e"},
        {"jsonPath": "$.a.list[1].name", "stringValue": "two"},
        {"jsonPath": "$['odd key']", "numberValue": 1.5},
        {"jsonPath": "$.b", "boolValue": False},
        {"jsonPath": '$["c"]', "nullValue": "NULL_VALUE"},
    ) == {"a": {"list": [{"name": "one"}, {"name": "two"}]}, "odd key": 1.5, "b": False, "c": None}


@pytest.mark.parametrize("path", ["$", "$[0]", "", "$[999999999].a"])
def test_what_has_no_place_is_left_out(path: str) -> None:
    """Arguments are an object; and no path makes a list of any length."""
    assert put_together({"jsonPath": path, "stringValue": "x"}) == {}
    assert put_together({"jsonPath": "$.a[999999999]", "stringValue": "x"}) == {"a": []}
    assert put_together({"stringValue": "x"}) == {}


def test_whole_arguments_are_taken_too() -> None:
    """A piece may have them all; odd ones are nothing."""
    call = PartialCall()
    call.add({"args": {"a": 1}})
    call.add({"partialArgs": "odd"})
    call.add({"partialArgs": [1]})
    assert call.text() == '{"a":1}'
