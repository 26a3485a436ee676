"""Why an answer ends."""

from limen.dialects.ollama.finish import parse_reason, render_reason
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses


def test_a_stop_after_calls_is_for_the_tools() -> None:
    """Clients of other dialects look for that word."""
    assert parse_reason("stop", calls=True) == "tool_calls"
    assert parse_reason("stop", calls=False) == "stop"
    assert parse_reason("length", calls=True) == "length"
    assert parse_reason("load", calls=False) == "other"


def test_ollamas_own_word_comes_back() -> None:
    """Known or not."""
    assert render_reason("other", "load", None, Rendering("o", "o", Losses())) == "load"


def test_other_words_become_the_nearest() -> None:
    """What is bent is named."""
    losses = Losses()
    rendering = Rendering("o", "other", losses)
    assert render_reason("tool_calls", "tool_use", None, rendering) == "stop"
    assert render_reason("length", "max_tokens", None, rendering) == "length"
    assert not losses
    assert render_reason("stop_sequence", "stop_sequence", "END", rendering) == "stop"
    assert render_reason("content_filter", "content_filter", None, rendering) == "stop"
    assert list(losses) == ["stop_sequence", "finish_reason"]
