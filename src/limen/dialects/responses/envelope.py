"""What of an item belongs to this wire alone: its id, its status, how it was typed.

A flat list of items becomes turns of blocks, so the items' borders must be kept for the way home. The first block of each item
of a model's turn carries that item's envelope. Like the envelope of a stream's event it means nothing elsewhere: its absence in
another dialect is no loss, and is not named.

Must not: hold anything that another dialect could say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from limen.dialects.extra import Extra, marks_of
from limen.model.content import NOTHING

_Kept = TypeVar("_Kept")


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


def begin_item(block: _Kept, envelope: Mapping[str, Any], *marks: str) -> _Kept:
    """`block` as the first of an item with this envelope."""
    extra: Mapping[str, Any] = block.extra  # type: ignore[attr-defined]
    wrapped = Wrapped(extra, (*marks_of(extra), *marks), envelope)
    return msgspec.structs.replace(block, extra=wrapped)  # type: ignore[type-var]
