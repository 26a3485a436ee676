"""What Ollama tells of an answer's cost: two counts of tokens, and how long everything took, in nanoseconds.

`eval_count` includes thoughts; a count of 0 is left out. Source: github.com/ollama/ollama, api/types.go (`Metrics`).
"""

from __future__ import annotations

from typing import Any

from limen.dialects.rendering import CACHE_WRITES, Rendering
from limen.model.usage import Usage

COUNTS = ("prompt_eval_count", "eval_count")


def take_usage(rest: dict[str, Any], wire: str) -> Usage | None:
    """The counts, taken out of an answer's members; None where it has none."""
    raw = {key: rest.pop(key) for key in COUNTS if type(rest.get(key)) is int}
    if not raw:
        return None
    went_in, came_out = (max(0, raw.get(key, 0)) for key in COUNTS)
    return Usage(input_uncached=went_in, output_text=came_out, dialect=wire, raw=raw)


def put_usage(usage: Usage | None, built: dict[str, Any], rendering: Rendering) -> None:
    """Put the counts into the answer `built`."""
    if usage is None:
        return
    if rendering.same and usage.dialect == rendering.wire:
        built.update(usage.raw)
    else:
        rendering.lose_counts(usage, "input_cache_read", *CACHE_WRITES, "output_reasoning")
        built.update({"prompt_eval_count": usage.input_total, "eval_count": usage.output_total})
