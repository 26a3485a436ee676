"""Token counts."""

from typing import Any

import pytest

from bedrock_wire import USAGE
from limen.dialects.bedrock.usage import parse_usage, render_usage
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses
from limen.model.usage import Usage

RENDERING = Rendering("bedrock_converse", "other", Losses())


def test_buckets_add_up_to_the_total() -> None:
    """Cached tokens are beside `inputTokens`, not in them; what is kept for an hour has a bucket of its own."""
    found = parse_usage(USAGE)
    assert (found.input_uncached, found.input_cache_read) == (10, 5)
    assert (found.input_cache_write_5m, found.input_cache_write_1h, found.output_text) == (10, 15, 20)
    assert found.total == USAGE["totalTokens"]
    assert render_usage(found, RENDERING) is USAGE


@pytest.mark.parametrize(
    "raw", [{}, {"inputTokens": -1, "outputTokens": "x", "cacheDetails": 3}, {"cacheDetails": [1]}]
)
def test_odd_counts_are_nothing(raw: dict[str, Any]) -> None:
    """Never negative, never an error."""
    assert parse_usage(raw).total == 0


def test_others_counts_are_said_in_bedrocks_words() -> None:
    """Thoughts and sound are in the sums; cached tokens beside them."""
    usage = Usage(10, 1, 2, 3, 4, 5, 6, 7, dialect="other")
    losses = Losses()
    told = render_usage(usage, Rendering("bedrock_converse", "other", losses))
    assert list(losses) == ["usage.input_audio", "usage.output_reasoning", "usage.output_audio"]
    assert told == {
        "inputTokens": 14,
        "outputTokens": 18,
        "totalTokens": 38,
        "cacheReadInputTokens": 1,
        "cacheWriteInputTokens": 5,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 2}, {"ttl": "1h", "inputTokens": 3}],
    }
    assert parse_usage(told).total == usage.total
    assert "cacheReadInputTokens" not in render_usage(Usage(input_uncached=1, dialect="other"), RENDERING)
