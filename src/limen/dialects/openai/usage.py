"""OpenAI's `usage` object to and from the hub's disjoint buckets.

`prompt_tokens` includes cached and audio tokens, `completion_tokens` includes reasoning, says OpenAI; servers that speak its
dialect differ, and `total_tokens` tells which way: xAI leaves reasoning out of `completion_tokens`, Mistral audio out of
`prompt_tokens`, Gemini counts thoughts nowhere but in the total. So whatever the total has beyond both is put where it
belongs, and the sum of all buckets is the provider's total. Seen in recordings of each.

Must not: price anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.model.usage import Usage

PromptBuckets = tuple[int, int, int, int, int]


def parse_usage(raw: Mapping[str, Any], dialect: str) -> Usage:
    """The buckets of `raw`, which is kept whole. Figures that contradict each other are cut to fit the total."""
    prompt, completion = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    details, spent = _details(raw, "prompt_tokens_details"), _details(raw, "completion_tokens_details")
    reasoning = _count(spent, "reasoning_tokens") or _count(raw, "reasoning_tokens")
    heard = _count(details, "audio_tokens")
    beyond = max(0, _count(raw, "total_tokens") - prompt - completion)
    if heard and beyond >= heard:
        prompt, beyond = prompt + heard, beyond - heard
    completion += beyond
    reasoning = min(max(reasoning, beyond), completion)
    spoken = min(_count(spent, "audio_tokens"), completion - reasoning)
    uncached, read, short, long, audio = _prompt_buckets(raw, details, prompt, heard)
    return Usage(
        input_uncached=uncached,
        input_cache_read=read,
        input_cache_write_5m=short,
        input_cache_write_1h=long,
        input_audio=audio,
        output_text=completion - reasoning - spoken,
        output_reasoning=reasoning,
        output_audio=spoken,
        dialect=dialect,
        raw=raw,
    )


def _prompt_buckets(raw: Mapping[str, Any], details: Mapping[str, Any], prompt: int, heard: int) -> PromptBuckets:
    """What `prompt` tokens are made of: uncached, read from cache, written for 5 minutes, for an hour, audio."""
    cached = (
        _count(details, "cached_tokens")
        or _count(raw, "prompt_cache_hit_tokens")  # DeepSeek
        or _count(raw, "cached_tokens")  # Moonshot
        or _count(raw, "cache_read_input_tokens")
    )
    left = prompt
    read = min(cached, left)
    left -= read
    written = min(_count(details, "cache_write_tokens") or _count(raw, "cache_creation_input_tokens"), left)
    left -= written
    long = min(_count(_details(raw, "cache_creation"), "ephemeral_1h_input_tokens"), written)
    audio = min(heard, left)
    return left - audio, read, written - long, long, audio


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _details(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def render_usage(usage: Usage, dialect: str) -> Mapping[str, Any]:
    """`usage` in OpenAI's words; the provider's own object if it was OpenAI's already."""
    if usage.dialect == dialect:
        return usage.raw
    prompt: dict[str, Any] = {"cached_tokens": usage.input_cache_read, "audio_tokens": usage.input_audio}
    written = usage.input_cache_write_5m + usage.input_cache_write_1h
    if written:
        prompt["cache_write_tokens"] = written
    return {
        "prompt_tokens": usage.input_total,
        "completion_tokens": usage.output_total,
        "total_tokens": usage.total,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {
            "reasoning_tokens": usage.output_reasoning,
            "audio_tokens": usage.output_audio,
        },
    }
