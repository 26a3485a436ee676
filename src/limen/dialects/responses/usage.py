"""The `usage` object of a response, to and from the hub's disjoint buckets.

`input_tokens` includes what was read from a cache and what was written to one, `output_tokens` includes reasoning; in every
recording but one, whose total was left out, the total is the sum of both.

Must not: price anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.model.usage import Usage


def parse_usage(raw: Mapping[str, Any], dialect: str) -> Usage:
    """The buckets of `raw`, which is kept whole. Figures that contradict each other are cut to fit."""
    given, made = _count(raw, "input_tokens"), _count(raw, "output_tokens")
    details = _details(raw, "input_tokens_details")
    beyond = max(0, _count(raw, "total_tokens") - given - made)
    made += beyond
    read = min(_count(details, "cached_tokens"), given)
    written = min(_count(details, "cache_write_tokens"), given - read)
    thought = min(max(_count(_details(raw, "output_tokens_details"), "reasoning_tokens"), beyond), made)
    return Usage(
        input_uncached=given - read - written,
        input_cache_read=read,
        input_cache_write_5m=written,
        output_text=made - thought,
        output_reasoning=thought,
        dialect=dialect,
        raw=raw,
    )


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _details(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def render_usage(usage: Usage, dialect: str) -> Mapping[str, Any]:
    """`usage` in this dialect's words; the provider's own object if it was that already."""
    if usage.dialect == dialect:
        return usage.raw
    return {
        "input_tokens": usage.input_total,
        "input_tokens_details": {
            "cached_tokens": usage.input_cache_read,
            "cache_write_tokens": usage.input_cache_write_5m + usage.input_cache_write_1h,
        },
        "output_tokens": usage.output_total,
        "output_tokens_details": {"reasoning_tokens": usage.output_reasoning},
        "total_tokens": usage.total,
    }
