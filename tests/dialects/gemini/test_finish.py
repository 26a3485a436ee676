"""Why an answer ended."""

from typing import Any

import pytest

from gemini_wire import rendering
from limen.dialects.gemini.finish import parse_reason, render_reason, take_reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("2", "length"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("LANGUAGE", "other"),
        ("SOMETHING_NEW", "other"),
    ],
)
def test_words_and_numbers(raw: str, reason: str) -> None:
    """Of which a client may get either."""
    assert parse_reason(raw, calls=False) == reason


def test_an_answer_with_calls_stops_for_them() -> None:
    """Gemini itself only says STOP."""
    assert parse_reason("STOP", calls=True) == "tool_calls"
    assert parse_reason("MAX_TOKENS", calls=True) == "length"


@pytest.mark.parametrize(
    ("value", "taken"), [("STOP", ("STOP", False)), (1, ("1", True)), ("", None), (0, None), (None, None), (True, None)]
)
def test_a_reason_is_taken_out_of_its_candidate(value: Any, taken: Any) -> None:
    """Nothing, zero and false are none."""
    candidate = {"finishReason": value}
    assert take_reason(candidate) == (taken or (None, False))
    assert ("finishReason" in candidate) is (taken is None)


def test_its_own_word_comes_back() -> None:
    """A number as a number."""
    home = rendering("gemini")
    assert render_reason("other", "LANGUAGE", home) == "LANGUAGE"
    assert render_reason("stop", "1", home, number=True) == 1


def test_other_dialects_reasons_have_the_nearest_word() -> None:
    """Named where it says less."""
    found = rendering()
    assert [render_reason(r, None, found) for r in ("stop", "tool_calls", "length", "content_filter", "other")] == [
        "STOP",
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "OTHER",
    ]
    assert not found.losses
    assert [render_reason("pause", "pause_turn", found), render_reason("error", None, found)] == ["STOP", "OTHER"]
    assert list(found.losses) == ["finish_reason"]
