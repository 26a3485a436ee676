"""Spans of time as the file has them: seconds, or a number with its unit, such as ``500ms``, ``30s``, ``2m`` or ``1h``."""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from limen.config.problems import Mistake

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
HINT = "write seconds, or a number with ms, s, m or h after it, such as 30s or 2m; null switches it off"

_SHAPE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)?")


def parse_duration(value: object) -> float:
    """Seconds, from a number or a text. Raises Mistake."""
    if isinstance(value, str):
        match = _SHAPE.fullmatch(value.strip().lower())
        if match is None:
            raise Mistake(f"{value!r} is not a time", HINT)
        return float(match[1]) * UNITS[match[2] or "s"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mistake("this is not a time", HINT)
    if not math.isfinite(value) or value < 0:
        raise Mistake(f"{value} is not a time", HINT)
    return float(value)


_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h)?$"}]}
)
DurationOrZero = Annotated[float, BeforeValidator(parse_duration), _SCHEMA]
Duration = Annotated[float, Field(gt=0), BeforeValidator(parse_duration), _SCHEMA]
