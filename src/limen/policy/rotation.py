"""Which destination of a route is next, so that long-run shares are exact.

Smooth weighted round robin (the algorithm of nginx's upstream module): in any run of 100 picks each destination gets exactly
its weight, spread evenly, with no randomness. State is kept by route name and starts anew when the weights change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Weighted(Protocol):
    """Something with a share of the traffic."""

    @property
    def weight(self) -> int:
        """The share, out of the sum of all weights."""


class Rotation:
    """The turns of every route of one worker."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[tuple[int, ...], list[int]]] = {}

    def pick(self, route: str, destinations: Sequence[Weighted]) -> int:
        """The index of the destination whose turn it is."""
        weights = tuple(d.weight for d in destinations)
        known = self._turns.get(route)
        if known is None or known[0] != weights:
            known = self._turns[route] = (weights, [0] * len(weights))
        credit = known[1]
        for index, weight in enumerate(weights):
            credit[index] += weight
        chosen = max(range(len(credit)), key=credit.__getitem__)
        credit[chosen] -= sum(weights)
        return chosen
