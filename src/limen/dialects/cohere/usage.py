"""Cohere's `usage` object (chat) and `meta` object (embeddings, rerank), to and from the hub's disjoint buckets.

`tokens` is what the model saw and wrote, with the prompt's template; `billed_units` is what is paid for. Cached tokens are part
of `tokens.input_tokens`, reasoning of `tokens.output_tokens`; those of images stand beside. Seen in recordings of each.

Must not: price anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.model.usage import Usage


def parse_usage(raw: Mapping[str, Any], dialect: str) -> Usage:
    """The buckets of `raw`, which is kept whole. Where it has no `tokens`, the billed ones are the best there is."""
    tokens = _object(raw, "tokens")
    counts = tokens if tokens else _object(raw, "billed_units")
    prompt, completion = _count(counts, "input_tokens"), _count(counts, "output_tokens")
    read = min(_count(raw, "cached_tokens"), prompt)
    reasoning = min(_count(counts, "reasoning_tokens"), completion)
    return Usage(
        input_uncached=prompt - read + _count(counts, "image_tokens"),
        input_cache_read=read,
        output_text=completion - reasoning,
        output_reasoning=reasoning,
        dialect=dialect,
        raw=raw,
    )


def _object(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def render_usage(usage: Usage, dialect: str) -> Mapping[str, Any]:
    """`usage` in Cohere's words; the provider's own object if it was Cohere's already."""
    if usage.dialect == dialect:
        return usage.raw
    tokens = {"input_tokens": usage.input_total, "output_tokens": usage.output_total}
    built: dict[str, Any] = {"billed_units": dict(tokens), "tokens": tokens}
    if usage.output_reasoning:
        tokens["reasoning_tokens"] = usage.output_reasoning
    if usage.input_cache_read:
        built["cached_tokens"] = usage.input_cache_read
    return built


def render_meta(usage: Usage, dialect: str) -> Mapping[str, Any]:
    """`usage` as the `meta` of embeddings and rerank; the provider's own object if it was in `dialect` already."""
    if usage.dialect == dialect:
        return usage.raw
    return {"api_version": {"version": "2"}, "billed_units": {"input_tokens": usage.input_total}}
