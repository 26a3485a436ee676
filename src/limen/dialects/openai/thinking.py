"""A model's thoughts in a message of OpenAI's family, to and from the hub.

OpenAI itself shows none in this dialect. Others do, as a string under a key of their own, and OpenRouter adds a list of
``reasoning_details``, whose signatures and encrypted pieces must come back as they were: they are a :class:`Proof`. The same
list carries the proofs of other issuers to a client of this dialect, and home again.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.extra import Extra, marks_of
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.dialects.seal import MARK
from limen.model.content import Proof, Thinking

KEYS = ("reasoning_content", "reasoning", "thinking")
"""DeepSeek, Qwen, vLLM, xAI …; OpenRouter, Groq, Ollama, Cerebras; some proxies."""
DETAILS = "reasoning_details"
_UNDER = "under:"
"""Mark, followed by the key that the text stood under; by nothing where it stood in the details alone."""
_CARRIED = f"{MARK}:"
"""What `format` begins with in a detail that carries another issuer's proof; the issuer follows."""


def take_thinking(rest: dict[str, Any], wire: str) -> list[Thinking]:
    """The thoughts of a message, taken out of its members; empty where it has none."""
    key = next((key for key in KEYS if rest.get(key) and isinstance(rest[key], str)), "")
    details = rest.get(DETAILS)
    if isinstance(details, list) and details and all(_is_carried(item) for item in details):
        del rest[DETAILS]
        return _with_the_rest(rest.pop(key, ""), [_unwrap(item) for item in details], key)
    proof = take_proof(rest, wire)
    if not key and proof is None and not (isinstance(details, list) and details):
        return []
    text = rest.pop(key) if key else detailed_text(details)
    kept = {DETAILS: rest.pop(DETAILS)} if not key and DETAILS in rest else {}
    return [Thinking(text, proof, redacted=not text, extra=Extra(kept, (_UNDER + key,)))]


def take_proof(rest: dict[str, Any], wire: str) -> Proof | None:
    """The details as a proof, if anything in them is signed or encrypted."""
    details = rest.get(DETAILS)
    if not isinstance(details, list) or not any(_is_sealed(item) for item in details):
        return None
    return Proof(wire, encode(rest.pop(DETAILS)).decode())


def _is_sealed(item: Any) -> bool:
    return isinstance(item, dict) and bool(item.get("signature") or item.get("data"))


def _is_carried(item: Any) -> bool:
    return isinstance(item, dict) and str(item.get("format", "")).startswith(_CARRIED) and _is_sealed(item)


def detailed_text(details: Any) -> str:
    """The text in ``reasoning_details``."""
    texts = [item.get("text") for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    return "".join([text for text in texts if isinstance(text, str)])


def _with_the_rest(text: str, carried: list[Thinking], key: str) -> list[Thinking]:
    """`carried`, behind what the text under `key` has beside theirs: thoughts that nobody signed."""
    for thought in carried:
        text = text.replace(thought.text, "", 1)
    text = text.strip()
    return [Thinking(text, extra=under(key)), *carried] if text else carried


def _unwrap(item: dict[str, Any]) -> Thinking:
    value, text, name = item.get("signature") or item.get("data"), item.get("text"), item.get("id")
    issuer = item["format"].removeprefix(_CARRIED)
    proof = Proof(issuer, str(value), name if isinstance(name, str) else None)
    return Thinking(text if isinstance(text, str) else "", proof, redacted="data" in item)


def wrap(proof: Proof, text: str, index: int, *, redacted: bool) -> dict[str, Any]:
    """Another issuer's proof as one of ``reasoning_details``."""
    kind, key = ("reasoning.encrypted", "data") if redacted else ("reasoning.text", "signature")
    built: dict[str, Any] = {"type": kind, key: proof.value, "format": _CARRIED + proof.issuer, "index": index}
    if text:
        built["text"] = text
    if proof.id is not None:
        built["id"] = proof.id
    return built


def key_of(block: Thinking) -> str | None:
    """The key that the text stood under in this wire; None where the block was no field of a message."""
    return next((mark.removeprefix(_UNDER) for mark in marks_of(block.extra) if mark.startswith(_UNDER)), None)


def under(key: str) -> Extra:
    """The `extra` of thoughts whose text stands under `key`."""
    return Extra({}, (_UNDER + key,))


def render_thinking(
    blocks: list[tuple[str, Thinking]], built: dict[str, Any], rendering: Rendering, foreign_key: str | None
) -> None:
    """Put thoughts, each with its place, into the message `built`.

    `foreign_key` is where a text goes that this wire did not write; None if there is no place for it.
    """
    details: list[Any] = []
    texts: dict[str, list[str]] = {}
    for where, block in blocks:
        key = key_of(block) if rendering.same else None
        own = block.proof is not None and block.proof.issuer == rendering.wire
        if key is None:
            key = "reasoning" if own else foreign_key
        if key is None:
            rendering.lose(where, "this dialect has no place for earlier thoughts")
            continue
        if key and block.text:
            texts.setdefault(key, []).append(block.text)
        _render_proof(block, details, rendering, where)
        rendering.keep(built, block.extra, where)
    for key, found in texts.items():
        built[key] = "\n\n".join(found)
    if details:
        built[DETAILS] = details[0] if len(details) == 1 and isinstance(details[0], msgspec.Raw) else _spread(details)


def _render_proof(block: Thinking, details: list[Any], rendering: Rendering, where: str) -> None:
    proof = block.proof
    if proof is None:
        return
    if proof.issuer == rendering.wire:
        if is_details(proof.value):
            details.append(msgspec.Raw(proof.value.encode()))
        else:
            rendering.lose(f"{where}.proof", "it is no list of details")
    elif rendering.answer:
        details.append(wrap(proof, block.text, len(details), redacted=block.redacted))
    else:
        rendering.lose(f"{where}.proof", f"only {proof.issuer} can read it")


def is_details(value: str) -> bool:
    """Whether the text of a proof is a JSON array. It may come from a client, and goes into a body as it is."""
    try:
        msgspec.json.decode(value, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def _spread(details: list[Any]) -> list[Any]:
    spread: list[Any] = []
    for item in details:
        spread.extend(msgspec.json.decode(item) if isinstance(item, msgspec.Raw) else [item])
    return spread
