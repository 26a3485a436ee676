"""Why an answer ended."""

import pytest

from limen.dialects.cohere.finish import parse_reason, render_reason
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses


@pytest.mark.parametrize("word", ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR"])
def test_words_come_back_through_the_hub(word: str) -> None:
    """Without the provider's own word."""
    losses = Losses()
    assert render_reason(parse_reason(word), None, Rendering("cohere", "test", losses)) == word
    assert not losses


def test_its_own_word_is_given_back() -> None:
    """Even one that nobody knows."""
    assert parse_reason("NEW") == "other"
    assert render_reason("other", "NEW", Rendering("cohere", "cohere", Losses())) == "NEW"


def test_a_filtered_answer_does_not_look_complete() -> None:
    """It is said as an error, and named."""
    losses = Losses()
    assert render_reason("content_filter", None, Rendering("cohere", "test", losses)) == "ERROR"
    assert render_reason("pause", None, Rendering("cohere", "test", losses)) == "COMPLETE"
    assert list(losses) == ["finish_reason"]
