"""The command line of the benchmark: `python -m bench --help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench import machine, manifest, placement, plot, report, rows, session, summary
from bench.manifest import Found, ManifestError
from bench.placement import Cores

_RESULTS = Path(__file__).parent / "results"
_LEAST_FILES = 6000  # 2,000 streams are two sockets each in a gateway, and a peer may hold more


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it ran, whatever the figures, 2 when it could not, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a background job inherits it ignored
        signal.signal(number, _interrupt)
    try:
        found = _find(options)
        if options.list:
            _list(found)
            return 0
        return _bench(found, _settings(options), options.out)
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; every process is stopped", file=sys.stderr)
        return 130


def _bench(found: Sequence[Found], settings: session.Settings, out: Path) -> int:
    if placement.raise_open_files() < _LEAST_FILES:
        _say(f"the limit of open files is below {_LEAST_FILES}: 2,000 open streams will not fit")
    facts = machine.facts()
    os.sched_setaffinity(0, {settings.cores.load})
    if settings.cores.gateway == settings.cores.load:
        _say("one core for everything: figures will say little")
    begun = time.monotonic()
    record = session.run(found, settings, _say)
    _say(f"measured for {time.monotonic() - begun:.0f} s")
    print(report.text(record, facts))
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.json").write_text(report.document(record, facts))
    (out / "bench.svg").write_text(plot.svg(summary.figures(record)))
    print(f"Written: {out / 'bench.json'}, {out / 'bench.svg'}")
    return 0 if record.outcomes or record.starts else 2


def _find(options: argparse.Namespace) -> list[Found]:
    known = {one.name: one for folder in (manifest.FOLDER, *options.peers) for one in manifest.read_all(folder)}
    wanted = options.only or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise ManifestError(f"no manifest for {', '.join(unknown)}; known: {', '.join(known)}")
    return [one.find(os.environ) for name, one in known.items() if name in wanted]


def _list(found: Sequence[Found]) -> None:
    for one in found:
        print(f"gateway  {one.name:12} {'absent: ' + one.absent if one.absent else one.version}")
    print(f"row      {rows.START_UP:12} start-up, measured several times")
    for row in rows.ROWS:
        print(f"row      {row.name:12} {row.title}")


def _settings(options: argparse.Namespace) -> session.Settings:
    quick = options.quick
    wanted = options.rows or (rows.QUICK if quick else rows.names())
    chosen = [row for row in rows.ROWS if row.name in wanted]
    return session.Settings(
        rows=[rows.shortened(row) for row in chosen] if quick else chosen,
        rounds=options.rounds or (2 if quick else 3),
        starts=3 if rows.START_UP in wanted else 1,
        seconds=options.seconds or (0.8 if quick else 1.5),
        warmup=0.3,
        cores=options.cores or Cores.choose(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure limen beside nginx and other gateways: CPU per request and per streamed event of "
        "the whole process tree, waits, start-up, memory. Ratios come from one run, taken in turns.",
        epilog="The figures are explained in bench/README.md.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="under a minute: few rows, two short rounds")
    add("--only", type=_words, metavar="NAME,…", help="these gateways only; ratios need nginx among them")
    add("--rows", type=_rows, metavar="ROW,…", help=f"these rows only, of: {', '.join(rows.names())}")
    add("--rounds", type=int, help="rounds (default 3)")
    add("--seconds", type=float, help="length of one measurement (default 1.5)")
    add("--cores", type=_cores, metavar="G,L", help="the gateways' core and the load's (default: the first two)")
    add("--peers", type=Path, action="append", default=[], metavar="DIR", help="more manifests, repeatable")
    add("--out", type=Path, default=_RESULTS, metavar="DIR", help="where bench.json and bench.svg go")
    add("--list", action="store_true", help="show the gateways found and the rows, measure nothing")
    return parser


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _rows(text: str) -> list[str]:
    words = _words(text)
    if unknown := [word for word in words if word not in rows.names()]:
        raise argparse.ArgumentTypeError(f"no row {', '.join(unknown)}; known: {', '.join(rows.names())}")
    return words


def _cores(text: str) -> Cores:
    allowed = os.sched_getaffinity(0)
    try:
        gateway, load = (int(word) for word in _words(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError("two numbers, such as 0,1") from error
    if not {gateway, load} <= allowed:
        raise argparse.ArgumentTypeError(f"this process may use cores {sorted(allowed)}")
    return Cores(gateway, load)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
