"""Signatures and hidden thoughts: a proof is Bedrock's own text, or another issuer's that a client of Bedrock carries, sealed.

``redactedContent`` is base64, which SDKs decode and encode again: a seal is wrapped in base64 there.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from limen.dialects.bedrock import WIRE
from limen.dialects.seal import MARK_BYTES, seal_proof, unseal_proof
from limen.model.content import Proof

_WRAPPED = b64encode(MARK_BYTES).decode()
"""What base64 of a seal begins with: the mark has six bytes, so that its base64 does not depend on what follows."""


def read_signature(text: str) -> Proof:
    """The proof that a thought's `signature` is."""
    return unseal_proof(text) or Proof(WIRE, text)


def read_hidden(text: str) -> Proof:
    """The proof that ``redactedContent`` is."""
    if text.startswith(_WRAPPED):
        try:
            carried = unseal_proof(b64decode(text).decode())
        except ValueError:
            carried = None
        if carried is not None:
            return carried
    return Proof(WIRE, text)


def write_signature(proof: Proof) -> str:
    """`proof` as a `signature`, for a client to carry."""
    return proof.value if proof.issuer == WIRE else seal_proof(proof)


def write_hidden(proof: Proof) -> str:
    """`proof` as ``redactedContent``, for a client to carry."""
    return proof.value if proof.issuer == WIRE else b64encode(seal_proof(proof).encode()).decode()
