"""What of an item belongs to this wire alone: its id, its status, how it was typed.

A flat list of items becomes turns of blocks, so the items' borders must be kept for the way home. The first block of each item
of a model's turn carries that item's envelope. Like the envelope of a stream's event it means nothing elsewhere: its absence in
another dialect is no loss, and is not named.

Must not: hold anything that another dialect could say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from limen.dialects.extra import Extra, marks_of
from limen.model.content import NOTHING, Block, Opaque, ServerTool, Text


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
