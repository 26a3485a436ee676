"""Counts of tokens."""

from typing import Any

import pytest

from corpus import bodies
from gemini_wire import DIALECT
from limen.dialects.gemini.usage import parse_usage, render_usage
from limen.model.usage import Usage

AUDIO = {"modality": "AUDIO", "tokenCount": 30}


@pytest.mark.parametrize(
    ("raw", "usage"),
    [
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 40,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 5,
                "toolUsePromptTokenCount": 11,
                "totalTokenCount": 123,
            },
            Usage(input_uncached=71, input_cache_read=40, output_text=7, output_reasoning=5),
        ),
        (
            {
                "promptTokenCount": 50,
                "candidatesTokenCount": 40,
                "promptTokensDetails": [AUDIO],
                "candidatesTokensDetails": [AUDIO],
            },
            Usage(input_uncached=20, input_audio=30, output_text=10, output_audio=30),
        ),
        (
            {
                "promptTokenCount": 50,
                "cachedContentTokenCount": 50,
                "promptTokensDetails": [AUDIO],
                "cacheTokensDetails": [AUDIO],
            },
            Usage(input_cache_read=50),
        ),
        (
            {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 9},
            Usage(input_uncached=1, output_text=2, output_reasoning=6),
        ),
        (
            {"promptTokenCount": 263, "candidatesTokenCount": 35, "totalTokenCount": 35},
            Usage(input_uncached=263, output_text=35),
        ),
        ({"promptTokenCount": 1, "cachedContentTokenCount": 5, "totalTokenCount": None}, Usage(input_cache_read=1)),
        ({"promptTokensDetails": "odd", "candidatesTokenCount": -3}, Usage()),
    ],
)
def test_each_token_is_in_one_bucket(raw: dict[str, Any], usage: Usage) -> None:
    """Cached ones are part of the prompt, thoughts are not part of what was said."""
    found = parse_usage(raw)
    assert (found.dialect, found.raw) == ("gemini", raw)
    for name in (
        "input_uncached",
        "input_cache_read",
        "input_audio",
        "output_text",
        "output_reasoning",
        "output_audio",
    ):
        assert getattr(found, name) == getattr(usage, name), name


def test_recorded_sums_are_true() -> None:
    """The buckets add up to the provider's own total, wherever that is not less than its parts."""
    for name, body in bodies("generateContent", "response"):
        usage = DIALECT.parse_response(body).usage
        total = usage and usage.raw.get("totalTokenCount")
        if total and total >= usage.raw.get("promptTokenCount", 0) + usage.raw.get("candidatesTokenCount", 0):
            assert usage.total == total, name


def test_another_dialects_usage() -> None:
    """In Gemini's words, with the sums that belong to them."""
    usage = Usage(
        input_uncached=5, input_cache_read=3, input_audio=2, output_text=4, output_reasoning=6, dialect="other"
    )
    assert render_usage(usage) == {
        "promptTokenCount": 10,
        "candidatesTokenCount": 4,
        "totalTokenCount": 20,
        "cachedContentTokenCount": 3,
        "thoughtsTokenCount": 6,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}, {"modality": "AUDIO", "tokenCount": 2}],
    }
    assert parse_usage(render_usage(usage)).total == usage.total
