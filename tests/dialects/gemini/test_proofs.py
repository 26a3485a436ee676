"""Signatures, and the proofs of others in their place."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from gemini_wire import rendering
from limen.dialects.gemini.proofs import DUMMY, put_signature, read_signature, write_signature
from limen.model.content import Proof


def test_a_signature_is_geminis_own_proof() -> None:
    """It is written as it came, to a provider too."""
    proof = read_signature("c2ln")
    assert proof == Proof("gemini", "c2ln")
    assert put_signature({}, proof, rendering(), "") == {"thoughtSignature": "c2ln"}


@given(st.text(max_size=60), st.none() | st.text(max_size=9))
def test_a_client_carries_the_proofs_of_others_as_base64(value: str, name: str | None) -> None:
    """Whatever a client's library makes of the bytes, the same proof comes back."""
    proof = Proof("anthropic", value, name)
    sealed = write_signature(proof, rendering(answer=True), "")
    assert sealed is not None
    data = base64.urlsafe_b64decode(sealed)
    assert base64.urlsafe_b64encode(data).decode() == sealed
    for again in (sealed, base64.b64encode(data).decode()):
        assert read_signature(again) == proof


def test_a_provider_does_not_get_the_proofs_of_others() -> None:
    """They are a loss with a name."""
    to_provider = rendering()
    assert write_signature(Proof("anthropic", "x"), to_provider, "here") is None
    assert list(to_provider.losses) == ["here.proof"]
    assert write_signature(None, to_provider, "there") is None


def test_a_forged_seal_is_a_signature_like_any_other() -> None:
    """What can't be opened is the provider's to judge."""
    assert read_signature("Alimen1-AAAA").issuer == "gemini"


def test_the_stand_in_is_what_google_documents() -> None:
    """As bytes in base64."""
    assert base64.b64decode(DUMMY) == b"skip_thought_signature_validator"
