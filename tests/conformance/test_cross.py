"""Across: every recording of each dialect, written in every other, says the same there, or each difference is named."""

from __future__ import annotations

import itertools

import pytest

from conformance.exchanges import names
from conformance.pairs import cross

TWICE = "it begins a second message in the middle of the first, for a test of an SDK"
ODD_STREAMS = {"ai-a7da91a733c743": TWICE, "ai-b44588c62dd0b6": TWICE}
"""Streams that are none, and why; what other dialects make of them is not looked at."""

_BLOCK = "messages[].content[]"
_PROOF = "choices[].message.content[].proof"
_NO_CALL = "a result of a call that is named as lost: it has the id of no call that is there"
_FEWER = "only the tools that may be used are offered, those left out are named"
_LATE = "the proof comes after the call that would have carried it; to be named"
SAID_OTHERWISE: dict[tuple[str, str, str, str], str] = {
    ("request", "tool choice", "tool_choice", "anthropic"): _FEWER,
    ("request", "tools", "tools[].parameters", "anthropic"): _FEWER,
    ("request", "reasoning", "reasoning.summary", "anthropic"): "a model that thinks tells its thoughts there",
    ("request", "server tools", "tools[]", "openai_responses"): "a custom tool, whose definition is flat there",
    ("request", "tool results", _BLOCK, "cohere"): _NO_CALL,
    ("request", "tool results", f"{_BLOCK}.content[]", "cohere"): _NO_CALL,
    ("request", "other keys", f"{_BLOCK}.reasoning_details", "cohere"): "a thought without text or proof; to be named",
    ("request", "other blocks", _BLOCK, "openai_responses"): "a video beside a tool's result is named at another place",
    ("request", "cache marks", f"{_BLOCK}.cache_control", "anthropic"): "a mark after an empty text, which is named",
    (
        "response",
        "kinds of tokens",
        "usage.input_cache_write_m",
        "openai_chat",
    ): "the sum of both lives is kept, the other named",
    (
        "response",
        "kinds of tokens",
        "usage.input_cache_write_m",
        "openai_responses",
    ): "the sum of both is kept, the other named",
    ("stream", "signatures", _PROOF, "ollama_chat"): _LATE,
    ("stream", "signatures", _PROOF, "ollama_generate"): _LATE,
    (
        "stream",
        "signatures",
        _PROOF,
        "openai_chat",
    ): "all of them are written, each in `reasoning_details`, which a reader of this wire takes as one",
    (
        "stream",
        "usage",
        "usage",
        "cohere",
    ): "a refusal is told as an error, which is named; the usage is written beside it",
    (
        "stream",
        "service tier",
        "service_tier",
        "bedrock_converse",
    ): "said in the last event, which is too late for the hub's beginning of a stream",
}
"""Facts (of which kind of recording, what feature, where, for which dialect) that are neither found nor named, and why."""

_NOTHING = "the conversation is stored with OpenAI, or there is none"
REFUSED = {
    "Invalid 'messages': empty array. Expected at least one message.": _NOTHING,
    "the conversation has nothing in it that Gemini could be told": _NOTHING,
}
"""What a dialect refuses of another's, and why it may."""


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(names(), 2)))
def test_nothing_crosses_in_silence(source: str, target: str) -> None:
    """No crash; what a dialect can't take is refused in words; each fact arrives, or a loss tells of it."""
    pair = cross(source, target)
    assert {key: why for key, why in pair.crashed.items() if key.partition(" ")[2] not in ODD_STREAMS} == {}
    assert {key: found for key, found in pair.silent.items() if (*key, target) not in SAID_OTHERWISE} == {}
    assert {why: found for why, found in pair.refused.items() if why not in REFUSED} == {}


def test_every_reason_is_needed() -> None:
    """A reason for what no longer happens is one too many."""
    pairs = [(target, cross(source, target)) for source, target in itertools.permutations(names(), 2)]
    assert SAID_OTHERWISE.keys() <= {(*key, target) for target, pair in pairs for key in pair.silent}
    assert REFUSED.keys() <= {why for _, pair in pairs for why in pair.refused}
    assert ODD_STREAMS.keys() <= {key.partition(" ")[2] for _, pair in pairs for key in pair.crashed}
