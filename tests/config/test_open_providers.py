"""Providers that serve any of their models."""

from __future__ import annotations

from checking import built, errors, found


def test_each_is_served_under_its_plain_name() -> None:
    """Clients write it before the slash; no endpoint is needed then."""
    snapshot = built("providers:\n  OpenAI: {openai_api_key: $KEY}\n  demo:\n", environ={"KEY": "k"})
    assert sorted(snapshot.open_providers) == ["demo", "openai"]
    assert snapshot.open_providers["openai"].settings.model is None
    assert snapshot.endpoints == {}


def test_their_blocks_are_checked_like_any() -> None:
    """Unknown names, missing keys, unknown keys, all at once, with lines."""
    problems = found("providers:\n  opnai: {}\n  openai: {openai_api_key: $NOT_SET, x: 1}\n  groq:\n  anthropic: {}\n")
    assert [(problem.severity, problem.path, problem.line) for problem in problems] == [
        ("error", "providers.opnai", 2),
        ("error", "providers.openai.openai_api_key", 3),
        ("warning", "providers.openai.x", 3),
        ("error", "providers.groq", 4),
        ("error", "providers.anthropic", 5),
    ]


def test_one_provider_in_two_spellings_is_an_error() -> None:
    """One of the two would be lost without a word."""
    (error,) = errors("providers: {demo: , DEMO: }")
    assert "this is the same provider as 'demo'" in error


def test_a_list_of_names_is_explained() -> None:
    """A likely mistake."""
    (error,) = errors("endpoints: []\nproviders: [openai]")
    assert "`providers`: this must be a mapping; write a provider's name" in error
