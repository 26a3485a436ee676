"""The frames of OpenAI's streams, read: what chat and legacy completions have in common.

A frame becomes as many events as it says things. What the hub has no field for stays in the events' `extra`, under the keys
below, so that the same wire can write the same frames again: the envelope only where it differs from the first frame's.
Most frames are one event with no extra at all.

Must not: know what is inside a choice; that is for the two subclasses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import msgspec

from limen.dialects.extra import Extra
from limen.dialects.json_text import NotJson, decode
from limen.dialects.openai.errors import parse_error
from limen.dialects.openai.repeated_frame import Repeated, learn
from limen.dialects.openai.usage import parse_usage
from limen.errors import MalformedReply
from limen.model.content import Block, Opaque, ToolCall
from limen.model.events import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    OpaqueEvent,
    Start,
    UsageReport,
)
from limen.wire.sse import Frame

FRAME = "frame"
"""On Start: the unknown keys of the envelope. On others: all of a frame's envelope, where it is not as the first was."""
CHOICE = "choice"
"""On Start: what stands beside `delta` in a choice. On others: the same, where it is not as the first was."""
DELTA = "delta"
"""What a delta has beside the text that became the event."""
CALL = "call"
"""What a piece of a tool call has beside its arguments."""
ITEM = "part"
"""The text was a part of a list in `content`; this is what the part had beside it."""
UNDER = "under"
"""The key of the delta that the text stood under, where it is not the block's; empty if it stood in the details."""
CHOICES = "choices"
"""Choices of the frame that say nothing, verbatim."""
BEFORE = "before"
"""On Start: frames that came before the answer had a name (Azure's on its prompt filter), verbatim."""
JOINED = "joined"
"""The next event is from the same frame."""

PLAIN_CHOICE: Mapping[str, Any] = {"logprobs": None, "finish_reason": None}


class Open:
    """One choice while it is streamed: how many blocks it had, and the one that is open."""

    __slots__ = ("calls", "count", "finished", "index", "kind", "number")

    def __init__(self, index: int) -> None:
        self.index = index
        self.count = 0
        self.number = -1
        self.kind = ""
        self.finished = False
        self.calls: list[tuple[Any, int, str, str]] = []
        """Of each call so far: its index on the wire (None if it had none), its block, its id and its type."""

    def block(self, kind: str, shell: Block, out: list[Event]) -> int:
        """The number of the open block if it is of `kind`; else that of a new one, which begins with `shell`."""
        if kind == self.kind:
            return self.number
        return self.begin(kind, shell, out)

    def begin(self, kind: str, shell: Block, out: list[Event]) -> int:
        """Close what is open, and open a block."""
        self.stop(out)
        self.kind, self.number = kind, self.count
        self.count += 1
        out.append(BlockStart(self.number, shell, self.index))
        return self.number

    def stop(self, out: list[Event]) -> None:
        """Close what is open."""
        if self.kind:
            out.append(BlockStop(self.number, self.index))
            self.kind = ""


class OpenAIStreamParser(ABC):
    """Frames in, events out. One per stream."""

    content_key: bytes
    """The JSON of the key that the answer's text stands under."""

    def __init__(self, wire: str) -> None:
        self.ended = False
        self.wire = wire
        self.choice_rest: Mapping[str, Any] = PLAIN_CHOICE
        self.repeated: Repeated | None = None
        self._top: dict[str, Any] | None = None
        self._before: list[Any] = []
        self._open: dict[int, Open] = {}

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one frame; none for comments and for what follows the end marker."""
        data, repeated = frame.data, self.repeated
        if repeated is not None:
            # Most frames differ from the one before in their text alone: that is all that is decoded of them.
            text = repeated.text_of(data)
            if text:
                return [BlockDelta(repeated.block, text, repeated.choice)]
            self.repeated = None
        if not data or self.ended:
            return []
        if data.strip() == b"[DONE]":
            self.ended = True
            return self._stop_all()
        try:
            chunk = decode(data)
        except NotJson as error:
            raise MalformedReply(f"the provider sent a stream event that can't be read: {error}") from None
        if not isinstance(chunk, dict):
            raise MalformedReply("the provider sent a stream event that is not a JSON object")
        choices = chunk.get("choices")
        if frame.event == "error" or (chunk.get("error") and not choices):
            return [Failure(parse_error(502, (), data))]
        if not isinstance(choices, list) and self._top is None and self._before:
            self._before.append(chunk)
            return []
        if not isinstance(choices, list):
            return [OpaqueEvent(self.wire, chunk, frame.event)]
        return self._read(chunk, choices, data)

    def close(self) -> list[Event]:
        """Stops for what is open. Some servers leave ``[DONE]`` out: a reason to finish in every choice ends a stream too."""
        if not self.ended:
            self.ended = bool(self._open) and all(choice.finished for choice in self._open.values())
        return self._stop_all()

    def _stop_all(self) -> list[Event]:
        out: list[Event] = []
        for choice in self._open.values():
            choice.stop(out)
        return out

    def _read(self, top: dict[str, Any], choices: list[Any], data: bytes) -> list[Event]:
        usage = top.pop("usage") if isinstance(top.get("usage"), dict) else None
        if self._top is None and not choices and usage is None and not top.get("id"):
            self._before.append(top)
            return []
        del top["choices"]
        out: list[Event] = []
        empty: list[Any] = []
        first = self._top is None
        if first:
            self._start(top, choices, out)
        for choice in choices:
            if not isinstance(choice, dict):
                raise MalformedReply("the provider sent a stream event with a choice that is not an object")
            if not self._read_choice(choice, out):
                empty.append(choice)
        if usage is not None:
            out.append(UsageReport(parse_usage(usage, self.wire)))
        if len(out) == 1 and not first and not empty and top == self._top:
            if len(choices) == 1:
                self.repeated = learn(data, out[0], self.content_key)
            return out
        return self._tie(out, top, empty, first=first)

    def _start(self, top: dict[str, Any], choices: list[Any], out: list[Event]) -> None:
        self._top = top
        rest = dict(top)
        name, model, tier = rest.get("id"), rest.get("model"), rest.get("service_tier")
        created = rest.pop("created") if type(rest.get("created")) is int else None
        for key, value in (("id", name), ("model", model), ("service_tier", tier)):
            if value and isinstance(value, str):
                del rest[key]
        extra: dict[str, Any] = {FRAME: rest}
        if choices and isinstance(choices[0], dict):
            self.choice_rest = extra[CHOICE] = self.template(choices[0])
        if self._before:
            extra[BEFORE] = self._before
        out.append(Start(_text(name) or "", _text(model) or "", self.wire, created, _text(tier) or None, extra=extra))

    def _read_choice(self, choice: dict[str, Any], out: list[Event]) -> bool:
        """Append the events of `choice`; tells whether there were any. A choice without is left as it was."""
        index = choice.get("index")
        number = index if type(index) is int else 0
        state = self._open.get(number)
        if state is None:
            state = self._open[number] = Open(number)
        return self.read_choice(choice, state, out)

    @abstractmethod
    def template(self, choice: dict[str, Any]) -> dict[str, Any]:
        """What stands beside the text in the first choice, with nulls for what the events tell."""

    @abstractmethod
    def read_choice(self, choice: dict[str, Any], state: Open, out: list[Event]) -> bool:
        """Append the events of `choice`; tells whether there were any."""

    def _tie(self, out: list[Event], top: dict[str, Any], empty: list[Any], *, first: bool) -> list[Event]:
        """Mark the events of one frame as belonging together, and keep what only the frame as a whole has."""
        told = [position for position, event in enumerate(out) if _is_told(event)]
        if not told:
            if first:
                out[0] = with_extra(out[0], {CHOICES: empty})
            else:
                out.append(OpaqueEvent(self.wire, {**top, "choices": empty}, empty=all(map(says_nothing, empty))))
            return out
        kept: dict[str, Any] = {CHOICES: empty} if empty else {}
        if top != self._top:
            kept[FRAME] = top
        if kept:
            out[told[-1]] = with_extra(out[told[-1]], kept)
        for position in told[:-1]:
            out[position] = with_extra(out[position], {JOINED: True})
        return out


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_told(event: Event) -> bool:
    """Whether an event alone makes a frame: in this dialect a block of text begins and ends unsaid."""
    if isinstance(event, BlockStart):
        return is_said_at_start(event.shell)
    return not isinstance(event, BlockStop | Start)


def is_said_at_start(shell: Block) -> bool:
    """Whether a block's beginning is told: a call's is, with its id and name, and so is a block that is kept whole."""
    return isinstance(shell, ToolCall | Opaque)


def says_nothing(choice: Any) -> bool:
    """Whether a choice has nothing in its delta but a role."""
    delta = choice.get("delta") if isinstance(choice, dict) else None
    return not isinstance(delta, dict) or not any(value for key, value in delta.items() if key != "role")


def with_extra(event: Event, more: Mapping[str, Any]) -> Event:
    """`event` with `more` in its extra."""
    return msgspec.structs.replace(event, extra={**event.extra, **more})  # type: ignore[union-attr]


def finish_of(choice: dict[str, Any]) -> str | None:
    """Why the choice ends, with a null left in its place; None if it goes on."""
    raw = choice.get("finish_reason")
    if not raw or not isinstance(raw, str):
        return None
    choice["finish_reason"] = None
    return raw


def rest_of(choice: dict[str, Any], *marks: str) -> dict[str, Any]:
    """What stands in a choice, without its index; marked where it had none."""
    if type(choice.get("index")) is int:
        del choice["index"]
    else:
        marks = ("-index", *marks)
    return Extra(choice, marks) if marks else choice
