"""Why an answer ended."""

import pytest

from limen.dialects.bedrock.finish import parse_reason, render_reason
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop_sequence"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("malformed_tool_use", "error"),
        ("model_context_window_exceeded", "length"),
        ("tomorrow", "other"),
    ],
)
def test_each_word_has_its_reason(word: str, reason: str) -> None:
    """And comes back as it was."""
    assert parse_reason(word) == reason
    assert render_reason(parse_reason(word), word, Rendering("w", "w", Losses())) == word


def test_a_reason_without_a_word_is_named() -> None:
    """Others are said in the nearest word."""
    losses = Losses()
    rendering = Rendering("w", "other", losses, answer=True)
    assert render_reason("length", "length", rendering) == "max_tokens"
    assert not losses
    assert render_reason("pause", "pause_turn", rendering) == "end_turn"
    assert list(losses) == ["finish_reason"]
