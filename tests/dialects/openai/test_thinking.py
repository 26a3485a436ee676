"""Thoughts in a message."""

from typing import Any

import pytest

from limen.dialects.json_text import decode, encode
from limen.dialects.openai.thinking import KEYS, key_of, render_thinking, take_thinking, under
from limen.dialects.rendering import Rendering
from limen.model.content import Proof, Thinking
from limen.model.losses import Losses

WIRE = "openai_chat"
SIGNED = [{"type": "reasoning.text", "text": "hm", "signature": "c2ln", "index": 0}]
SECRET = [{"type": "reasoning.encrypted", "data": "eA=="}]
OPEN = [{"type": "reasoning.text", "text": "hm", "index": 0}]


def written(
    thoughts: list[Thinking], origin: str, losses: Losses, *, answer: bool = False, key: str | None = None
) -> Any:
    built: dict[str, Any] = {}
    rendering = Rendering(WIRE, origin, losses, answer=answer)
    render_thinking([(f"m[{i}]", thought) for i, thought in enumerate(thoughts)], built, rendering, key)
    return decode(encode(built))


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_read_and_written(key: str) -> None:
    """Whatever a server calls it."""
    rest = {key: "hm", "content": "x"}
    (thought,) = take_thinking(rest, WIRE)
    assert (thought.text, thought.proof, key_of(thought), rest) == ("hm", None, key, {"content": "x"})
    assert written([thought], WIRE, Losses()) == {key: "hm"}
    assert key_of(Thinking("", extra=under(key))) == key


@pytest.mark.parametrize(
    "rest", [{}, {"reasoning": None}, {"reasoning": "", "reasoning_details": []}, {"reasoning": {"x": 1}}]
)
def test_no_thoughts_are_no_block(rest: dict[str, Any]) -> None:
    """Empty ones stay where they were."""
    before = dict(rest)
    assert take_thinking(rest, WIRE) == []
    assert rest == before


@pytest.mark.parametrize(
    ("message", "text", "sealed"),
    [
        ({"reasoning": "hm", "reasoning_details": SIGNED}, "hm", True),
        ({"reasoning": None, "reasoning_details": SECRET}, "", True),
        ({"reasoning_details": OPEN}, "hm", False),
        ({"reasoning": "hm", "reasoning_details": OPEN}, "hm", False),
    ],
)
def test_details_come_back_as_they_were(message: dict[str, Any], text: str, sealed: bool) -> None:
    """Signed or encrypted ones are a proof of this wire; others are kept beside the text."""
    rest = dict(message)
    (thought,) = take_thinking(rest, WIRE)
    assert thought.text == text
    assert thought.redacted == (text == "")
    assert (thought.proof is not None) == sealed
    assert {**rest, **written([thought], WIRE, Losses())} == message


def test_another_issuers_proof_travels_with_a_client_and_home_again() -> None:
    """A client of this dialect carries it in the details; what it sends back is the same thoughts."""
    losses = Losses()
    thoughts = [Thinking("one", Proof("anthropic", "sig", "id")), Thinking("", Proof("gemini", "data"), redacted=True)]
    carried = written(thoughts, "anthropic", losses, answer=True, key="reasoning_content")
    assert carried["reasoning_content"] == "one"
    assert take_thinking(carried, WIRE) == thoughts
    assert carried == {}
    assert not losses


def test_a_proof_is_never_sent_to_another_issuer() -> None:
    """In a request it is left out, by name; this wire's own goes back even through another dialect."""
    losses = Losses()
    sent = written([Thinking("one", Proof("anthropic", "sig"))], "anthropic", losses, key="reasoning_content")
    assert sent == {"reasoning_content": "one"}
    assert [name for name, _ in losses.items()] == ["m[0].proof"]
    own = Thinking("hm", Proof(WIRE, encode(SIGNED).decode()))
    assert written([own], "anthropic", Losses()) == {"reasoning": "hm", "reasoning_details": SIGNED}


@pytest.mark.parametrize("value", ["", "text", "{}", '[],"model":"another"', "[1]]"])
def test_a_forged_proof_is_left_out_of_a_body(value: str) -> None:
    """A client may claim that it has one of this dialect's own; what is no list of details is named, and not sent."""
    losses, built = Losses(), {}
    thought = Thinking("Hm", Proof("here", value))
    render_thinking([("place", thought)], built, Rendering("here", "there", losses), "reasoning_content")
    assert "reasoning_details" not in built
    assert list(losses) == ["place.proof"]


def test_earlier_thoughts_without_a_place_are_named() -> None:
    """OpenAI itself takes none back."""
    losses = Losses()
    assert written([Thinking("one")], "anthropic", losses) == {}
    assert [name for name, _ in losses.items()] == ["m[0]"]
