"""What of an item belongs to this wire alone: its id, its status, how it was typed.

A flat list of items becomes turns of blocks, so the items' borders must be kept for the way home. The first block of each item
of a model's turn carries that item's envelope. Like the envelope of a stream's event it means nothing elsewhere: its absence in
another dialect is no loss, and is not named: `ENVELOPE` is the list of what it may hold. Whatever else a client wrote round an
item is kept here too, and `unsaid` tells what must be named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from limen.dialects.extra import Extra, marks_of
from limen.model.content import NOTHING, Block, Opaque, ServerTool, Text

ENVELOPE = frozenset({"id", "status", "type", "role", "phase"})
"""What an item has that means something to its issuer alone: what it was called, whether it was complete, how it was typed, and
which part of its turn a model took it for. Each is a text."""
_THOUGHT = frozenset({"summary", "content", "encrypted_content"})
"""What a thought's envelope holds besides, though the hub has it too."""


class Wrapped(Extra):
    """Unknown keys and marks, and the envelope round them."""

    __slots__ = ("envelope",)

    def __init__(
        self, keys: Mapping[str, Any] = NOTHING, marks: Iterable[str] = (), envelope: Mapping[str, Any] = NOTHING
    ) -> None:
        super().__init__(keys, marks)
        self.envelope = envelope


def envelope_of(extra: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The envelope that `extra` holds; None where no item begins."""
    return extra.envelope if isinstance(extra, Wrapped) else None


def begin_item(block: Block, envelope: Mapping[str, Any], *marks: str) -> Block:
    """`block` as the first of an item with this envelope."""
    if isinstance(block, ServerTool | Opaque):
        return block
    extra = Wrapped(block.extra, (*marks_of(block.extra), *marks), envelope)
    if isinstance(block, Text):  # Nearly all are, and this is half as much work.
        return Text(block.text, block.citations, block.cache, extra)
    return msgspec.structs.replace(block, extra=extra)


def unsaid(extra: Mapping[str, Any], *, thought: bool = False) -> list[str]:
    """The keys round an item that are no envelope and that another dialect is not told. `thought`: it is one of the model's."""
    envelope = envelope_of(extra)
    if not envelope:
        return []
    return [
        key
        for key, value in envelope.items()
        if value and not (isinstance(value, str) and key in ENVELOPE) and not (thought and _is_thought(key, value))
    ]


def _is_thought(key: str, value: Any) -> bool:
    """Whether this is the text or the seal of a thought, in the shape that the hub's was read from."""
    if key not in _THOUGHT:
        return False
    if not isinstance(value, list):
        return isinstance(value, str) and key == "encrypted_content"
    return all(isinstance(part, dict) and isinstance(part.get("text"), str) and len(part) <= 2 for part in value)
