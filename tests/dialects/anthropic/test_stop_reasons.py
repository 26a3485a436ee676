"""Why an answer ended."""

import pytest

from limen.dialects.anthropic.stop_reasons import parse_reason, render_reason
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses


def word(reason: str, losses: Losses, *, calls: bool = False, refused: bool = False) -> str:
    return render_reason(reason, "x", Rendering("anthropic", "other", losses), calls=calls, refused=refused)  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"])
def test_words_go_there_and_back(raw: str) -> None:
    """Each of Anthropic's words has one of the hub's, and the other way round."""
    losses = Losses()
    assert word(parse_reason(raw), losses) == raw
    assert not losses


def test_an_unknown_word_stays_at_home() -> None:
    """It is told as it was to a client of the same wire, and by name as the nearest elsewhere."""
    assert parse_reason("new_reason") == "other"
    home = Rendering("anthropic", "anthropic", Losses())
    assert render_reason("other", "new_reason", home, calls=False, refused=False) == "new_reason"
    losses = Losses()
    assert word("error", losses) == "end_turn"
    assert list(losses) == ["stop_reason"]


def test_a_stop_with_calls_is_a_tool_use() -> None:
    """Anthropic's clients run tools by the reason alone; some servers end such an answer with a plain stop."""
    assert word("stop", Losses(), calls=True) == "tool_use"
    assert word("stop", Losses(), refused=True) == "refusal"
    assert parse_reason("model_context_window_exceeded") == "length"
