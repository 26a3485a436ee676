"""Counts of tokens."""

from typing import Any

from limen.dialects.ollama.usage import put_usage, take_usage
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses
from limen.model.usage import Usage


def test_counts_are_taken_out() -> None:
    """A count of zero is not said; what is no number stays."""
    rest: dict[str, Any] = {"prompt_eval_count": 7, "eval_count": "x", "eval_duration": 9}
    usage = take_usage(rest, "o")
    assert usage is not None
    assert (usage.input_total, usage.output_total, usage.raw) == (7, 0, {"prompt_eval_count": 7})
    assert rest == {"eval_count": "x", "eval_duration": 9}
    assert take_usage({}, "o") is None


def test_no_count_is_negative() -> None:
    """Even if a server says so."""
    usage = take_usage({"eval_count": -5}, "o")
    assert usage is not None
    assert usage.total == 0


def test_another_dialects_counts_are_sums() -> None:
    """All that went in, all that came out."""
    built: dict[str, Any] = {}
    usage = Usage(input_uncached=1, input_cache_read=2, output_text=3, output_reasoning=4, dialect="x", raw={"a": 1})
    put_usage(usage, built, Rendering("o", "x", Losses()))
    assert built == {"prompt_eval_count": 3, "eval_count": 7}
