"""The period of a limit, in the grammar of the `limits` library."""

from __future__ import annotations

import pytest

from limen.config.limit_period import parse_period
from limen.config.problems import Mistake


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("second", 1),
        ("minute", 60),
        ("hours", 3600),
        ("day", 86_400),
        ("month", 2_592_000),
        ("year", 31_104_000),
        ("2 hours", 7200),
        ("10minutes", 600),
        (" 1  Minute ", 60),
        ("0 minute", 60),
    ],
)
def test_periods_are_as_long_as_in_mlflow(written: str, seconds: float) -> None:
    """Singular and plural, with a multiple or without; months have 30 days, years 360, and 0 counts as 1."""
    assert parse_period(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "fortnight", "5", "5 per minute", "minutess", "-1 minute", "1.5 hours", "s", "mínute"]
)
def test_other_periods_are_refused(written: str) -> None:
    """The refusal keeps MLflow's words and lists what there is."""
    with pytest.raises(Mistake, match="Failed to parse the rate limit configuration") as caught:
        parse_period(written)
    assert "month or year" in caught.value.hint
