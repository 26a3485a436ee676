"""Anthropic's `usage` object to and from the hub's disjoint buckets.

`input_tokens` here leaves out what was read from a cache or written to one, so the three are added, not subtracted. A
stream tells usage twice, at its start and at its end; what the end leaves out still holds.

Must not: price anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.model.usage import Usage

_TIERS = {"default": "standard", "priority": "priority"}
_TIER_OF_WORD = {word: tier for tier, word in _TIERS.items()}


def parse_usage(raw: Mapping[str, Any], dialect: str) -> Usage:
    """The buckets of `raw`, which is kept whole. A part that is larger than its whole is cut to it."""
    written = _count(raw, "cache_creation_input_tokens")
    parts = raw.get("cache_creation")
    long = 0
    if isinstance(parts, dict):
        long = _count(parts, "ephemeral_1h_input_tokens")
        written = written or long + _count(parts, "ephemeral_5m_input_tokens")
    long = min(long, written)
    output = _count(raw, "output_tokens")
    details = raw.get("output_tokens_details")
    thought = min(_count(details, "thinking_tokens"), output) if isinstance(details, dict) else 0
    return Usage(
        input_uncached=_count(raw, "input_tokens"),
        input_cache_read=_count(raw, "cache_read_input_tokens"),
        input_cache_write_5m=written - long,
        input_cache_write_1h=long,
        output_text=output - thought,
        output_reasoning=thought,
        dialect=dialect,
        raw=raw,
    )


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def render_usage(usage: Usage | None, dialect: str) -> Mapping[str, Any]:
    """`usage` in Anthropic's words; the provider's own object if it was Anthropic's already. Zeros where nothing is known."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    if usage.dialect == dialect:
        return usage.raw
    short, long = usage.input_cache_write_5m, usage.input_cache_write_1h
    built: dict[str, Any] = {
        "input_tokens": usage.input_uncached + usage.input_audio,
        "cache_creation_input_tokens": short + long,
        "cache_read_input_tokens": usage.input_cache_read,
        "output_tokens": usage.output_total,
    }
    if short or long:
        built["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
    if usage.output_reasoning:
        built["output_tokens_details"] = {"thinking_tokens": usage.output_reasoning}
    return built


def tier_of(raw: Mapping[str, Any]) -> str | None:
    """The service tier that `usage` names, in the word that OpenAI's family has for it."""
    word = raw.get("service_tier")
    return _TIER_OF_WORD.get(word) if isinstance(word, str) else None


def tier_word(tier: str) -> str | None:
    """Anthropic's word for an answer's service tier; None if it has none."""
    return _TIERS.get(tier)
