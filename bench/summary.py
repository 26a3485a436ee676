"""From a record of measurements to the figures that are shown: medians over rounds, ratios within rounds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Outcome
from bench.manifest import BASELINE
from bench.rows import Row
from bench.session import Record


@dataclass(frozen=True)
class Figure:
    """One row on one gateway. `cost` is CPU in µs per request or event, `ratio` that over the baseline's.

    `rate` counts requests or events per second, waits are in ms, `busy` is CPU as a share of a core. `memory`
    is the tree's resident size in bytes during the row, `per_stream` bytes per open stream. Not a number: None.
    """

    row: Row
    gateway: str
    ratio: float | None
    cost: float | None
    rate: float
    p50: float
    p99: float
    busy: float
    memory: int
    open_streams: int
    per_stream: float | None
    lost: int
    misplaced: int
    errors: int


@dataclass(frozen=True)
class Rest:
    """A gateway at its start and in memory: seconds and bytes. `loaded` is the most seen under any short load."""

    gateway: str
    wall: float
    cpu: float
    idle: int
    idle_largest: int
    processes: int
    loaded: int


def cost(row: Row, outcome: Outcome | None) -> float | None:
    """CPU seconds per request or event of one measurement; None when nothing was counted."""
    if outcome is None:
        return None
    count = outcome.requests if row.unit == "request" else outcome.events
    return outcome.cpu / count if count else None


def ratio(record: Record, row: Row, gateway: str, baseline: str = BASELINE) -> float | None:
    """Median over rounds of the ratio of costs within the round; None without one whole pair."""
    pairs = zip(record.of(row.name, gateway), record.of(row.name, baseline), strict=False)
    costs = [(cost(row, mine), cost(row, theirs)) for mine, theirs in pairs]
    return _median([mine / theirs for mine, theirs in costs if mine and theirs])


def figures(record: Record) -> list[Figure]:
    """All figures, by row, then by gateway in the order of the record."""
    both = ((row, found.name) for row in record.settings.rows for found in record.found)
    made = (_figure(record, row, gateway) for row, gateway in both)
    return [figure for figure in made if figure is not None]


def rests(record: Record) -> list[Rest]:
    """Start-up and memory of every gateway that started."""
    return [_rest(record, found.name) for found in record.found if record.starts.get(found.name)]


def _figure(record: Record, row: Row, gateway: str) -> Figure | None:
    outcomes = [outcome for outcome in record.of(row.name, gateway) if outcome is not None]
    if not outcomes:
        return None
    costs = [value for value in (cost(row, outcome) for outcome in outcomes) if value is not None]
    middle = _median(costs)
    return Figure(
        row=row,
        gateway=gateway,
        ratio=ratio(record, row, gateway),
        cost=None if middle is None else middle * 1e6,
        rate=median(_per_second(row, outcome) for outcome in outcomes),
        p50=median(outcome.p50 for outcome in outcomes),
        p99=median(outcome.p99 for outcome in outcomes),
        busy=median(outcome.cpu / outcome.seconds if outcome.seconds else 0.0 for outcome in outcomes),
        memory=max(outcome.memory for outcome in outcomes),
        open_streams=max(outcome.open_streams for outcome in outcomes),
        per_stream=_per_stream(row, outcomes),
        lost=sum(outcome.lost for outcome in outcomes),
        misplaced=sum(outcome.misplaced for outcome in outcomes),
        errors=sum(sum(outcome.errors.values()) for outcome in outcomes),
    )


def _rest(record: Record, gateway: str) -> Rest:
    starts = record.starts[gateway]
    short = [row.name for row in record.settings.rows if not row.once]
    loaded = [outcome.memory for name in short for outcome in record.of(name, gateway) if outcome]
    return Rest(
        gateway=gateway,
        wall=median(start.wall for start in starts),
        cpu=median(start.cpu for start in starts),
        idle=int(median(start.idle.total for start in starts)),
        idle_largest=int(median(start.idle.largest for start in starts)),
        processes=starts[-1].idle.processes,
        loaded=max(loaded, default=0),
    )


def _per_second(row: Row, outcome: Outcome) -> float:
    count = outcome.requests if row.unit == "request" else outcome.events
    return count / outcome.seconds if outcome.seconds else 0.0


def _per_stream(row: Row, outcomes: Sequence[Outcome]) -> float | None:
    if not row.once:
        return None
    return _median([(one.memory - one.memory_before) / one.open_streams for one in outcomes if one.open_streams])


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
