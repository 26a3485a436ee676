"""Which deadline applies, and how it is told."""

from __future__ import annotations

import pytest

from limen.model.http import Timeouts
from limen.net.deadlines import NEVER, allowance, shortest, timeout_fault, upcoming


@pytest.mark.parametrize(
    ("timeouts", "spent", "expected"),
    [
        (Timeouts(pool=5), 3.0, (5, "pool", 5)),
        (Timeouts(pool=5, total=20), 3.0, (5, "pool", 5)),
        (Timeouts(pool=5, total=7), 3.0, (4.0, "total", 7)),
        (Timeouts(pool=5, total=2), 3.0, (0.0, "total", 2)),
        (Timeouts(pool=None, total=7), 3.0, (4.0, "total", 7)),
        (Timeouts(pool=None), 3.0, (None, "pool", 0.0)),
    ],
)
def test_the_nearer_of_phase_and_total_applies(
    timeouts: Timeouts, spent: float, expected: tuple[float | None, str, float]
) -> None:
    """A phase gets its own time, or what is left of the whole."""
    assert allowance("pool", timeouts, spent) == expected


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [
        (Timeouts(first_byte=3, idle=2), 2),
        (Timeouts(first_byte=3, idle=None, total=1), 1),
        (Timeouts(first_byte=None, idle=None), NEVER),
    ],
)
def test_shortest(timeouts: Timeouts, expected: float) -> None:
    """The timer needs to look no sooner than the shortest deadline of an exchange."""
    assert shortest(timeouts) == expected


@pytest.mark.parametrize("phase", ["pool", "connect", "first_byte", "idle", "total"])
def test_fault_names_origin_phase_seconds_and_remedy(phase: str) -> None:
    """The message of each phase says who, what, how long, and what to change."""
    fault = timeout_fault("https://api.example.com", phase, 2.5)
    assert fault.phase == phase
    assert fault.message.startswith("https://api.example.com: ")
    assert fault.message.endswith(f" within 2.5 s; raise the `{phase}` timeout if it may take longer")


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [
        (Timeouts(idle=5), (25, "idle")),
        (Timeouts(idle=5, total=100), (25, "idle")),
        (Timeouts(idle=5, total=12), (22, "total")),
        (Timeouts(idle=None, total=12), (22, "total")),
        (Timeouts(idle=None), (NEVER, "idle")),
    ],
)
def test_upcoming(timeouts: Timeouts, expected: tuple[float, str]) -> None:
    """A phase counts from its last sign of life, the total from the request's beginning."""
    assert upcoming("idle", 20, timeouts, 10) == expected
