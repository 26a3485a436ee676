"""What a model's id says."""

import pytest

from limen.dialects.bedrock.models import Model, read_model


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "claude"),
        ("global.anthropic.claude-sonnet-5", "claude"),
        ("anthropic.claude-v2:1", "claude"),
        ("us.amazon.nova-2-lite-v1:0", "nova"),
        ("openai.gpt-oss-120b-1:0", "gpt_oss"),
        ("qwen.qwen3-32b-v1:0", "qwen"),
        ("mistral.pixtral-large-2502-v1:0", "mistral"),
        ("cohere.command-r-v1:0", "cohere"),
        ("meta.llama3-1-8b-instruct-v1:0", "other"),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0", "claude"),
        ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_family(name: str, family: str) -> None:
    """Regions, dates and ARNs around a name don't matter."""
    assert read_model(name).family == family


def test_what_the_models_take() -> None:
    """Claude by its version, Nova by its generation; others by their maker."""
    assert read_model("us.anthropic.claude-3-7-sonnet-20250219-v1:0").claude.version == (3, 7)
    assert not read_model("anthropic.claude-3-haiku-20240307-v1:0").structured
    assert read_model("anthropic.claude-sonnet-5").structured
    assert (read_model("amazon.nova-2-lite-v1:0").generation, read_model("amazon.nova-lite-v1:0").generation) == (2, 0)
    assert not read_model("meta.llama3-1-8b-instruct-v1:0").structured
    assert read_model("minimax.minimax-m2").structured
    assert Model("nova").caches
    assert not Model("other").caches
