"""The `usage` object."""

from limen.dialects.responses.usage import parse_usage, render_usage
from limen.model.usage import Usage
from responses_wire import answer


def test_each_token_is_in_one_bucket() -> None:
    """Cached, written and reasoning tokens are taken out of what includes them, and put back."""
    raw = answer()["usage"]
    found = parse_usage(raw, "w")
    assert (found.input_uncached, found.input_cache_read, found.input_cache_write_5m) == (5, 4, 1)
    assert (found.output_text, found.output_reasoning, found.total) == (4, 2, 16)
    assert (render_usage(found, "w"), render_usage(found, "other")) == (raw, raw)


def test_odd_figures_are_cut_to_fit() -> None:
    """None is below zero, whatever a server says; what the total has beyond both is reasoning."""
    details = {"input_tokens_details": {"cached_tokens": 9}, "output_tokens_details": None}
    found = parse_usage({"input_tokens": 3, "output_tokens": 1.0, "total_tokens": 9, **details}, "w")
    assert found == Usage(0, 3, output_text=1, output_reasoning=5, dialect="w", raw=found.raw)
