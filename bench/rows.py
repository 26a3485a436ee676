"""The rows of the benchmark: which load is put on every gateway, and what is counted in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.plan import Plan


@dataclass(frozen=True)
class Row:
    """One kind of load. `unit` is what CPU is divided by. A gathered plan runs once, on a fresh process."""

    name: str
    title: str
    unit: Literal["request", "event"]
    connections: int
    plan: Plan
    request_size: int = 0

    @property
    def once(self) -> bool:
        """Whether the row is measured once, after all others, instead of in every round."""
        return self.plan.gather > 0


def _relay(connections: int) -> Row:
    title = f"relay, 1.3 kB answers, connections: {connections}"
    return Row(f"relay-{connections}", title, "request", connections, Plan(size=1300))


def _stream(connections: int, gap: int) -> Row:
    """Gaps keep the offered rate near 6,400 events/s: a core that is full would read events in lumps."""
    title = f"streamed relay, streams: {connections}"
    return Row(f"stream-{connections}", title, "event", connections, Plan(events=100, gap=gap))


def _open(streams: int, events: int) -> Row:
    plan = Plan(events=events, gap=500, gather=streams)
    return Row(f"open-{streams}", f"{streams:,} open streams", "event", streams, plan)


START_UP = "startup"
"""Not a load: with this name among the rows, start-up is measured several times instead of once."""

ROWS: Sequence[Row] = (
    _relay(1),
    _relay(32),
    _relay(128),
    Row("answer-50k", "relay, 50 kB answers, connections: 32", "request", 32, Plan(size=50_000)),
    Row("request-50k", "relay, 50 kB requests, connections: 32", "request", 32, Plan(size=1300), 50_000),
    _stream(1, gap=1),
    _stream(32, gap=5),
    _stream(128, gap=20),
    _open(2000, events=12),
)

QUICK: Sequence[str] = ("relay-32", "stream-32", "open-2000")


def names() -> list[str]:
    """Everything that `--rows` understands."""
    return [START_UP, *(row.name for row in ROWS)]


def shortened(row: Row) -> Row:
    """`row` for a quick run: gathered streams end sooner."""
    return replace(row, plan=replace(row.plan, events=4)) if row.once else row
