"""The five deadlines: which applies, and how its passing is told. Pure; the clock is an argument."""

from __future__ import annotations

from typing import Final

from limen.errors import TimeoutFault
from limen.model.http import Timeouts

NEVER: Final = float("inf")

_STORY: Final = {
    "pool": "no connection became free",
    "connect": "no connection was established",
    "first_byte": "no reply came",
    "idle": "nothing more of the reply came",
    "total": "the reply was not complete",
}


def timeout_fault(name: str, phase: str, seconds: float) -> TimeoutFault:
    """The fault of an origin that let a deadline pass."""
    return TimeoutFault(
        f"{name}: {_STORY[phase]} within {seconds:g} s; raise the `{phase}` timeout if it may take longer",
        phase=phase,
    )


def allowance(phase: str, timeouts: Timeouts, spent: float) -> tuple[float | None, str, float]:
    """How long a phase may take after `spent` seconds of the whole: seconds or None, whose limit it is, and that limit."""
    limit: float | None = getattr(timeouts, phase)
    total = timeouts.total
    if total is not None and (limit is None or total - spent < limit):
        return max(total - spent, 0.0), "total", total
    return limit, phase, limit or 0.0


def shortest(timeouts: Timeouts) -> float:
    """No deadline of an exchange can pass sooner than this many seconds after it began."""
    limits = (timeouts.first_byte, timeouts.idle, timeouts.total)
    return min((limit for limit in limits if limit is not None), default=NEVER)


def upcoming(phase: str, since: float, timeouts: Timeouts, started: float) -> tuple[float, str]:
    """When an exchange that began at `started` runs out of time, being in a phase since `since`, and whose limit that is."""
    seconds: float | None = getattr(timeouts, phase)
    when = NEVER if seconds is None else since + seconds
    total = timeouts.total
    if total is not None and started + total <= when:
        return started + total, "total"
    return when, phase
