"""How a client carries what only another dialect's provider can read, and brings it back.

A provider's proof (Anthropic's `signature`, Gemini's `thoughtSignature`, OpenAI's `encrypted_content`) must be echoed in the
next turn of a tool loop. A client of another dialect does that without knowing:

- where its dialect has an opaque string of its own, the proof is put there, *sealed*: with its issuer, so that it can't be
  taken for one of the dialect's own;
- where it has none, thoughts and proofs travel in the id of a tool call, which every client gives back with the tool's result.
  Only the first call of a message carries the thoughts.

Sealed text holds only letters, digits, ``-`` and ``_``, the characters that all providers allow in an id. Nothing in it is secret
from the client, and nothing in it is trusted: what a client forges goes to a provider as a proof and is refused there.

Must not: decide who may read a proof; that is for whoever renders.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from limen.dialects.json_text import encode
from limen.model.content import Proof, Thinking

MARK = "limen1"
"""In all that is sealed: what holds none of it need not be looked through."""
MARK_BYTES = MARK.encode()
NO_PROOF = Proof("", "")
"""What is sealed where a thought has no proof, so that it can be told from the dialect's own when it comes back."""
_PROOF = f"{MARK}-"
_ID = f"-{MARK}-"
_MOST = 4 * 1024 * 1024
"""Characters that a seal may unfold to: a forged one must not fill the memory."""


class _Carried(msgspec.Struct, array_like=True):
    """One proof, or one thought with its proof."""

    issuer: str = ""
    value: str = ""
    id: str | None = None
    text: str | None = None
    redacted: bool = False


_ONE = msgspec.json.Decoder(_Carried)
_MANY = msgspec.json.Decoder(tuple[list[_Carried], _Carried | None])


class Opened(NamedTuple):
    """What a tool call's id held: the `id` of its provider, the thoughts before the call, the call's own proof."""

    id: str
    thoughts: tuple[Thinking, ...] = ()
    proof: Proof | None = None


def seal_proof(proof: Proof) -> str:
    """`proof` as one opaque string."""
    return _PROOF + _fold(_Carried(proof.issuer, proof.value, proof.id))


def unseal_proof(text: str) -> Proof | None:
    """The proof that :func:`seal_proof` sealed; None for any other text."""
    if not text.startswith(_PROOF):
        return None
    try:
        return _proof(_ONE.decode(_unfold(text[len(_PROOF) :])))
    except (ValueError, zlib.error):
        return None


def seal_id(bare: str, thoughts: Sequence[Thinking], proof: Proof | None) -> str:
    """The id of a tool call with everything in it that must come back. The `bare` one where there is nothing."""
    carried = [_carry(thought) for thought in thoughts if thought.proof is not None]
    if not carried and proof is None:
        return bare
    own = None if proof is None else _Carried(proof.issuer, proof.value, proof.id)
    return f"{bare}{_ID}{_fold((carried, own))}"


def open_id(name: str) -> Opened:
    """What :func:`seal_id` put into an id; any other id is its own answer."""
    if _ID not in name:
        return Opened(name)
    bare, _, folded = name.partition(_ID)
    try:
        carried, own = _MANY.decode(_unfold(folded))
    except (ValueError, zlib.error):
        return Opened(name)
    thoughts = tuple([Thinking(each.text or "", _proof(each), each.redacted) for each in carried])
    return Opened(bare, thoughts, None if own is None else _proof(own))


def _carry(thought: Thinking) -> _Carried:
    proof = thought.proof or Proof("", "")
    return _Carried(proof.issuer, proof.value, proof.id, thought.text, thought.redacted)


def _proof(carried: _Carried) -> Proof:
    return Proof(carried.issuer, carried.value, carried.id)


def _fold(value: Any) -> str:
    return urlsafe_b64encode(zlib.compress(encode(value), 1)).rstrip(b"=").decode("ascii")


def _unfold(text: str) -> bytes:
    packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    unfolding = zlib.decompressobj()
    found = unfolding.decompress(packed, _MOST)
    if not unfolding.eof:
        raise ValueError("the seal is cut, or holds too much")
    return found
