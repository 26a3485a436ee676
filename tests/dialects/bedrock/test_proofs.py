"""Signatures and hidden thoughts."""

from limen.dialects.bedrock.proofs import read_hidden, read_signature, write_hidden, write_signature
from limen.model.content import Proof

OWN, FOREIGN = Proof("bedrock_converse", "c2ln"), Proof("gemini", "abc+/=", "x")


def test_own_proofs_are_their_text() -> None:
    """Nothing is done to them."""
    assert write_signature(OWN) == write_hidden(OWN) == "c2ln"
    assert read_signature("c2ln") == read_hidden("c2ln") == OWN


def test_others_are_carried_and_come_back() -> None:
    """Sealed, and as base64 where SDKs decode it."""
    assert read_signature(write_signature(FOREIGN)) == FOREIGN
    assert read_hidden(write_hidden(FOREIGN)) == FOREIGN


def test_what_only_looks_sealed_is_text() -> None:
    """A forged seal is a proof of Bedrock's like any other text, and refused there."""
    for text in ("bGltZW4x", "bGltZW4x!", "bGltZW4xLUFB"):
        assert read_hidden(text) == Proof("bedrock_converse", text)
    assert read_signature("limen1-AAAA") == Proof("bedrock_converse", "limen1-AAAA")
