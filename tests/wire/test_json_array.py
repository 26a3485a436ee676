"""Arrays of objects, in any split."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.errors import MalformedReply
from limen.wire.json_array import ArrayFramer

ELEMENTS: list[Any] = [{"a": 'x]}"\\'}, {"b": [1, {"c": "{"}], "d": {}}, {"e": "\u2028é"}]
ARRAY = b",\r\n".join(json.dumps(each, ensure_ascii=False).encode() for each in ELEMENTS).join([b" [", b"\n]\n"])


def elements(data: bytes, cuts: list[int]) -> list[Any]:
    """What a framer makes of `data`, fed in pieces."""
    framer, found, start = ArrayFramer(), [], 0
    for end in [*sorted(cuts), len(data)]:
        found += framer.feed(data[start:end])
        start = end
    assert framer.close() is None
    return [json.loads(frame.data) for frame in found]


def test_each_object_is_a_frame() -> None:
    """Whole, byte by byte, and cut at every boundary."""
    assert elements(ARRAY, []) == ELEMENTS
    assert elements(ARRAY, list(range(1, len(ARRAY)))) == ELEMENTS
    for cut in range(len(ARRAY)):
        assert elements(ARRAY, [cut]) == ELEMENTS


@given(
    st.lists(st.dictionaries(st.text(), st.recursive(st.text() | st.integers(), st.lists))),
    st.sets(st.integers(0, 500)),
)
def test_any_array_in_any_split(values: list[Any], cuts: set[int]) -> None:
    """Whatever stands in strings."""
    data = json.dumps(values, indent=1).encode()
    assert elements(data, [cut for cut in cuts if cut < len(data)]) == values


def test_the_end_is_seen() -> None:
    """An array that was cut has none."""
    framer = ArrayFramer()
    assert framer.feed(ARRAY[:-3])
    assert not framer.closed
    framer.feed(ARRAY[-3:])
    assert framer.closed


def test_an_object_may_stand_alone() -> None:
    """As errors often do."""
    assert elements(b'{"error": {}}', []) == [{"error": {}}]


@pytest.mark.parametrize("data", [b"x", b"[1]", b'["a"]', b"[[{}]]", b"<html>", b"[{}] {}", b"]"])
def test_what_is_no_array_of_objects_is_malformed(data: bytes) -> None:
    """It is never taken for an answer."""
    with pytest.raises(MalformedReply):
        elements(data, [])


def test_an_element_does_not_grow_without_end() -> None:
    """A bound holds for what is not complete."""
    framer = ArrayFramer(limit=100)
    framer.feed(b'[{"a": "')
    with pytest.raises(MalformedReply):
        framer.feed(b"x" * 100)
