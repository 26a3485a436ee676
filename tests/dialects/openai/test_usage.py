"""OpenAI's `usage` in disjoint buckets."""

from typing import Any

import msgspec
import pytest

from corpus import recordings
from limen.dialects.openai.usage import parse_usage, render_usage
from limen.model.usage import Usage


def usage(prompt: int, completion: int, total: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total or prompt + completion,
        **more,
    }


def details(**counts: int) -> dict[str, Any]:
    return {"prompt_tokens_details": counts}


def spent(**counts: int) -> dict[str, Any]:
    return {"completion_tokens_details": counts}


@pytest.mark.parametrize(
    ("raw", "buckets"),
    [
        (usage(10, 5), {"input_uncached": 10, "output_text": 5}),
        (
            usage(100, 20, **details(cached_tokens=64, audio_tokens=10), **spent(reasoning_tokens=8, audio_tokens=2)),
            {
                "input_uncached": 26,
                "input_cache_read": 64,
                "input_audio": 10,
                "output_text": 10,
                "output_reasoning": 8,
                "output_audio": 2,
            },
        ),
        # OpenRouter: written tokens are in the prompt's too.
        (
            usage(3329, 53, **details(cached_tokens=3211, cache_write_tokens=115)),
            {"input_uncached": 3, "input_cache_read": 3211, "input_cache_write_5m": 115, "output_text": 53},
        ),
        # DeepSeek and Moonshot name cached tokens at the top.
        (
            usage(9, 1, prompt_cache_hit_tokens=8, prompt_cache_miss_tokens=1),
            {"input_uncached": 1, "input_cache_read": 8, "output_text": 1},
        ),
        (usage(9, 1, cached_tokens=8), {"input_uncached": 1, "input_cache_read": 8, "output_text": 1}),
        # xAI: reasoning is beside the completion, and only the total tells.
        (
            usage(10, 35, 420, **spent(reasoning_tokens=375)),
            {"input_uncached": 10, "output_text": 35, "output_reasoning": 375},
        ),
        # Gemini: thoughts are counted nowhere but in the total.
        (usage(35, 12, 109), {"input_uncached": 35, "output_text": 12, "output_reasoning": 62}),
        # Mistral: audio is beside the prompt.
        (
            usage(11, 15, 401, **details(audio_tokens=375, cached_tokens=9)),
            {"input_uncached": 2, "input_cache_read": 9, "input_audio": 375, "output_text": 15},
        ),
        # Two that contradict themselves; the total is believed.
        (usage(262, 46, **details(cached_tokens=314)), {"input_cache_read": 262, "output_text": 46}),
        (usage(1, 16, **spent(reasoning_tokens=19)), {"input_uncached": 1, "output_reasoning": 16}),
        (
            usage(50, 1, cache_creation_input_tokens=40, cache_creation={"ephemeral_1h_input_tokens": 30}),
            {"input_uncached": 10, "input_cache_write_5m": 10, "input_cache_write_1h": 30, "output_text": 1},
        ),
        ({"prompt_tokens": None, "completion_tokens": "x", "prompt_tokens_details": None}, {}),
        ({}, {}),
    ],
)
def test_each_token_is_in_one_bucket(raw: dict[str, Any], buckets: dict[str, int]) -> None:
    """Whichever way the server counts, as its total tells."""
    assert parse_usage(raw, "openai_chat") == Usage(**buckets, dialect="openai_chat", raw=raw)


def test_recorded_buckets_add_up_to_the_total() -> None:
    """In every recorded answer, and none is negative."""
    for exchange in recordings("chat"):
        raw = (exchange.get("response") or {}).get("usage") if exchange["status"] == 200 else None
        if isinstance(raw, dict):
            found = parse_usage(raw, "openai_chat")
            counts = [value for value in msgspec.structs.asdict(found).values() if isinstance(value, int)]
            assert min(counts) >= 0, exchange["id"]
            assert found.total == raw.get("total_tokens", found.total), exchange["id"]


def test_own_usage_goes_back_untouched() -> None:
    """With all that the hub does not count."""
    raw = usage(1, 2, cost=0.5, queue_time=1.5)
    assert render_usage(parse_usage(raw, "openai_chat"), "openai_chat") is raw


def test_another_dialects_usage_is_said_in_openais_words() -> None:
    """Sums include what OpenAI's sums include."""
    found = render_usage(
        Usage(
            input_uncached=1,
            input_cache_read=2,
            input_cache_write_5m=3,
            input_audio=4,
            output_text=5,
            output_reasoning=6,
        ),
        "openai_chat",
    )
    assert found["prompt_tokens"] == 10
    assert found["completion_tokens"] == 11
    assert found["total_tokens"] == 21
    assert found["prompt_tokens_details"] == {"cached_tokens": 2, "audio_tokens": 4, "cache_write_tokens": 3}
    assert found["completion_tokens_details"] == {"reasoning_tokens": 6, "audio_tokens": 0}
