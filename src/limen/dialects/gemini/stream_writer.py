"""The chunks of a streamed answer, written.

An event of another dialect is a chunk of its own; calls go out whole, when their block stops, and the reason to finish with
the last chunk, beside the usage. An event of the same wire is put back into the chunk it came from, with the help of what
the parser kept (see `limen.dialects.gemini.stream`). Text is three strings of bytes joined: what stands around it is encoded
once for each block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from limen.dialects.extra import Extra, marks_of
from limen.dialects.gemini.finish import NUMBER, render_reason
from limen.dialects.gemini.parts import BESIDE, render_part
from limen.dialects.gemini.proofs import put_signature
from limen.dialects.gemini.response import put_time
from limen.dialects.gemini.spelling import WIRE
from limen.dialects.gemini.stream import FRAME, JOINED, PART, PARTS, PIECE
from limen.dialects.gemini.usage import render_usage
from limen.dialects.json_text import encode
from limen.dialects.rendering import CACHE_WRITES, Rendering
from limen.errors import LimenError
from limen.model.content import NOTHING, Block, Refusal, Text, Thinking, ToolCall
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
from limen.model.usage import Usage

_TEXT = msgspec.json.Encoder().encode
_CUT = "\x00limen\x00"
"""Stands for the text while what is around it is encoded. Every encoder escapes a NUL alike; no template has it by chance."""


class _Slot:
    """One block while it is streamed."""

    __slots__ = ("after", "before", "proof", "shell", "texts")

    def __init__(self, shell: Block) -> None:
        self.shell = shell
        self.texts: list[str] = []
        self.proof: Any = getattr(shell, "proof", None)
        self.before = self.after = b""


class GeminiStreamRenderer:
    """Events in, bytes out. One per stream. `wrap` makes a frame of a chunk's JSON."""

    def __init__(
        self,
        losses: Losses,
        render_error: Callable[[LimenError], bytes],
        wrap: Callable[[bytes], bytes],
        end_marker: Callable[[], bytes],
    ) -> None:
        self._rendering = Rendering(WIRE, "", losses, answer=True)
        self._render_error = render_error
        self._wrap = wrap
        self._end_marker = end_marker
        self._slots: dict[tuple[int, int], _Slot] = {}
        self._top: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._finishes: dict[int, Any] = {}
        self._envelope: Any = ({}, None)
        self._parts: dict[int, list[Any]] = {}
        self._reasons: dict[int, Any] = {}
        self._held_usage: Any = None
        self._holds = False

    def render(self, event: Event) -> bytes:
        """The chunks that `event` completes; often none."""
        if isinstance(event, BlockDelta):
            return self._own_delta(event) if self._rendering.same else self._delta(event)
        match event:
            case Start():
                return self._start(event)
            case Failure():
                return self._render_error(event.fault)
            case OpaqueEvent():
                return self._opaque(event)
            case BlockStart():
                self._slots[event.choice, event.block] = _Slot(event.shell)
        return self._own(event) if self._rendering.same else self._other(event)

    def end(self) -> bytes:
        """The last chunk, for events of other dialects, and the end of the framing where there is one."""
        tail = b""
        if self._rendering.same:
            if self._holds:
                tail = self._flush(NOTHING)
        else:
            for choice, block in list(self._slots):
                tail += self._stop(choice, block)
            tail += self._last_chunk()
        return tail + self._end_marker()

    def _start(self, event: Start) -> bytes:
        self._rendering.same = event.dialect == WIRE
        if self._rendering.same:
            return b""
        self._usage = event.usage
        if event.model:
            self._top["modelVersion"] = event.model
        if event.id:
            self._top["responseId"] = event.id
        put_time(event.created, self._top, self._rendering)
        self._rendering.lose_tier(event.service_tier, "this dialect tells it among the counts of tokens")
        return b""

    def _opaque(self, event: OpaqueEvent) -> bytes:
        if event.dialect == WIRE:
            return self._wrap(encode(event.data))
        if not event.empty:
            self._rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
        return b""

    # Events of another dialect.

    def _delta(self, event: BlockDelta) -> bytes:
        slot = self._slots.get((event.choice, event.block))
        if slot is None:
            return b""
        self._name_lost(event)
        if isinstance(slot.shell, ToolCall):
            slot.texts.append(event.text)
            slot.proof = event.proof or slot.proof
            return b""
        out = b""
        if event.text and isinstance(slot.shell, Text | Thinking | Refusal):
            if not slot.before:
                self._prepare(slot, event.choice)
            try:
                out = self._wrap(slot.before + _TEXT(event.text) + slot.after)
            except UnicodeEncodeError:
                out = self._wrap(slot.before + encode(event.text) + slot.after)
        if event.proof is not None:
            part: dict[str, Any] = {"text": ""}
            if not getattr(slot.shell, "redacted", False):
                part["thought"] = True
            put_signature(part, event.proof, self._rendering, "proof")
            out += self._chunk(event.choice, part)
        return out

    def _name_lost(self, event: BlockDelta) -> None:
        if event.citation is not None:
            self._rendering.lose("citations", "Gemini's citations have another shape")
        if event.logprobs is not None:
            self._rendering.lose("logprobs", "another dialect's log probabilities have another shape")

    def _prepare(self, slot: _Slot, choice: int) -> None:
        """Encode what is around the text of a block."""
        part: dict[str, Any] = {"text": _CUT}
        if isinstance(slot.shell, Thinking):
            part["thought"] = True
        slot.before, slot.after = self._encode(choice, part).split(encode(_CUT), 1)

    def _other(self, event: Event) -> bytes:
        match event:
            case BlockStart():
                return self._begin(event)
            case BlockStop():
                return self._stop(event.choice, event.block)
            case Finish():
                self._finishes[event.choice] = render_reason(event.reason, event.raw, self._rendering)
                if event.stop_sequence is not None:
                    self._rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
            case UsageReport():
                self._usage = event.usage
        return b""

    def _begin(self, event: BlockStart) -> bytes:
        shell, where = event.shell, f"choices[{event.choice}].content[{event.block}]"
        if isinstance(shell, Text | Thinking | Refusal | ToolCall):
            if not isinstance(shell, ToolCall):
                self._rendering.keep({}, shell.extra, where)
            if isinstance(shell, Refusal):
                self._rendering.lose(where, "a refusal is told as text")
            first = BlockDelta(event.block, getattr(shell, "text", ""), event.choice, proof=_redacted_proof(shell))
            return self._delta(first) if first.text or first.proof else b""
        part = render_part(shell, {}, self._rendering, where)
        return b"" if part is None else self._chunk(event.choice, part)

    def _stop(self, choice: int, block: int) -> bytes:
        slot = self._slots.pop((choice, block), None)
        if slot is None or not isinstance(slot.shell, ToolCall):
            return b""
        arguments = slot.shell.arguments + "".join(slot.texts)
        call = msgspec.structs.replace(slot.shell, arguments=arguments, proof=slot.proof)
        return self._chunk(choice, render_part(call, {}, self._rendering, f"choices[{choice}].content[{block}]"))

    def _chunk(self, choice: int, part: Any) -> bytes:
        return self._wrap(self._encode(choice, part))

    def _encode(self, choice: int, part: Any) -> bytes:
        candidate = {"content": {"parts": [part], "role": "model"}, "index": choice}
        return encode({"candidates": [candidate], **self._top})

    def _last_chunk(self) -> bytes:
        """Why each candidate ended, and what all of it used."""
        if not self._finishes and self._usage is None:
            return b""
        candidates = [
            {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": reason, "index": choice}
            for choice, reason in sorted(self._finishes.items())
        ]
        built: dict[str, Any] = {"candidates": candidates} if candidates else {}
        if self._usage is not None:
            built["usageMetadata"] = render_usage(self._usage)
            self._rendering.lose_counts(self._usage, *CACHE_WRITES)
        return self._wrap(encode({**built, **self._top}))

    # Events of the same wire.

    def _own_delta(self, event: BlockDelta) -> bytes:
        slot = self._slots.get((event.choice, event.block))
        if slot is None:
            return b""
        parts = self._parts.setdefault(event.choice, [])
        where = f"choices[{event.choice}].content[{event.block}]"
        shell = slot.shell
        if PIECE in event.extra:
            parts.append(event.extra[PIECE])
        elif isinstance(shell, ToolCall):
            parts.append(render_part(msgspec.structs.replace(shell, arguments=event.text), {}, self._rendering, where))
        elif isinstance(shell, Thinking) and BESIDE in marks_of(shell.extra) and parts:
            self._sign(parts[-1], event)
        elif isinstance(shell, Thinking) and shell.redacted:
            parts.append(
                render_part(Thinking("", event.proof, redacted=True, extra=shell.extra), {}, self._rendering, where)
            )
        else:
            kept = event.extra.get(PART, NOTHING)
            block = (
                Thinking(event.text, event.proof, extra=kept)
                if isinstance(shell, Thinking)
                else Text(event.text, extra=kept)
            )
            part = render_part(block, {}, self._rendering, where)
            if isinstance(shell, Thinking):
                part["thought"] = True
            parts.append(part)
        return self._flush_unless_joined(event.extra)

    def _sign(self, part: dict[str, Any], event: BlockDelta) -> None:
        put_signature(part, event.proof, self._rendering, "proof")

    def _own(self, event: Event) -> bytes:
        match event:
            case BlockStart() if not isinstance(event.shell, Text | Thinking | ToolCall):
                where = f"choices[{event.choice}].content[{event.block}]"
                part = render_part(event.shell, {}, self._rendering, where)
                self._parts.setdefault(event.choice, []).append(part)
            case Finish():
                if PIECE not in event.extra:
                    number = NUMBER in event.extra
                    reason = render_reason(event.reason, event.raw, self._rendering, number=number)
                    self._reasons[event.choice] = reason
            case UsageReport():
                self._held_usage = render_usage(event.usage)
            case _:
                return b""
        return self._flush_unless_joined(event.extra)

    def _flush_unless_joined(self, extra: Mapping[str, Any]) -> bytes:
        if JOINED in extra:
            self._holds = True
            return b""
        return self._flush(extra)

    def _flush(self, extra: Mapping[str, Any]) -> bytes:
        """The chunk in hand."""
        self._envelope = extra.get(FRAME, self._envelope)
        top, templates = self._envelope
        built = dict(top)
        if templates is not None or self._parts or self._reasons:
            built["candidates"] = self._candidates(templates or [])
        if self._held_usage is not None:
            built["usageMetadata"] = self._held_usage
        self._parts, self._reasons, self._held_usage, self._holds = {}, {}, None, False
        return self._wrap(encode(built))

    def _candidates(self, templates: list[Any]) -> list[Any]:
        candidates = []
        for template in templates:
            index = template.get("index")
            number = index if type(index) is int else 0
            candidate = dict(template)
            parts = self._parts.pop(number, [])
            content = candidate.get("content")
            if isinstance(content, Extra) or parts:
                candidate["content"] = _content(content, parts)
            if number in self._reasons:
                candidate["finishReason"] = self._reasons.pop(number)
            candidates.append(candidate)
        for number in sorted(self._parts.keys() | self._reasons.keys()):
            # Nothing that the parser has seen: an event that was put in on the way.
            candidate = {"content": {"parts": self._parts.get(number, []), "role": "model"}, "index": number}
            if number in self._reasons:
                candidate["finishReason"] = self._reasons[number]
            candidates.append(candidate)
        return candidates


def _content(content: Any, parts: list[Any]) -> dict[str, Any]:
    """A content with its parts, and with those that say nothing back in their places."""
    built: dict[str, Any] = dict(content) if isinstance(content, dict) else {"role": "model"}
    for position, part in built.pop(PARTS, ()):
        parts.insert(position, part)
    built["parts"] = parts
    return built


def _redacted_proof(shell: Block) -> Any:
    """The proof that a thought already has when it begins; a call's waits for its end."""
    return shell.proof if isinstance(shell, Thinking) else None
