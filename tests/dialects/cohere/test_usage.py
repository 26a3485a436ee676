"""Usage in buckets that don't overlap."""

from limen.dialects.cohere.usage import parse_usage, render_usage
from limen.model.usage import Usage


def test_each_token_is_in_one_bucket() -> None:
    """Cached ones are part of the input, reasoning is part of the output, pictures stand beside."""
    tokens = {"input_tokens": 502, "output_tokens": 86, "image_tokens": 259, "reasoning_tokens": 28}
    usage = parse_usage({"tokens": tokens, "cached_tokens": 480}, "cohere")
    assert (usage.input_uncached, usage.input_cache_read, usage.output_text, usage.output_reasoning) == (
        281,
        480,
        58,
        28,
    )
    assert usage.total == 502 + 259 + 86


def test_billed_units_serve_where_there_is_nothing_else() -> None:
    """As in answers to embeddings, and odd values count as nothing."""
    assert parse_usage({"billed_units": {"input_tokens": 4}}, "cohere").input_total == 4
    assert (
        parse_usage({"tokens": {"input_tokens": -1}, "cached_tokens": "x", "billed_units": None}, "cohere").total == 0
    )


def test_usage_of_others_is_told() -> None:
    """And its own goes back untouched."""
    told = render_usage(Usage(input_uncached=1, input_cache_read=2, output_text=3, output_reasoning=4), "cohere")
    assert told["tokens"] == {"input_tokens": 3, "output_tokens": 7, "reasoning_tokens": 4}
    assert told["cached_tokens"] == 2
    raw = {"x": 1}
    assert render_usage(parse_usage(raw, "cohere"), "cohere") is raw
