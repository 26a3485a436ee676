"""Thought signatures: Gemini's own proofs, and those of others that a client of this dialect carries.

A signature stands on the part that it belongs to, of whatever kind, and must come back on a part in the same place. Source:
https://ai.google.dev/gemini-api/docs/thought-signatures.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from limen.dialects.gemini.spelling import WIRE
from limen.dialects.rendering import Rendering, seal, unseal
from limen.model.content import Proof

DUMMY = "skip_thought_signature_validator"
"""Documented for calls that no Gemini model made: the provider then does not look for the signature that it requires."""
_SEAL = "limen:"
_SEALED = base64.b64encode(_SEAL.encode()).decode()


def read_signature(text: str) -> Proof:
    """The proof that a ``thoughtSignature`` holds: Gemini's, or one of another issuer that was sealed in it."""
    if text.startswith(_SEALED):
        try:
            proof = unseal(json.loads(base64.b64decode(text)[len(_SEAL) :]))
        except (ValueError, binascii.Error):
            proof = None
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
        return base64.b64encode((_SEAL + json.dumps(seal(proof))).encode()).decode()
    rendering.lose(f"{where}.proof", f"only {proof.issuer} can read it")
    return None


def put_signature(part: dict[str, Any], proof: Proof | None, rendering: Rendering, where: str) -> dict[str, Any]:
    """`part` with its signature, if it has one that may be sent."""
    signature = write_signature(proof, rendering, where)
    if signature is not None:
        part["thoughtSignature"] = signature
    return part
