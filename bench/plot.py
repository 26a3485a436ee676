"""The ratios as an SVG: one group of bars a row, on a logarithmic scale whose floor is the baseline. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.manifest import BASELINE
from bench.summary import Figure

_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")  # Okabe and Ito: safe for all eyes
_BAR, _GAP, _HEIGHT = 34, 28, 260
_LEFT, _TOP, _BOTTOM = 56, 70, 60
_STYLE = "text{font:12px sans-serif;fill:#222}.title{font-size:15px;font-weight:bold}.value{font-size:11px}"


def svg(figures: Sequence[Figure]) -> str:
    """A picture of every ratio but the baseline's own, which is the line at 1."""
    shown = [figure for figure in figures if figure.ratio is not None and figure.gateway != BASELINE]
    names = list(dict.fromkeys(figure.gateway for figure in shown))
    rows = list(dict.fromkeys(figure.row.name for figure in shown))
    group = _BAR * max(len(names), 1) + _GAP
    width = max(_LEFT + group * len(rows) + _GAP, 640)
    top = max([10.0, *(figure.ratio or 1.0 for figure in shown)])
    scale = _HEIGHT / math.log10(top * 1.2)
    parts = [*_frame(width, top, scale), *_legend(names)]
    for index, row in enumerate(rows):
        left = _LEFT + _GAP // 2 + index * group
        for figure in (figure for figure in shown if figure.row.name == row):
            position = names.index(figure.gateway)
            parts += _bar(left + position * _BAR, figure.ratio or 1.0, scale, _colour(position))
        middle = left + (group - _GAP) / 2
        parts.append(_text(middle, _TOP + _HEIGHT + 30, row, "middle"))
    height = _TOP + _HEIGHT + _BOTTOM
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    )
    return "\n".join([opening, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])


def _frame(width: int, top: float, scale: float) -> list[str]:
    title = f"CPU per request or event, times {BASELINE}'s (logarithmic)"
    parts = [f'<rect width="{width}" height="100%" fill="#fff"/>', _text(_LEFT, 24, title, "start", "title")]
    marks = [base * 10**power for power in range(5) for base in (1, 2, 5)]
    for mark in (mark for mark in marks if mark <= top * 1.2):
        y = _y(mark, scale)
        colour = "#444" if mark == 1 else "#ddd"
        parts.append(f'<line x1="{_LEFT}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{mark}x", "end"))
    return parts


def _legend(names: Sequence[str]) -> list[str]:
    parts = []
    for position, name in enumerate(names):
        x = _LEFT + position * 120
        parts.append(f'<rect x="{x}" y="36" width="12" height="12" fill="{_colour(position)}"/>')
        parts.append(_text(x + 18, 47, name, "start"))
    return parts


def _bar(x: float, ratio: float, scale: float, colour: str) -> list[str]:
    """A bar from the baseline up, or down for a gateway that is cheaper than it."""
    y, floor = _y(ratio, scale), _y(1, scale)
    high, low = min(y, floor), max(y, floor)
    box = f'x="{x + 2}" y="{high:.1f}" width="{_BAR - 4}" height="{max(low - high, 1):.1f}"'
    value = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
    return [f'<rect {box} fill="{colour}"/>', _text(x + _BAR / 2, high - 4, value, "middle", "value")]


def _y(ratio: float, scale: float) -> float:
    return _TOP + _HEIGHT - max(math.log10(ratio), -0.12) * scale


def _colour(position: int) -> str:
    return _COLOURS[position % len(_COLOURS)]


def _text(x: float, y: float, words: str, anchor: str, style: str = "label") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(words)}</text>'
