"""Anthropic's usage and the hub's buckets."""

from anthropic_wire import RESPONSE
from limen.dialects.anthropic.usage import parse_usage, render_usage, tier_of, tier_word
from limen.model.usage import Usage


def test_caches_are_beside_the_input_not_in_it() -> None:
    """Each token is in one bucket, and the sum is what was billed (LiteLLM #9812 counted cached ones twice)."""
    usage = parse_usage(RESPONSE["usage"], "anthropic")
    buckets = (usage.input_uncached, usage.input_cache_read, usage.input_cache_write_5m, usage.input_cache_write_1h)
    assert buckets == (10, 5, 4, 3)
    assert (usage.output_text, usage.output_reasoning) == (12, 8)
    assert (usage.input_total, usage.total) == (22, 42)


def test_figures_that_make_no_sense_are_cut() -> None:
    """Never negative, and no part larger than its whole."""
    raw = {
        "input_tokens": -1,
        "output_tokens": 3,
        "cache_creation_input_tokens": 2,
        "cache_creation": {"ephemeral_1h_input_tokens": 9},
        "output_tokens_details": {"thinking_tokens": 7},
        "cache_read_input_tokens": None,
    }
    usage = parse_usage(raw, "anthropic")
    assert (usage.input_total, usage.input_cache_write_1h, usage.input_cache_write_5m) == (2, 2, 0)
    assert (usage.output_text, usage.output_reasoning) == (0, 3)
    assert parse_usage({"cache_creation": {"ephemeral_5m_input_tokens": 4}}, "anthropic").input_cache_write_5m == 4


def test_anothers_usage_is_told_in_anthropics_words() -> None:
    """With the same sums; Anthropic's own object goes back as it came."""
    usage = Usage(5, 4, 3, 2, 1, output_text=6, output_reasoning=7, dialect="other")
    built = render_usage(usage, "anthropic")
    assert parse_usage(built, "anthropic").total == usage.total
    assert built["cache_creation"] == {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 2}
    assert built["output_tokens_details"] == {"thinking_tokens": 7}
    assert render_usage(None, "anthropic") == {"input_tokens": 0, "output_tokens": 0}
    raw = {"x": 1}
    assert render_usage(Usage(dialect="anthropic", raw=raw), "anthropic") is raw


def test_tiers_have_two_words() -> None:
    """`standard` is what others call `default`."""
    assert (tier_of({"service_tier": "standard"}), tier_word("default")) == ("default", "standard")
    assert (tier_of({"service_tier": "batch"}), tier_of({}), tier_word("flex")) == (None, None, None)
