"""What limen has promised to reach, held against a record. Pure; a missed target is a fact, not an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.rows import ROWS, Row
from bench.session import Record
from bench.summary import Figure, Rest, figures, ratio, rests

_ROWS = {row.name: row for row in ROWS}


@dataclass(frozen=True)
class Target:
    """A promise: `value` must be at most or at least `bound`; None means that it was not measured."""

    title: str
    value: float | None
    side: Literal["at most", "at least"]
    bound: float

    @property
    def verdict(self) -> str:
        """met, missed or not measured."""
        if self.value is None:
            return "not measured"
        met = self.value <= self.bound if self.side == "at most" else self.value >= self.bound
        return "met" if met else "missed"


def targets(record: Record, gateway: str = "limen", peer: str = "mlflow") -> list[Target]:
    """All promises about `gateway`, some of them relative to `peer` in the same run."""
    seen = {figure.row.name: figure for figure in figures(record) if figure.gateway == gateway}
    rest = {one.gateway: one for one in rests(record)}
    open_row = next((row for row in record.settings.rows if row.once), None)
    return [
        Target("relay-32: CPU per request, times nginx's", _ratio(seen, "relay-32"), "at most", 2.8),
        Target("stream-32: CPU per event, times nginx's", _ratio(seen, "stream-32"), "at most", 1.6),
        Target("open streams: lost events and errors", _lost(seen, open_row), "at most", 0),
        Target(
            f"relay-32: {peer}'s CPU per request, times {gateway}'s",
            ratio(record, _ROWS["relay-32"], peer, gateway),
            "at least",
            12,
        ),
        Target(f"start-up: {peer}'s, times {gateway}'s", _start(rest, gateway, peer), "at least", 5),
        Target("idle memory of one worker, MB", _idle(rest, gateway), "at most", 80),
    ]


def _ratio(seen: dict[str, Figure], row: str) -> float | None:
    return seen[row].ratio if row in seen else None


def _lost(seen: dict[str, Figure], row: Row | None) -> float | None:
    figure = seen.get(row.name) if row else None
    return figure.lost + figure.misplaced + figure.errors if figure else None


def _start(rest: dict[str, Rest], gateway: str, peer: str) -> float | None:
    return rest[peer].wall / rest[gateway].wall if {gateway, peer} <= rest.keys() else None


def _idle(rest: dict[str, Rest], gateway: str) -> float | None:
    return rest[gateway].idle_largest / 1e6 if gateway in rest else None
