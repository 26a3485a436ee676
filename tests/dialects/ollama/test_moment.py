"""The time of an answer."""

from limen.dialects.members import LenientMembers
from limen.dialects.ollama.moment import parse_moment, take_moment, write_moment


def test_a_time_with_nanoseconds_is_seconds() -> None:
    """Whatever the zone; one without a zone is universal time."""
    assert parse_moment("1970-01-01T00:00:07.123456789Z") == 7
    assert parse_moment("1970-01-01T01:00:07+01:00") == 7
    assert parse_moment("1970-01-01T00:00:07") == 7
    assert parse_moment("soon") is None


def test_the_spelling_comes_back() -> None:
    """To the nanosecond."""
    text = "2026-01-02T03:04:05.678901234Z"
    seconds, marks = take_moment(LenientMembers({"created_at": text}))
    assert write_moment(seconds, frozenset(marks)) == text


def test_what_is_no_time_stays() -> None:
    """Where it was."""
    answer = LenientMembers({"created_at": 7})
    assert take_moment(answer) == (None, ())
    assert answer.rest == {"created_at": 7}


def test_seconds_become_a_time() -> None:
    """None, and what no calendar has, is the beginning."""
    assert write_moment(86400) == "1970-01-02T00:00:00Z"
    assert write_moment(None) == write_moment(10**30) == "1970-01-01T00:00:00Z"
