"""Thought signatures: Gemini's own proofs, and those of others that a client of this dialect carries.

A signature stands on the part that it belongs to, of whatever kind, and must come back on a part in the same place. Source:
https://ai.google.dev/gemini-api/docs/thought-signatures. It is bytes in base64, so another issuer's seal is made to be that too:
its letters are those of base64url already, and only the length has to fit.
"""

from __future__ import annotations

import base64
from typing import Any

from limen.dialects.gemini.spelling import WIRE
from limen.dialects.rendering import Rendering
from limen.dialects.seal import MARK, seal_proof, unseal_proof
from limen.model.content import Proof

DUMMY = base64.b64encode(b"skip_thought_signature_validator").decode()
"""Documented for calls that no Gemini model made: the provider then does not look for the signature that it requires.

In base64, as everything in this field: so it stands in recordings that Gemini 3 answered.
"""
_FRONT = "A"
_SEALED = _FRONT + MARK
_URL_SAFE = str.maketrans("+/", "-_", "=")
"""A client that decodes and encodes again may choose the other alphabet of base64, and pad."""


def read_signature(text: str) -> Proof:
    """The proof that a ``thoughtSignature`` holds: Gemini's, or one of another issuer that was sealed in it."""
    if text.startswith(_SEALED):
        proof = unseal_proof(text.removeprefix(_FRONT).translate(_URL_SAFE))
        if proof is not None:
            return proof
    return Proof(WIRE, text)


def write_signature(proof: Proof | None, rendering: Rendering, where: str) -> str | None:
    """The ``thoughtSignature`` of `proof`: sealed for a client if another issued it; a provider does not get that, a loss."""
    if proof is None:
        return None
    if proof.issuer == WIRE:
        return proof.value
    if rendering.answer:
        sealed = _FRONT + seal_proof(proof)
        return sealed + "A" * (-len(sealed) % 4)
    rendering.lose(f"{where}.proof", f"only {proof.issuer} can read it")
    return None


def put_signature(part: dict[str, Any], proof: Proof | None, rendering: Rendering, where: str) -> dict[str, Any]:
    """`part` with its signature, if it has one that may be sent."""
    signature = write_signature(proof, rendering, where)
    if signature is not None:
        part["thoughtSignature"] = signature
    return part
