"""Spans of time as people write them."""

from __future__ import annotations

import pytest

from limen.config.duration import parse_duration
from limen.config.problems import Mistake


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (30, 30),
        (0.5, 0.5),
        ("30", 30),
        ("500ms", 0.5),
        ("30s", 30),
        ("2m", 120),
        ("1.5 h", 5400),
        (" 2M ", 120),
        (0, 0),
    ],
)
def test_numbers_are_seconds_and_units_count(written: object, seconds: float) -> None:
    """A bare number is seconds; ms, s, m and h do what they say, in any case."""
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "soon", "-1s", "1d", "1m30s", -1, True, float("inf"), float("nan"), [1], "٣s"])
def test_anything_else_is_refused_with_examples(written: object) -> None:
    """The message says what can be written instead."""
    with pytest.raises(Mistake) as caught:
        parse_duration(written)
    assert "30s or 2m" in caught.value.hint
