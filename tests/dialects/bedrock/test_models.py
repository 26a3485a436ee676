"""What a model's id says."""

import pytest

from limen.dialects.bedrock.models import Model, read_model


@pytest.mark.parametrize(
    ("name", "family", "version"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "claude", (4, 5)),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude", (3, 7)),
        ("anthropic.claude-opus-4-20250514-v1:0", "claude", (4, 0)),
        ("global.anthropic.claude-sonnet-5", "claude", (5, 0)),
        ("anthropic.claude-v2:1", "claude", (2, 0)),
        ("us.amazon.nova-2-lite-v1:0", "nova", (2, 0)),
        ("openai.gpt-oss-120b-1:0", "gpt_oss", (0, 0)),
        ("mistral.pixtral-large-2502-v1:0", "mistral", (0, 0)),
        ("meta.llama3-1-8b-instruct-v1:0", "other", (0, 0)),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0", "claude", (3, 0)),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "unknown", (0, 0)),
        ("", "unknown", (0, 0)),
    ],
)
def test_family_and_version(name: str, family: str, version: tuple[int, int]) -> None:
    """Regions, dates and ARNs around a name don't matter."""
    found = read_model(name)
    assert found.family == family
    if family in ("claude", "nova"):
        assert found.version[0] == version[0]
        assert name.endswith("nova-2-lite-v1:0") or found.version == version


def test_what_the_versions_of_claude_can() -> None:
    """3.7 was the first to think, 4.6 the first to measure it itself."""
    assert not Model("claude", (3, 5)).thinks
    assert Model("claude", (3, 7)).thinks
    assert not Model("claude", (4, 5)).adapts
    assert Model("claude", (4, 6)).adapts
    assert Model("nova").caches
    assert not Model("other").caches
