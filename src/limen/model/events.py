"""A streamed answer, as block-structured events.

::

    Start  (BlockStart BlockDelta* BlockStop)*  Finish  Usage?        for each choice; one Start for all
    Failure                                                           may end it at any point

Dialects that have only deltas (OpenAI, Gemini) synthesise the block boundaries in their parser, once; rendering
blocks as deltas needs no state. `choice` tells parallel answers (`n` > 1) apart, `block` parallel blocks in one.

`extra` of an event is the wire's own envelope (ids, fingerprints, padding), kept for the same wire alone: its absence
elsewhere is no loss. `extra` of a block, in `BlockStart.shell`, is content like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.errors import LimenError
from limen.model.content import NOTHING, Block, Proof
from limen.model.response import FinishReason
from limen.model.usage import Usage


class Start(msgspec.Struct, frozen=True):
    """The answer begins."""

    id: str
    model: str
    dialect: str
    created: int | None = None
    service_tier: str | None = None
    usage: Usage | None = None
    extra: Mapping[str, Any] = NOTHING


class BlockStart(msgspec.Struct, frozen=True):
    """A block opens: `shell` is the block with empty text (a ToolCall carries its id and name here)."""

    block: int
    shell: Block
    choice: int = 0
    extra: Mapping[str, Any] = NOTHING


class BlockDelta(msgspec.Struct, frozen=True):
    """More of an open block: `text` for text, thinking, refusals and tool arguments (a piece of JSON text).

    `proof` and `citation` arrive by themselves; `logprobs` belong to the piece of text they came with.
    """

    block: int
    text: str = ""
    choice: int = 0
    proof: Proof | None = None
    citation: Any = None
    logprobs: Any = None
    extra: Mapping[str, Any] = NOTHING


class BlockStop(msgspec.Struct, frozen=True):
    """A block is complete."""

    block: int
    choice: int = 0
    extra: Mapping[str, Any] = NOTHING


class Finish(msgspec.Struct, frozen=True):
    """A choice is complete. `raw` is the provider's own word for why."""

    reason: FinishReason
    raw: str | None = None
    choice: int = 0
    stop_sequence: str | None = None
    extra: Mapping[str, Any] = NOTHING


class UsageReport(msgspec.Struct, frozen=True):
    """What the answer used, so far or in all; a later report replaces an earlier one."""

    usage: Usage
    extra: Mapping[str, Any] = NOTHING


class Failure(msgspec.Struct, frozen=True):
    """The stream broke: nothing follows."""

    fault: LimenError


class OpaqueEvent(msgspec.Struct, frozen=True):
    """An event that the parser of `dialect` does not know: its name and its data, verbatim.

    `empty` says that it tells nothing which anyone would miss (OpenAI's frame with only a role): other dialects skip it.
    """

    dialect: str
    data: Any
    name: str | None = None
    empty: bool = False


Event = Start | BlockStart | BlockDelta | BlockStop | Finish | UsageReport | Failure | OpaqueEvent
