"""One run: starts provider and gateways, puts every row on every gateway in turns, records what came of it.

Turns are what makes ratios hold on a noisy machine: within a round a row is measured on all gateways one right
after another, and the order moves on from round to round.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import placement
from bench.gateway import Gateway, GatewayError, StartUp
from bench.load import Load, Outcome
from bench.manifest import Found
from bench.placement import Cores
from bench.rows import Row

_ROOT = Path(__file__).parent.parent
_PATIENCE = 90.0


@dataclass(frozen=True)
class Settings:
    """How much to measure. `seconds` and `warmup` are those of one measurement."""

    rows: Sequence[Row]
    rounds: int
    starts: int
    seconds: float
    warmup: float
    cores: Cores


@dataclass
class Record:
    """Everything measured. An outcome is None where that round brought none, so rounds stay aligned."""

    settings: Settings
    found: Sequence[Found]
    starts: dict[str, list[StartUp]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], list[Outcome | None]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, row: Row, gateway: str, outcome: Outcome | None) -> None:
        """Note one measurement of `row`."""
        self.outcomes.setdefault((row.name, gateway), []).append(outcome)

    def of(self, row: str, gateway: str) -> list[Outcome | None]:
        """The measurements of a row, one a round."""
        return self.outcomes.get((row, gateway), [])


def run(found: Sequence[Found], settings: Settings, say: Callable[[str], None]) -> Record:
    """Measure every gateway that is present. All processes are gone when this returns or raises."""
    record = Record(settings, found)
    with _provider(settings.cores) as upstream, tempfile.TemporaryDirectory(prefix="limen-bench-") as folder:
        gateways = [Gateway(one, upstream, Path(folder), settings.cores.gateway) for one in found if not one.absent]
        with contextlib.ExitStack() as stack:
            for gateway in gateways:
                stack.callback(gateway.stop)
            _Run(gateways, record, say).everything()
    return record


class _Run:
    def __init__(self, gateways: Sequence[Gateway], record: Record, say: Callable[[str], None]) -> None:
        self._gateways = gateways
        self._record = record
        self._settings = record.settings
        self._say = say

    def everything(self) -> None:
        """Rounds first; then the rows that are measured once, each on a fresh process, which is one more start."""
        settings = self._settings
        once = [row for row in settings.rows if row.once]
        for number in range(max(1, settings.starts - len(once))):
            for gateway in self._turn(number):
                self._start(gateway)
        for number in range(settings.rounds):
            for row in settings.rows:
                if not row.once:
                    self._row(row, number, f"round {number + 1}/{settings.rounds}")
        for row in once:
            for gateway in self._turn(0):
                self._start(gateway)
            self._row(row, 0, "once")

    def _turn(self, number: int) -> list[Gateway]:
        living = [gateway for gateway in self._gateways if gateway.name not in self._record.failures]
        first = number % len(living) if living else 0
        return living[first:] + living[:first]

    def _start(self, gateway: Gateway) -> None:
        try:
            started = gateway.start()
        except GatewayError as error:
            self._fail(gateway, str(error))
            return
        self._record.starts.setdefault(gateway.name, []).append(started)
        self._say(f"start {gateway.name}: {started.wall:.2f} s, {started.idle.total / 1e6:.0f} MB idle")

    def _fail(self, gateway: Gateway, why: str) -> None:
        self._record.failures[gateway.name] = why
        self._say(f"{gateway.name} is out: {why}")
        gateway.stop()

    def _row(self, row: Row, number: int, label: str) -> None:
        for gateway in self._turn(number):
            if row.unit == "event" and not gateway.manifest.streams:
                continue
            if not gateway.alive:
                self._fail(gateway, f"it died before {row.name}. {gateway.last_words()}")
                continue
            outcome = self._measure(row, gateway)
            self._record.add(row, gateway.name, outcome)
            self._say(f"{label} {row.name} {gateway.name}: {_brief(row, outcome)}")

    def _measure(self, row: Row, gateway: Gateway) -> Outcome | None:
        load = Load(
            port=gateway.port,
            path=gateway.manifest.path,
            model=gateway.manifest.model,
            connections=row.connections,
            plan=row.plan,
            request_size=row.request_size,
            seconds=self._settings.seconds,
            warmup=0.0 if row.once else self._settings.warmup,
            requests=row.connections if row.once else 0,
            watch=gateway.tree.root,
            done=gateway.manifest.done,
        )
        return _generate(load, self._settings.cores)


def _brief(row: Row, outcome: Outcome | None) -> str:
    if outcome is None:
        return "no result"
    count = outcome.requests if row.unit == "request" else outcome.events
    cost = f"{outcome.cpu / count * 1e6:.1f} µs/{row.unit}" if count else f"no {row.unit}"
    trouble = f", errors {outcome.errors}" if outcome.errors else ""
    return cost + (f", {outcome.lost} lost" if outcome.lost else "") + trouble


def _generate(load: Load, cores: Cores) -> Outcome | None:
    """Run one load in a process of its own; None when it broke or hung (its traceback is on stderr)."""
    load = dataclasses.replace(load, patience=_PATIENCE)
    process = _own("bench.load", load.to_json(), cores=cores)
    try:
        output, _ = process.communicate(timeout=_PATIENCE + 10)
        return None if process.returncode else Outcome.from_json(output.decode())
    except subprocess.TimeoutExpired:
        return None
    finally:
        placement.stop(process)


@contextlib.contextmanager
def _provider(cores: Cores) -> Iterator[int]:
    """The fake provider, as long as the block lasts; gives its port."""
    process = _own("bench.provider", cores=cores)
    try:
        line = process.stdout.readline() if process.stdout else b""
        yield int(line)
    finally:
        placement.stop(process)


def _own(module: str, *arguments: str, cores: Cores) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    return placement.start([sys.executable, "-m", module, *arguments], cores.load, environment=environment)
