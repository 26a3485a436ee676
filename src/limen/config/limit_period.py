"""The `renewal_period` of a limit, as the `limits` library reads it in MLflow's gateway: ``minute``, ``2 hours``, ``1day``.

Months have 30 days and years 360, as there. Source: ``limits/limits.py`` and ``limits/util.py`` of limits 5.
"""

from __future__ import annotations

import re

from limen.config.problems import Mistake

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 30 * 86400, "year": 360 * 86400}
HINT = "write second, minute, hour, day, month or year, or several of them, such as `2 hours`"

_SHAPE = re.compile(r"\s*(?:([0-9]{1,9})\s*)?([a-z]+)\s*", re.IGNORECASE)


def parse_period(text: str) -> float:
    """Seconds of one period. Raises Mistake. A multiple of 0 counts as 1, as in `limits`."""
    match = _SHAPE.fullmatch(text)
    unit = match[2].lower() if match else ""
    name = unit if unit in SECONDS else unit.removesuffix("s")
    if match is None or name not in SECONDS:
        raise Mistake(f"Failed to parse the rate limit configuration: {text!r} is not a period", HINT)
    return float((int(match[1] or 1) or 1) * SECONDS[name])
