"""One JSON object, read member by member."""

from typing import Any

import pytest

from limen.dialects.members import LenientMembers, Members, type_name
from limen.errors import BadRequest

READERS = ("text", "integer", "flag", "mapping", "array", "number", "texts")


def value() -> dict[str, Any]:
    return {
        "text": "x",
        "integer": 1,
        "flag": False,
        "mapping": {},
        "array": [1],
        "number": 0.5,
        "texts": ["a"],
        "null": None,
    }


@pytest.mark.parametrize("reader", READERS)
def test_what_is_asked_for_is_taken_out(reader: str) -> None:
    """What remains was not known."""
    members = Members(value())
    found = getattr(members, reader)(reader)
    assert found == (("a",) if reader == "texts" else value()[reader])
    assert reader not in members.rest


@pytest.mark.parametrize("reader", READERS)
def test_a_null_stays(reader: str) -> None:
    """It is not the same as an absent key."""
    members = Members(value())
    assert getattr(members, reader)("null") is None
    assert getattr(members, reader)("absent") is None
    assert members.rest == value()


@pytest.mark.parametrize(
    ("reader", "wrong"),
    [
        ("text", 1),
        ("integer", True),
        ("integer", 1.0),
        ("flag", 0),
        ("mapping", []),
        ("array", {}),
        ("number", "1"),
        ("texts", ["a", 1]),
    ],
)
def test_types_are_exact(reader: str, wrong: Any) -> None:
    """A wrong type names its place to a client, and is left alone in what a provider sent."""
    with pytest.raises(BadRequest) as told:
        getattr(Members({"k": wrong}, "messages[2]"), reader)("k")
    assert told.value.param == "messages[2].k"
    assert type_name(wrong) in told.value.message
    lenient = LenientMembers({"k": wrong})
    assert getattr(lenient, reader)("k") is None
    assert lenient.rest == {"k": wrong}


def test_whole_numbers_stay_whole() -> None:
    """1 and 1.0 are both numbers, and different JSON."""
    assert type(Members({"k": 1}).number("k")) is int
    assert type(Members({"k": 1.0}).number("k")) is float
