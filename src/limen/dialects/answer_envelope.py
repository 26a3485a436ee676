"""What of an answer is its wire's own envelope: its absence elsewhere is no loss, and is not named.

Ids, times, durations, fingerprints, positions and the names of machines say how an answer was made and carried, not what it
says. A wire that has such things has its own; the client of another never had them. Counters at zero say nothing either.

Must not: list what a user would miss (filters' verdicts, costs, citations, containers to come back to).
"""

from __future__ import annotations

from typing import Any

ENVELOPE = frozenset(
    {
        # Names of the answer and of its parts.
        *("id", "object", "request_id", "response_id", "responseId", "generation_id", "generationId", "item_id"),
        # When it was made, and how long that took.
        *("created", "created_at", "createTime", "completed_at", "time_info", "timings", "metrics"),
        *("total_duration", "load_duration", "prompt_eval_duration", "eval_duration"),
        # What made it, and who.
        *("system_fingerprint", "modelVersion", "provider", "x_groq"),
        # Where a piece stood, filling against eavesdroppers, a second word for the end, a mean that nobody asked for.
        *("index", "output_index", "padding", "obfuscation", "native_finish_reason", "avgLogprobs"),
        # Who pays.
        "billing",
    }
)
"""Keys, at any place of an answer. Source: the recorded answers of all dialects."""
USUAL_TIERS = frozenset({"default", "standard", "on_demand", "auto"})
"""The tiers that are nobody's wish."""


def is_envelope(key: str, value: Any) -> bool:
    """Whether nobody misses what an answer has under `key`."""
    return key in ENVELOPE or _is_zero(value)


def _is_zero(value: Any) -> bool:
    """Whether all counts in an object are zero."""
    if isinstance(value, dict):
        return all(_is_zero(inner) for inner in value.values())
    return value is None or (type(value) is int and value == 0)
