"""``usageMetadata``, to and from the hub's disjoint buckets.

`promptTokenCount` includes what came from the cache; `candidatesTokenCount` leaves thoughts out; the prompts of tools that
Google ran (`toolUsePromptTokenCount`) are counted beside both; and `totalTokenCount` is the sum of all four. So it is in every
recording but a few whose total is missing or less than its parts. What a total has beyond the parts are thoughts that an
older API did not count by themselves.

Must not: price anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.dialects.gemini.spelling import WIRE
from limen.model.usage import Usage

_AUDIO = ("AUDIO", 4)


def parse_usage(raw: Mapping[str, Any]) -> Usage:
    """The buckets of `raw`, which is kept whole."""
    prompt, said = _count(raw, "promptTokenCount"), _count(raw, "candidatesTokenCount")
    thoughts, tools = _count(raw, "thoughtsTokenCount"), _count(raw, "toolUsePromptTokenCount")
    beyond = _count(raw, "totalTokenCount") - prompt - said - thoughts - tools
    cached = min(_count(raw, "cachedContentTokenCount"), prompt)
    heard = max(0, _audio(raw, "promptTokensDetails") - _audio(raw, "cacheTokensDetails"))
    heard = min(heard, prompt - cached)
    spoken = min(_audio(raw, "candidatesTokensDetails"), said)
    return Usage(
        input_uncached=prompt - cached - heard + tools,
        input_cache_read=cached,
        input_audio=heard,
        output_text=said - spoken,
        output_reasoning=thoughts + max(0, beyond),
        output_audio=spoken,
        dialect=WIRE,
        raw=raw,
    )


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _audio(raw: Mapping[str, Any], key: str) -> int:
    """The tokens of sound in a list of counts by modality."""
    details = raw.get(key)
    if not isinstance(details, list):
        return 0
    return sum(
        [_count(each, "tokenCount") for each in details if isinstance(each, dict) and each.get("modality") in _AUDIO]
    )


def render_usage(usage: Usage) -> Mapping[str, Any]:
    """`usage` in Gemini's words; the provider's own object if it was Gemini's already."""
    if usage.dialect == WIRE:
        return usage.raw
    built: dict[str, Any] = {"promptTokenCount": usage.input_total}
    built["candidatesTokenCount"] = usage.output_text + usage.output_audio
    built["totalTokenCount"] = usage.total
    if usage.input_cache_read:
        built["cachedContentTokenCount"] = usage.input_cache_read
    if usage.output_reasoning:
        built["thoughtsTokenCount"] = usage.output_reasoning
    for key, total, audio in (
        ("promptTokensDetails", usage.input_total, usage.input_audio),
        ("candidatesTokensDetails", usage.output_text + usage.output_audio, usage.output_audio),
    ):
        if audio:
            text = {"modality": "TEXT", "tokenCount": total - audio}
            built[key] = [text, {"modality": "AUDIO", "tokenCount": audio}]
    return built
