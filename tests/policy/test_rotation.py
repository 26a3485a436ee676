"""Shares of a route's traffic."""

import itertools
from collections import Counter
from typing import NamedTuple

import pytest

from limen.policy.rotation import Rotation


class Share(NamedTuple):
    weight: int


@pytest.mark.parametrize("weights", [(70, 20, 10), (100,), (1, 99), (50, 50), (0, 100), (33, 33, 34)])
def test_long_run_shares_are_exact(weights: tuple[int, ...]) -> None:
    """In every run of 100 picks each destination gets exactly its share."""
    rotation, shares = Rotation(), [Share(w) for w in weights]
    for _ in range(3):
        picks = Counter(rotation.pick("r", shares) for _ in range(100))
        assert tuple(picks[i] for i in range(len(weights))) == weights


def test_turns_are_spread_evenly() -> None:
    """A destination with a third of the traffic is never picked twice in a row."""
    rotation, shares = Rotation(), [Share(67), Share(33)]
    picks = [rotation.pick("r", shares) for _ in range(200)]
    assert not any(a == b == 1 for a, b in itertools.pairwise(picks))


def test_new_weights_start_a_new_rotation() -> None:
    """After a reload that changes the weights the new shares hold from the first pick on."""
    rotation = Rotation()
    rotation.pick("r", [Share(50), Share(50)])
    picks = Counter(rotation.pick("r", [Share(10), Share(90)]) for _ in range(100))
    assert picks == {0: 10, 1: 90}
