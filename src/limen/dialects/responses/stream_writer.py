"""The events of a streamed response, written.

What came from this wire is written in the frames it came in. Another dialect's answer becomes OpenAI's whole life of a response:
created, items added, parts in pieces, parts and items done, and at the end all of it once more, with the usage. Blocks may be
interleaved; each has its place from its beginning to its end.

Must not: keep more of an answer than its last event must repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.dialects.responses.answer_items import AnswerItems
from limen.dialects.responses.errors import render_failure
from limen.dialects.responses.response import answer_frame, close_answer
from limen.dialects.responses.stream import DONE, FRAME, NAME, TEXT
from limen.dialects.responses.stream_slots import CallSlot, MessageSlot, PartSlot, Slot, ThoughtSlot
from limen.dialects.responses.translation import offered_tools, original_of
from limen.dialects.responses.usage import render_usage
from limen.errors import LimenError
from limen.model.content import Opaque, Refusal, ServerTool, Text, Thinking, ToolCall
from limen.model.events import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    Finish,
    OpaqueEvent,
    Start,
    UsageReport,
)
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.model.usage import Usage

_TEXT = msgspec.json.Encoder().encode


class ResponsesStreamRenderer:
    """Events in, bytes out. One per stream; `request` is what is answered."""

    def __init__(self, wire: str, losses: Losses, request: ChatRequest) -> None:
        self.rendering = Rendering(wire, "", losses, answer=True)
        self._request = request
        self._sequence = 0
        self._answer: dict[str, Any] | None = None
        self._maker = AnswerItems("", offered_tools(original_of(request)))
        self._slots: dict[tuple[int, int], Slot | None] = {}
        self._items: dict[int, Any] = {}
        self._count = 0
        self._message: MessageSlot | None = None
        self._messages: list[MessageSlot] = []
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._failed = False

    def render(self, event: Event) -> bytes:
        """The frames that `event` makes; often one, sometimes several, sometimes none."""
        if self.rendering.same:
            return self._own(event)
        if isinstance(event, BlockDelta):
            slot = self._slots.get((event.choice, event.block))
            return b"" if slot is None else self._delta(event, slot)
        return self._other(event)

    def _own(self, event: Event) -> bytes:
        """An event of this wire: the frame that it came in."""
        if isinstance(event, OpaqueEvent):
            return self._opaque(event)
        if isinstance(event, Failure):
            return b"" if self._failed else self._failure(event.fault)
        frame = None if isinstance(event, BlockStop) else event.extra.get(FRAME)
        if frame is None:
            return b""
        extra: Mapping[str, Any] = event.extra
        if TEXT in extra and isinstance(event, BlockDelta):
            frame = {**frame, extra[TEXT]: event.text}
        return write_frame(extra.get(NAME, frame.get("type")), frame)

    def _opaque(self, event: OpaqueEvent) -> bytes:
        if event.dialect != self.rendering.wire:
            if not event.empty:
                self.rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
            return b""
        if event.name == DONE:
            return b"data: [DONE]\n\n"
        self._failed = self._failed or event.data.get("type") in ("error", "response.failed")
        return write_frame(event.name, event.data)

    def _other(self, event: Event) -> bytes:
        match event:
            case Start():
                self.rendering.same = event.dialect == self.rendering.wire
                return self._own(event) if self.rendering.same else self._start(event)
            case OpaqueEvent():
                return self._opaque(event)
            case BlockStart() if event.choice:
                self.rendering.lose(f"choices[{event.choice}]", "this dialect has one answer for a request")
                return b""
            case BlockStart():
                return self._begin() + self._open(event)
            case BlockStop():
                slot = self._slots.pop((event.choice, event.block), None)
                return b"" if slot is None else self._close(slot)
            case Finish():
                self._end_choice(event)
                return b""
            case UsageReport():
                self._usage = event.usage
                return b""
            case Failure():
                return self._failure(event.fault)
            case _:
                return b""

    def _event(self, kind: str, **members: Any) -> bytes:
        built = {"type": kind, "sequence_number": self._sequence, **members}
        self._sequence += 1
        return write_frame(kind, built)

    def _begin(self) -> bytes:
        """The start of a stream whose own start was left out."""
        return b"" if self._answer is not None else self._start(Start("", self._request.model, ""))

    def _start(self, event: Start) -> bytes:
        told = ChatResponse(
            event.id, event.model, (), event.dialect, created=event.created, service_tier=event.service_tier
        )
        self._usage = event.usage or self._usage
        self._maker = AnswerItems(event.id, self._maker.tools)
        self._answer = answer_frame(told, self._request, self.rendering.wire)
        created = self._event("response.created", response=self._answer)
        return created + self._event("response.in_progress", response=self._answer)

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _open(self, event: BlockStart) -> bytes:
        shell, where = event.shell, f"choices[{event.choice}].content[{event.block}]"
        if isinstance(shell, Text | Refusal | Thinking | ToolCall):
            self.rendering.keep({}, shell.extra, where)
        slot: Slot | None = None
        out = b""
        match shell:
            case Text() | Refusal():
                out, slot = self._open_part("output_text" if isinstance(shell, Text) else "refusal")
            case ToolCall():
                slot = CallSlot(self._leave_message(), shell, self._maker)
            case Thinking():
                slot = ThoughtSlot(self._leave_message(), shell, self._maker)
            case Opaque() | ServerTool():
                item = self.rendering.own(shell, where)
                out = b"" if item is None else self._whole(item)
            case _:
                self.rendering.lose(where, f"no place for a streamed block of {type(shell).__name__.lower()}")
        self._slots[event.choice, event.block] = slot
        return out + (b"" if slot is None else self._write(slot.opening()))

    def _write(self, events: list[tuple[str, dict[str, Any]]]) -> bytes:
        return b"".join([self._event(kind, **members) for kind, members in events])

    def _open_part(self, kind: str) -> tuple[bytes, PartSlot]:
        """A part of the message that is open, or of a new one."""
        out = b""
        if self._message is None:
            self._message = MessageSlot(self._next(), self._maker)
            self._messages.append(self._message)
            out = self._write(self._message.opening())
        return out, PartSlot(self._message, kind)

    def _leave_message(self) -> int:
        """What comes now is no part of a message; gives back the place of a new item."""
        self._message = None
        return self._next()

    def _whole(self, item: Any) -> bytes:
        """An item that is told at once."""
        index = self._leave_message()
        self._items[index] = item
        added = self._event("response.output_item.added", output_index=index, item=item)
        return added + self._event("response.output_item.done", output_index=index, item=item)

    def _delta(self, event: BlockDelta, slot: Slot) -> bytes:
        out = b""
        if event.text:
            out = self._write(slot.before_text())
            slot.add(event.text)
            if slot.piece is not None:
                out += self._piece(event.text, slot)
        if event.proof is not None or event.citation is not None or event.logprobs is not None:
            out += self._beside(event, slot)
        return out

    def _piece(self, text: str, slot: Slot) -> bytes:
        """A piece of text: three strings joined, what stands before the text encoded once for each block."""
        if not slot.before:
            kind, members = slot.piece or ("", {})
            head = encode({"type": kind, **members})[:-1]
            slot.before = b"event: " + kind.encode() + b"\ndata: " + head + b',"sequence_number":'
        number = str(self._sequence).encode()
        self._sequence += 1
        try:
            return slot.before + number + b',"delta":' + _TEXT(text) + b"}\n\n"
        except UnicodeEncodeError:
            return slot.before + number + b',"delta":' + encode(text) + b"}\n\n"

    def _beside(self, event: BlockDelta, slot: Slot) -> bytes:
        """What came with the text, or by itself."""
        if event.logprobs is not None:
            self.rendering.lose("logprobs", "another dialect's log probabilities have another shape")
        if event.proof is not None and not slot.prove(event.proof):
            self.rendering.lose("proof", "there is no place for it once a call has begun")
        if event.citation is None:
            return b""
        told = slot.cite(event.citation)
        if told is None:
            self.rendering.lose("citations", "OpenAI's annotations have another shape")
        return b"" if told is None else self._write([told])

    def _close(self, slot: Slot) -> bytes:
        out = self._write(slot.closing())
        if not isinstance(slot, PartSlot):
            self._items[slot.index] = slot.item
        return out + self._close_messages(all_of_them=False)

    def _close_messages(self, *, all_of_them: bool) -> bytes:
        """Close messages that get no more parts."""
        done = [m for m in self._messages if not m.open and (all_of_them or m is not self._message)]
        for message in done:
            self._messages.remove(message)
            self._items[message.index] = message.item
        return b"".join([self._write(message.closing()) for message in done])

    def _end_choice(self, event: Finish) -> None:
        if event.choice:
            return
        self._finish = event
        if event.stop_sequence is not None:
            self.rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
        if event.reason in ("pause", "other"):
            self.rendering.lose("finish_reason", f"{event.raw or event.reason} is said as completed")

    def _close_all(self) -> bytes:
        slots = [slot for slot in self._slots.values() if slot is not None]
        self._slots.clear()
        return b"".join(map(self._close, slots)) + self._close_messages(all_of_them=True)

    def _failure(self, error: LimenError) -> bytes:
        """Two events: libraries raise at the first, agents read the second."""
        self._failed = True
        told, failed = render_failure(error)
        begun = b"" if self.rendering.same else self._begin()
        event = self._event("error", **told)
        answer = self._answer or {}
        closed = {**answer, "status": "failed", "error": failed, "output": self._output()}
        return begun + event + self._event("response.failed", response=closed)

    def _output(self) -> list[Any]:
        return [self._items[index] for index in sorted(self._items)]

    def end(self) -> bytes:
        """All that is still open, and the whole answer once more."""
        if self.rendering.same or self._failed:
            return b""
        out = self._begin() + self._close_all()
        answer = dict(self._answer or {})
        status = close_answer(answer, self._finish.reason if self._finish is not None else None)
        answer["output"] = self._output()
        if self._usage is not None:
            answer["usage"] = render_usage(self._usage, self.rendering.wire)
            self.rendering.lose_counts(self._usage, "input_cache_write_1h")
        return out + self._event(f"response.{status}", response=answer)


def write_frame(name: str | None, value: Any) -> bytes:
    """One server-sent event; `name` None for one without a name."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + encode(value) + b"\n\n"
