"""The frames of OpenAI's streams, written: what chat and legacy completions have in common.

An event of another dialect is a frame of its own. An event of the same wire is put back into the frame it came from, with
the help of what the parser kept (see `limen.dialects.openai.stream`). Most frames of either kind are three strings of
bytes joined: what stands before the text and after it is encoded once for each block.

Must not: know what is inside a choice; that is for the two subclasses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from limen.dialects.extra import merge
from limen.dialects.json_text import encode
from limen.dialects.openai.finish import render_reason
from limen.dialects.openai.stream import BEFORE, CHOICE, CHOICES, DELTA, FRAME, JOINED, PLAIN_CHOICE, is_said_at_start
from limen.dialects.openai.usage import render_usage
from limen.dialects.rendering import Rendering
from limen.errors import LimenError
from limen.model.content import NOTHING
from limen.model.events import (
    BlockDelta,
    BlockStart,
    Event,
    Failure,
    Finish,
    OpaqueEvent,
    Start,
    UsageReport,
)
from limen.model.losses import Losses
from limen.model.usage import Usage

_AnyEvent = TypeVar("_AnyEvent", bound=Event)
_TEXT = msgspec.json.Encoder().encode
_CUT = "\x00limen\x00"
"""Stands for the text while what is around it is encoded. Every encoder escapes a NUL alike; no template has it by chance."""


class Slot:
    """One block while it is streamed: where its text goes, and the bytes around that, made when the first text comes."""

    __slots__ = ("after", "before", "heard", "key", "ordinal")

    heard: list[str] | None
    """The texts so far, where a later block will need them."""

    def __init__(self, key: str, ordinal: int = -1) -> None:
        self.heard = None
        self.key = key
        self.ordinal = ordinal
        self.before = b""
        self.after = b""


class Piece:
    """One choice of a frame that is being put together: its text, its calls, what stands beside them, what was kept.

    `begun` has the calls that began in this frame, by ordinal, until their first arguments come.
    """

    __slots__ = ("begun", "calls", "delta", "kept", "said")

    def __init__(self) -> None:
        self.delta: dict[str, Any] = {}
        self.calls: list[dict[str, Any]] = []
        self.begun: dict[int, dict[str, Any]] = {}
        self.said: dict[str, Any] = {}
        self.kept: Mapping[str, Any] | None = None


class Chunk:
    """A frame that is being put together."""

    __slots__ = ("pieces", "usage", "verbatim")

    def __init__(self) -> None:
        self.pieces: dict[int, Piece] = {}
        self.verbatim: list[Any] = []
        self.usage: Any = None

    def piece(self, choice: int) -> Piece:
        """The piece of `choice`."""
        return self.pieces.setdefault(choice, Piece())


class OpenAIStreamRenderer(ABC):
    """Events in, bytes out. One per stream. `wants_usage`: the client asked for it; else it is left out."""

    kind: str
    """The value of `object` in each frame."""
    has_calls = True
    """Whether this dialect knows calls of tools."""
    end_marker = b"data: [DONE]\n\n"

    def __init__(
        self, wire: str, losses: Losses, render_error: Callable[[LimenError], bytes], *, wants_usage: bool | None
    ) -> None:
        self.rendering = Rendering(wire, "", losses, answer=True)
        self.slots: dict[tuple[int, int], Slot | None] = {}
        self._render_error = render_error
        self._wants_usage = bool(wants_usage)
        self._top: dict[str, Any] = {}
        self._choice: Mapping[str, Any] = PLAIN_CHOICE
        self._held: Chunk | None = None
        self._usage: Usage | None = None

    def render(self, event: Event) -> bytes:
        """The frames that `event` completes; often none."""
        if isinstance(event, BlockDelta):
            slot = self.slots.get((event.choice, event.block))
            if slot is None:
                return b""
            if event.extra and not self.rendering.same:
                event = _stripped(event)
            if slot.heard is not None:
                slot.heard.append(event.text)
            if not event.extra and self._held is None and is_bare(event):
                if not slot.before:
                    self._prepare(slot, event)
                try:
                    return slot.before + _TEXT(event.text) + slot.after
                except UnicodeEncodeError:
                    return slot.before + encode(event.text) + slot.after
            return self._put(event)
        return self._render_other(event if self.rendering.same else _stripped(event))

    def _prepare(self, slot: Slot, event: BlockDelta) -> None:
        """Encode what is around the text of a block."""
        chunk = Chunk()
        marked = msgspec.structs.replace(event, text=_CUT)
        self.put_delta(marked, slot, chunk.piece(event.choice))
        slot.before, slot.after = self._encode(chunk, None).split(encode(_CUT), 1)

    def _render_other(self, event: Event) -> bytes:
        match event:
            case Start():
                return self._start(event)
            case BlockStart():
                return self._block(event)
            case Finish() if self.rendering.same:
                return self._put(event)
            case Finish():
                return self.announce(event.choice) + self._put(event)
            case UsageReport():
                return self._report(event)
            case OpaqueEvent():
                return self._opaque(event)
            case Failure():
                return self._render_error(event.fault)
            case _:
                return b""

    def _start(self, event: Start) -> bytes:
        self.rendering.same = event.dialect == self.rendering.wire
        if not self.rendering.same:
            self._usage = event.usage
            self._top = {"id": event.id, "object": self.kind, "created": event.created or 0, "model": event.model}
            if event.service_tier is not None:
                self._top["service_tier"] = event.service_tier
            return b""
        known = {"id": event.id, "created": event.created, "model": event.model, "service_tier": event.service_tier}
        self._top = {key: value for key, value in known.items() if value or (key == "created" and value is not None)}
        self._top |= event.extra.get(FRAME, {})
        self._choice = event.extra.get(CHOICE, PLAIN_CHOICE)
        frames = [self.verbatim(before) for before in event.extra.get(BEFORE, ())]
        if CHOICES in event.extra:
            frames.append(self.verbatim({**self._top, "choices": event.extra[CHOICES]}))
        return b"".join(frames)

    def _block(self, event: BlockStart) -> bytes:
        slot = self.slots[event.choice, event.block] = self.open_slot(event)
        said = self._put(event) if slot is not None and is_said_at_start(event.shell) else b""
        return said if self.rendering.same or slot is None else self.announce(event.choice) + said

    @abstractmethod
    def open_slot(self, event: BlockStart) -> Slot | None:
        """Where the text of a block will go; None, with a loss noted, if it has no place."""

    @abstractmethod
    def announce(self, choice: int) -> bytes:
        """The frame that opens a choice, the first time it is asked for; for events of other dialects."""

    @abstractmethod
    def put_start(self, event: BlockStart, slot: Slot, piece: Piece) -> None:
        """Put the beginning of a block that is said at its start."""

    @abstractmethod
    def put_delta(self, event: BlockDelta, slot: Slot, piece: Piece) -> None:
        """Put a piece of a block."""

    @abstractmethod
    def finish_piece(self, index: int, piece: Piece) -> dict[str, Any]:
        """A choice without what stands beside its text."""

    def _put(self, event: BlockStart | BlockDelta | Finish | UsageReport) -> bytes:
        """Put an event into the frame in hand; the frame's bytes unless more of it follows."""
        chunk, extra = self._held or Chunk(), event.extra
        if isinstance(event, UsageReport):
            if self._wants_usage:
                chunk.usage = render_usage(event.usage, self.rendering.wire)
        else:
            piece = chunk.piece(event.choice)
            self._put_piece(event, piece)
            piece.kept = extra.get(CHOICE, piece.kept)
            merge(piece.delta, extra.get(DELTA, {}))
        chunk.verbatim += extra.get(CHOICES, ())
        self._held = chunk if JOINED in extra else None
        return b"" if JOINED in extra else self._encode(chunk, extra.get(FRAME))

    def _put_piece(self, event: BlockStart | BlockDelta | Finish, piece: Piece) -> None:
        if isinstance(event, Finish):
            if event.stop_sequence is not None and not self.rendering.same:
                self.rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
            piece.said["finish_reason"] = render_reason(event.reason, event.raw, self.rendering, calls=self.has_calls)
            return
        slot = self.slots.get((event.choice, event.block))
        if slot is not None and isinstance(event, BlockDelta):
            self.put_delta(event, slot, piece)
        elif slot is not None and isinstance(event, BlockStart):
            self.put_start(event, slot, piece)

    def _report(self, event: UsageReport) -> bytes:
        if not self.rendering.same:
            self._usage = event.usage
            return b""
        if not self._wants_usage and self._held is None:
            return b""  # The frame was there for the usage alone.
        return self._put(event)

    def _opaque(self, event: OpaqueEvent) -> bytes:
        if event.dialect == self.rendering.wire:
            return self.flush() + self.verbatim(event.data)
        if not event.empty:
            self.rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
        return b""

    def _encode(self, chunk: Chunk, top: Mapping[str, Any] | None) -> bytes:
        built = {**self.envelope(self._top if top is None else top), "choices": self._choices(chunk)}
        if chunk.usage is not None:
            built["usage"] = chunk.usage
        return _frame(built)

    def verbatim(self, chunk: Any) -> bytes:
        """A frame that was kept whole."""
        return _frame(chunk)

    def envelope(self, top: Mapping[str, Any]) -> Mapping[str, Any]:
        """What stands around the choices."""
        return top

    def _choices(self, chunk: Chunk) -> list[Any]:
        choices = []
        for index, piece in chunk.pieces.items():
            kept = self._choice if piece.kept is None else piece.kept
            choices.append(merge(self.finish_piece(index, piece), kept))
        if chunk.verbatim:
            choices = sorted(choices + chunk.verbatim, key=_index)
        return choices

    def flush(self) -> bytes:
        """A frame whose rest never came."""
        held, self._held = self._held, None
        return b"" if held is None else self._encode(held, None)

    def end(self) -> bytes:
        """The usage, for events of other dialects and a client that wants it, and the end marker."""
        tail = self.flush()
        if self._wants_usage and not self.rendering.same and self._usage is not None:
            chunk = Chunk()
            chunk.usage = render_usage(self._usage, self.rendering.wire)
            self.rendering.lose_counts(self._usage, "input_cache_write_1h")
            tail += self._encode(chunk, None)
        return tail + self.end_marker


def _stripped(event: _AnyEvent) -> _AnyEvent:
    """`event` without the envelope of another wire, which means nothing here."""
    if isinstance(event, BlockStart | BlockDelta | Finish | UsageReport) and event.extra:
        return msgspec.structs.replace(event, extra=NOTHING)
    return event


def is_bare(event: BlockDelta) -> bool:
    """Whether there is nothing but text to write."""
    return event.proof is None and event.citation is None and event.logprobs is None


def _index(choice: dict[str, Any]) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _frame(value: Any) -> bytes:
    return b"data: " + encode(value) + b"\n\n"
