"""What each generation of Claude takes, read from its name."""

import pytest

from limen.dialects.anthropic.models import Claude, claude


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("claude-3-haiku-20240307", (3, 0)),
        ("claude-3-5-sonnet-latest", (3, 5)),
        ("claude-3.7-sonnet", (3, 7)),
        ("claude-sonnet-4-20250514", (4, 0)),
        ("claude-opus-4-1", (4, 1)),
        ("claude-sonnet-4-5-20250929", (4, 5)),
        ("us.anthropic.claude-opus-4-6-v1:0", (4, 6)),
        ("claude-haiku-4-5@20251001", (4, 5)),
        ("anthropic/claude-4.7-opus", (4, 7)),
        ("claude-mythos-preview", (5, 0)),
        ("claude-fable-5-1", (5, 1)),
        ("kimi-k2", None),
    ],
)
def test_a_version_is_read_from_every_spelling(name: str, version: tuple[int, int] | None) -> None:
    """Anthropic's own names, Bedrock's, Vertex' and OpenRouter's."""
    assert claude(name).version == version


def test_a_model_that_is_not_known_gets_the_oldest_spelling() -> None:
    """Somebody else's server of this dialect: nothing is assumed."""
    assert claude("glm-5") == Claude()


def test_generations_differ_as_documented() -> None:
    """Thinking by budget up to 4.6, by effort from there on; sampling up to 4.6; always thinking in the newest."""
    names = (
        "claude-3-5-haiku",
        "claude-sonnet-4-5",
        "claude-opus-4-6",
        "claude-opus-4-8",
        "claude-sonnet-5",
        "claude-opus-5-5",
    )
    found = [claude(name) for name in names]
    assert [each.budgets for each in found] == [False, True, True, False, False, False]
    assert [each.adaptive for each in found] == [False, False, True, True, True, True]
    assert [each.samples for each in found] == [True, True, True, False, False, False]
    assert [each.thinks for each in found] == [False, False, False, False, True, True]
    assert [each.off for each in found] == [*["disabled"] * 5, None]
    assert [each.forces for each in found] == [True, True, True, True, True, False]
    assert [each.prefills for each in found] == [True, True, False, False, False, False]
    assert claude("claude-sonnet-5-5").off == "between_tools"
    assert claude("claude-opus-4-5").efforts == ("low", "medium", "high")
    assert "xhigh" not in claude("claude-opus-4-6").efforts
    assert claude("claude-haiku-4-5").efforts == ()


def test_bounds_on_output() -> None:
    """What is filled in never exceeds what the model gives."""
    names = ("claude-3-opus", "claude-3-5-sonnet", "claude-opus-4-1", "claude-sonnet-4-5", "claude-opus-5")
    assert [claude(name).most_tokens for name in names] == [4096, 8192, 32000, 64000, 128000]
    assert [claude(name).default_tokens for name in names] == [4096, 8192, 32000, 32000, 32000]
    assert (claude("other").most_tokens, claude("other").default_tokens) == (None, 4096)
