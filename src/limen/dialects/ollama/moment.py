"""Ollama's `created_at`, an RFC 3339 text with nanoseconds, and the hub's seconds since 1970.

How exactly the text was spelled is kept as a mark. Must not: ask what time it is.
"""

from __future__ import annotations

from datetime import UTC, datetime

from limen.dialects.members import LenientMembers

KEY = "created_at"
_SPELLED = f"{KEY}="
_EPOCH = "1970-01-01T00:00:00Z"


def take_moment(answer: LenientMembers) -> tuple[int | None, tuple[str, ...]]:
    """The seconds, and a mark with the text they were said in. A text that is no time stays where it was."""
    text = answer.rest.get(KEY)
    seconds = parse_moment(text) if isinstance(text, str) else None
    if seconds is None:
        return None, ()
    del answer.rest[KEY]
    return seconds, (f"{_SPELLED}{text}",)


def parse_moment(text: str) -> int | None:
    """Whole seconds since 1970; None if `text` is no time."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def write_moment(seconds: int | None, marks: frozenset[str] = frozenset()) -> str:
    """The text that the marks tell, or one made of `seconds`; the beginning of time where there are none."""
    spelled = next((mark for mark in marks if mark.startswith(_SPELLED)), None)
    if spelled is not None:
        return spelled.removeprefix(_SPELLED)
    try:
        return _EPOCH if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return _EPOCH
