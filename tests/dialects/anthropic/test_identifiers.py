"""Names of tool calls that Anthropic takes."""

import re

from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.anthropic.identifiers import call_id


def test_a_fine_name_stays() -> None:
    """Nothing is changed without need."""
    assert call_id("toolu_01-A") == "toolu_01-A"


@given(st.text(), st.text())
def test_any_name_becomes_a_fine_one(one: str, other: str) -> None:
    """The same name always the same, different ones different, as far as a short sum can tell."""
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", call_id(one))
    assert call_id(one) == call_id(one)
    if len(one) < 3 and len(other) < 3 and one != other:
        assert call_id(one) != call_id(other)


def test_names_that_differ_only_in_odd_characters_stay_apart() -> None:
    """As ``functions.f:0`` and ``functions_f.0`` would not if characters were only replaced."""
    assert len({call_id("functions.f:0"), call_id("functions:f.0"), call_id("functions_f_0")}) == 3
