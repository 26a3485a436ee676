"""The record as text for people and JSON for machines. Pure: it makes strings, it writes no file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.manifest import BASELINE
from bench.session import Record
from bench.summary import Figure, figures, rests
from bench.targets import targets

_NONE = "-"
_LONGEST = 240


def text(record: Record, machine: Mapping[str, str]) -> str:
    """Ratios first, then figures, start-up and memory, promises, and where this was measured."""
    sections = [
        (f"CPU of the whole process tree, times {BASELINE}'s in the same round (median)", _ratios(record)),
        ("Loads (CPU in µs per request or event; waits to the answer or the first event)", _loads(record)),
        ("Open streams", _open_streams(record)),
        ("Start-up to the first served request, and resident memory of the tree", _rests(record)),
        ("Targets", _targets(record)),
        ("Gateways", _gateways(record)),
        ("Machine", [[key, value] for key, value in machine.items()]),
    ]
    return "\n\n".join(f"{title}\n{_table(rows)}" for title, rows in sections if len(rows) > 1) + "\n"


def document(record: Record, machine: Mapping[str, str]) -> str:
    """Everything, raw outcomes of every round included, as JSON."""
    settings = asdict(record.settings)
    return json.dumps(
        {
            "format": 1,
            "machine": dict(machine),
            "settings": settings | {"rows": [row.name for row in record.settings.rows]},
            "gateways": [_gateway(record, index) for index in range(len(record.found))],
            "figures": [asdict(figure) for figure in figures(record)],
            "starts": [asdict(rest) for rest in rests(record)],
            "targets": [asdict(target) | {"verdict": target.verdict} for target in targets(record)],
            "rounds": [
                {"row": row, "gateway": gateway, "outcomes": [one and asdict(one) for one in outcomes]}
                for (row, gateway), outcomes in record.outcomes.items()
            ],
        },
        indent=1,
    )


def _ratios(record: Record) -> list[list[str]]:
    shown = figures(record)
    names = [found.name for found in record.found if any(one.gateway == found.name for one in shown)]
    cells = {(one.row.name, one.gateway): _number(one.ratio, 2) for one in shown}
    body = [
        [row.name, row.title, *(cells.get((row.name, name), _NONE) for name in names)] for row in record.settings.rows
    ]
    return [["row", "load", *names], *body] if names else []


def _loads(record: Record) -> list[list[str]]:
    head = ["row", "gateway", "CPU µs", "per", "per second", "p50 ms", "p99 ms", "busy", "lost", "errors"]
    return [head, *(_load(figure) for figure in figures(record))]


def _load(figure: Figure) -> list[str]:
    return [
        figure.row.name,
        figure.gateway,
        _number(figure.cost, 1),
        figure.row.unit,
        _number(figure.rate, 0),
        _number(figure.p50, 2),
        _number(figure.p99, 2),
        f"{figure.busy:.0%}",
        str(figure.lost + figure.misplaced) if figure.row.unit == "event" else _NONE,
        str(figure.errors),
    ]


def _open_streams(record: Record) -> list[list[str]]:
    head = ["row", "gateway", "open at once", "lost events", "misplaced", "errors", "kB per stream", "MB in all"]
    body = [
        [
            figure.row.name,
            figure.gateway,
            f"{figure.open_streams:,}",
            str(figure.lost),
            str(figure.misplaced),
            str(figure.errors),
            _number(figure.per_stream and figure.per_stream / 1e3, 1),
            _number(figure.memory / 1e6, 0),
        ]
        for figure in figures(record)
        if figure.row.once
    ]
    return [head, *body]


def _rests(record: Record) -> list[list[str]]:
    head = ["gateway", "start s", "CPU s", "idle MB", "largest process MB", "processes", "under load MB"]
    body = [
        [
            rest.gateway,
            f"{rest.wall:.2f}",
            f"{rest.cpu:.2f}",
            f"{rest.idle / 1e6:.0f}",
            f"{rest.idle_largest / 1e6:.0f}",
            str(rest.processes),
            f"{rest.loaded / 1e6:.0f}" if rest.loaded else _NONE,
        ]
        for rest in rests(record)
    ]
    return [head, *body]


def _targets(record: Record) -> list[list[str]]:
    body = [
        [target.title, _number(target.value, 2), f"{target.side} {target.bound:g}", target.verdict]
        for target in targets(record)
    ]
    return [["promise", "value", "bound", "verdict"], *body]


def _gateways(record: Record) -> list[list[str]]:
    told = [_gateway(record, index) for index in range(len(record.found))]
    return [["name", "gateway", "state"], *([one["name"], one["title"], _state(one)] for one in told)]


def _gateway(record: Record, index: int) -> dict[str, Any]:
    found = record.found[index]
    return {
        "name": found.name,
        "title": found.manifest.title,
        "version": found.version,
        "absent": found.absent,
        "failed": record.failures.get(found.name, ""),
    }


def _state(gateway: Mapping[str, str]) -> str:
    if gateway["absent"]:
        return f"absent: {gateway['absent']}"
    failed = " ".join(gateway["failed"].split())
    return f"{gateway['version']}; out: {failed[:_LONGEST]}" if failed else gateway["version"]


def _number(value: float | None, digits: int) -> str:
    return _NONE if value is None else f"{value:,.{digits}f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned: numbers to the right, words to the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    right = [all(_is_number(row[index]) for row in rows[1:]) for index in range(len(widths))]
    lines = []
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        line = "  ".join(cell.rjust(width) if numeric else cell.ljust(width) for cell, width, numeric in cells)
        lines.append("  " + line.rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return cell == _NONE or cell.replace(",", "").replace(".", "").replace("%", "").isdigit()
