"""Why an answer ended."""

import pytest

from limen.dialects.openai.finish import parse_reason, render_reason
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses
from limen.model.response import FinishReason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [("stop", "stop"), ("eos", "stop"), ("length", "length"), ("function_call", "tool_calls"), ("new_word", "other")],
)
def test_words_are_known_or_other(raw: str, reason: FinishReason) -> None:
    """An unknown word is kept beside the reason and comes back to its own wire."""
    assert parse_reason(raw) == reason
    assert render_reason(reason, raw, Rendering("here", "here", Losses())) == raw


@pytest.mark.parametrize(
    ("reason", "word", "lossy"),
    [
        ("stop_sequence", "stop", False),
        ("tool_calls", "tool_calls", False),
        ("pause", "stop", True),
        ("other", "stop", True),
    ],
)
def test_another_dialects_reason_is_said_in_openais_words(reason: FinishReason, word: str, lossy: bool) -> None:
    """The nearest word; where that bends the meaning it is a named loss."""
    losses = Losses()
    assert render_reason(reason, "their_word", Rendering("here", "there", losses)) == word
    assert bool(losses) == lossy
