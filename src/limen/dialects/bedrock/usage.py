"""Bedrock's `usage` object to and from the hub's disjoint buckets.

`inputTokens` leaves cached tokens out, as Anthropic does; `totalTokens` has them in. `cacheDetails` tells how long what was
written is kept. Source: the API reference of TokenUsage, and recordings: the total is the sum of the four.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.dialects.bedrock import WIRE
from limen.dialects.rendering import Rendering
from limen.model.usage import Usage


def parse_usage(raw: Mapping[str, Any]) -> Usage:
    """The buckets of `raw`, which is kept whole."""
    written = _count(raw, "cacheWriteInputTokens")
    long = min(_kept_an_hour(raw.get("cacheDetails")), written)
    return Usage(
        input_uncached=_count(raw, "inputTokens"),
        input_cache_read=_count(raw, "cacheReadInputTokens"),
        input_cache_write_5m=written - long,
        input_cache_write_1h=long,
        output_text=_count(raw, "outputTokens"),
        dialect=WIRE,
        raw=raw,
    )


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _kept_an_hour(details: Any) -> int:
    if not isinstance(details, list):
        return 0
    return sum([_count(each, "inputTokens") for each in details if isinstance(each, dict) and each.get("ttl") == "1h"])


def render_usage(usage: Usage, rendering: Rendering) -> Mapping[str, Any]:
    """`usage` in Bedrock's words; the provider's own object if it was Bedrock's already."""
    if usage.dialect == WIRE:
        return usage.raw
    for kind in ("input_audio", "output_reasoning", "output_audio"):
        if getattr(usage, kind):
            rendering.lose(f"usage.{kind}", "Bedrock counts it with the rest")
    built: dict[str, Any] = {
        "inputTokens": usage.input_uncached + usage.input_audio,
        "outputTokens": usage.output_total,
        "totalTokens": usage.total,
    }
    short, long = usage.input_cache_write_5m, usage.input_cache_write_1h
    if usage.input_cache_read or short or long:
        built["cacheReadInputTokens"] = usage.input_cache_read
        built["cacheWriteInputTokens"] = short + long
    if long:
        told = (("5m", short), ("1h", long))
        built["cacheDetails"] = [{"ttl": ttl, "inputTokens": count} for ttl, count in told if count]
    return built
