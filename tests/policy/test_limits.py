"""Limits on calls."""

import pytest

from limen.config.snapshot import Limit
from limen.errors import LimitExceeded
from limen.policy.limits import Limiter

TWO_A_MINUTE = Limit(calls=2, seconds=60.0, renewal_period="minute")


def test_exactly_the_limit_passes_in_a_window() -> None:
    """Two calls pass, the third is refused and told how long to wait."""
    limiter = Limiter()
    limiter.take("chat", TWO_A_MINUTE, 100.0)
    limiter.take("chat", TWO_A_MINUTE, 110.0)
    with pytest.raises(LimitExceeded, match=r"Rate limit exceeded: 2 per minute on endpoint 'chat'") as caught:
        limiter.take("chat", TWO_A_MINUTE, 130.0)
    assert caught.value.retry_after == pytest.approx(30.0)


def test_a_new_window_begins_when_the_old_one_ends() -> None:
    """After the window's seconds the whole allowance is there again."""
    limiter = Limiter()
    for now in (0.0, 1.0, 60.0, 61.0):
        limiter.take("chat", TWO_A_MINUTE, now)
    with pytest.raises(LimitExceeded):
        limiter.take("chat", TWO_A_MINUTE, 62.0)


def test_refused_calls_do_not_count() -> None:
    """A caller that hammers a used-up limit does not push the next window away."""
    limiter = Limiter()
    limiter.take("chat", TWO_A_MINUTE, 0.0)
    limiter.take("chat", TWO_A_MINUTE, 0.0)
    for now in range(1, 60):
        with pytest.raises(LimitExceeded):
            limiter.take("chat", TWO_A_MINUTE, float(now))
    limiter.take("chat", TWO_A_MINUTE, 60.0)


def test_endpoints_are_counted_apart() -> None:
    """One endpoint's calls leave another's limit alone."""
    limiter = Limiter()
    limiter.take("a", TWO_A_MINUTE, 0.0)
    limiter.take("a", TWO_A_MINUTE, 0.0)
    limiter.take("b", TWO_A_MINUTE, 0.0)


def test_a_limit_of_zero_lets_nothing_pass() -> None:
    """`calls: 0` is legal and closes the endpoint."""
    with pytest.raises(LimitExceeded):
        Limiter().take("chat", Limit(calls=0, seconds=60.0, renewal_period="minute"), 0.0)
