"""What only another provider can read travels with the client and comes home."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.seal import MARK, open_id, seal_id, seal_proof, unseal_proof
from limen.model.content import Proof, Thinking

text = st.text(st.characters(exclude_categories=["Cs"]))
proofs = st.builds(Proof, text, text, st.none() | text)
thoughts = st.builds(Thinking, text, proofs, st.booleans())


@given(proofs)
def test_a_proof_comes_home(proof: Proof) -> None:
    """Issuer, value and id survive, in characters that every provider allows."""
    sealed = seal_proof(proof)
    assert unseal_proof(sealed) == proof
    assert MARK in sealed
    assert re.fullmatch(r"[A-Za-z0-9_-]+", sealed)


@given(st.lists(thoughts, max_size=3), st.none() | proofs)
def test_an_id_carries_thoughts_and_a_proof(before: list[Thinking], proof: Proof | None) -> None:
    """A tool call's id brings back all that the next turn must echo."""
    sealed = seal_id("call_1", before, proof)
    assert open_id(sealed) == ("call_1", tuple(before), proof)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", sealed)


def test_nothing_to_carry_leaves_an_id_as_it_is() -> None:
    """An id grows only where something must come back; a thought without a proof need not."""
    assert seal_id("toolu_1", [Thinking("hm")], None) == "toolu_1"
    assert open_id("toolu_1") == ("toolu_1", (), None)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        "!!",
        "AAAA",
        "é",
        urlsafe_b64encode(zlib.compress(b"[1]")).decode(),
        urlsafe_b64encode(zlib.compress(b"{}"))[:5].decode(),
    ],
)
def test_a_forged_seal_is_an_ordinary_text(forged: str) -> None:
    """What was not sealed here is not opened: no error, no guess."""
    assert unseal_proof(f"{MARK}-{forged}") is None
    assert open_id(f"call-{MARK}-{forged}") == (f"call-{MARK}-{forged}", (), None)


def test_a_seal_that_unfolds_too_far_is_not_opened() -> None:
    """A few kilobytes can't fill the memory."""
    bomb = zlib.compress(b'["a","' + b"x" * 5_000_000 + b'"]', 9)
    assert unseal_proof(f"{MARK}-" + urlsafe_b64encode(bomb).rstrip(b"=").decode()) is None


def test_half_a_surrogate_pair_can_be_sealed() -> None:
    """A model may have cut its text inside an emoji: that is no reason to fail."""
    assert seal_id("call_1", [Thinking("\ud83d", Proof("x", "p"))], None).startswith("call_1-")
