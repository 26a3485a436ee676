"""The frames of a streamed chat answer, written.

Each event of another dialect is a frame of its own. An event of the same wire is given back as the frame it came from. The
last frame tells both why the answer ended and what it used, so it waits for the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from limen.dialects.cohere import frames
from limen.dialects.cohere.citations import render_citation
from limen.dialects.cohere.finish import render_reason
from limen.dialects.cohere.frames import FRAME, SILENT, UNNAMED, written
from limen.dialects.cohere.messages import PLAN
from limen.dialects.cohere.usage import render_usage
from limen.dialects.json_text import encode
from limen.dialects.openai.tool_calls import is_foreign, render_call
from limen.dialects.rendering import CACHE_WRITES, Rendering
from limen.errors import LimenError
from limen.model.content import Block, Opaque, Refusal, Text, Thinking, ToolCall
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

_CUT = "\x00limen\x00"
"""Stands for the text while what is around it is encoded. Every encoder escapes a NUL alike; no frame has it by chance."""
_CALL, _PLAN_KEY = "call", "plan"
_ENCODE = msgspec.json.Encoder().encode


class _Slot:
    """One block while it is streamed: what it is on the wire, its number there, and the bytes around its text."""

    __slots__ = ("after", "before", "heard", "index", "kind", "length", "proof", "redacted")

    def __init__(self, kind: str, index: int) -> None:
        self.kind = kind
        self.index = index
        self.length = 0
        self.before = self.after = b""
        self.heard: list[str] | None = None
        self.proof: Any = None
        self.redacted = False

    def frame(self, text: str) -> dict[str, Any]:
        """A piece of the block."""
        if self.kind == _CALL:
            return frames.call_delta(self.index, text)
        return frames.plan_delta(text) if self.kind == _PLAN_KEY else frames.content_delta(self.index, self.kind, text)

    def thought(self) -> Thinking:
        """The thought so far, with the proof that came with it."""
        return Thinking("".join(self.heard or ()), self.proof, self.redacted)


class CohereStreamRenderer:
    """Events in, bytes out. One per stream."""

    def __init__(self, wire: str, losses: Losses, render_error: Callable[[LimenError], bytes]) -> None:
        self.rendering = Rendering(wire, "", losses, answer=True)
        self._render_error = render_error
        self._slots: dict[int, _Slot | None] = {}
        self._named = True
        self._started = False
        self._ended = False
        self._contents = self._calls = self._citations = 0
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def render(self, event: Event) -> bytes:
        """The frame of `event`; often none."""
        if isinstance(event, BlockDelta):
            return self._delta(event)
        if self.rendering.same and isinstance(event, BlockStart | Finish | UsageReport) and event.extra:
            kept = self._kept(event)
            if kept is not None:
                return kept
        match event:
            case Start():
                return self._start(event)
            case BlockStart():
                return self._announced(self._block(event) if self._has_place(event.choice) else b"")
            case BlockStop() if event.choice == 0:
                return self._stop(event)
            case Finish() if event.choice == 0:
                self._finish = event
            case UsageReport():
                self._usage = event.usage
            case OpaqueEvent():
                return self._opaque(event)
            case Failure():
                self._ended = True
                return self._render_error(event.fault)
            case _:
                pass
        return b""

    def _write(self, frame: dict[str, Any]) -> bytes:
        return written(frame, str(frame.get("type", "")) or None if self._named else None)

    def _kept(self, event: Start | BlockStart | Finish | UsageReport) -> bytes | None:
        """The very frame that an event of this wire came from; None where there is none."""
        extra = event.extra
        if isinstance(event, BlockStart):
            self._open(event)
        if isinstance(event, Finish) and FRAME in extra:
            self._ended = True
        if SILENT in extra:
            return b""
        return self._write(extra[FRAME]) if FRAME in extra else None

    def _start(self, event: Start) -> bytes:
        self.rendering.same = event.dialect == self.rendering.wire
        self._started = True
        self._usage = event.usage
        if self.rendering.same:
            self._named = UNNAMED not in event.extra
            kept = self._kept(event)
            if kept is not None:
                return kept
        self.rendering.lose_tier(event.service_tier, "this dialect has no tiers")
        return self._write(frames.message_start(event.id))

    def _announced(self, said: bytes) -> bytes:
        """`said` after the first frame, for an answer that came without one."""
        if self._started or not said:
            return said
        self._started = True
        return self._write(frames.message_start("")) + said

    def _has_place(self, choice: int) -> bool:
        if choice == 0:
            return True
        self.rendering.lose(f"choices[{choice}]", "this dialect gives one answer")
        return False

    def _open(self, event: BlockStart) -> _Slot | None:
        """Where the text of a block goes; None, with a loss noted, if it has no place."""
        shell, where = event.shell, f"choices[0].content[{event.block}]"
        slot: _Slot | None = None
        match shell:
            case ToolCall() if shell.kind == "function" or self.rendering.same:
                slot = _Slot(_CALL, self._calls)
                self._calls += 1
            case Thinking() if self.rendering.marked(shell.extra, PLAN):
                slot = _Slot(_PLAN_KEY, 0)
            case Text() | Refusal() | Thinking():
                slot = self._open_content(shell)
            case Opaque() if self.rendering.own(shell, where) is not None:
                self._contents += 1
            case Opaque():
                pass
            case _:
                self.rendering.lose(where, f"no place for a streamed block of {type(shell).__name__.lower()}")
        if not self.rendering.same and isinstance(shell, Text | Thinking | Refusal):
            self.rendering.keep({}, shell.extra, where)
            if isinstance(shell, Refusal):
                self.rendering.lose(where, "a refusal is said as text")
        self._slots[event.block] = slot
        return slot

    def _open_content(self, shell: Block) -> _Slot:
        slot = _Slot("thinking" if isinstance(shell, Thinking) else "text", self._contents)
        self._contents += 1
        if isinstance(shell, Thinking) and not self.rendering.same:
            slot.heard, slot.proof, slot.redacted = [shell.text], shell.proof, shell.redacted
        return slot

    def _block(self, event: BlockStart) -> bytes:
        slot, shell = self._open(event), event.shell
        if slot is None:
            return self._write(_opaque_start(shell, self._contents - 1)) if self._is_own(shell) else b""
        if slot.kind == _PLAN_KEY:
            return b""
        if isinstance(shell, ToolCall):
            thoughts = () if slot.index else [each.thought() for each in self._slots.values() if each and each.heard]
            where = f"choices[0].content[{event.block}]"
            said = render_call(shell, where, self.rendering, thoughts)
            return self._write(frames.call_start(slot.index, said))
        opened = self._write(frames.content_start(slot.index, slot.kind))
        text = getattr(shell, "text", "")
        return opened + self._write(slot.frame(text)) if text else opened

    def _is_own(self, shell: Block) -> bool:
        return isinstance(shell, Opaque) and shell.dialect == self.rendering.wire

    def _delta(self, event: BlockDelta) -> bytes:
        slot = self._slots.get(event.block) if event.choice == 0 else None
        if self.rendering.same and event.extra:
            if SILENT in event.extra:
                return b""
            if FRAME in event.extra:
                return self._write(event.extra[FRAME])
        if slot is None:
            return b""
        if event.proof is not None or event.citation is not None or event.logprobs is not None:
            return self._beside(event, slot)
        if slot.heard is not None:
            slot.heard.append(event.text)
        return self._said(event.text, slot) if event.text or self.rendering.same else b""

    def _said(self, text: str, slot: _Slot) -> bytes:
        slot.length += len(text)
        if not slot.before:
            slot.before, slot.after = self._write(slot.frame(_CUT)).split(encode(_CUT), 1)
        try:
            return slot.before + _ENCODE(text) + slot.after
        except UnicodeEncodeError:
            return slot.before + encode(text) + slot.after

    def _beside(self, event: BlockDelta, slot: _Slot) -> bytes:
        """A piece with something beside its text, or alone."""
        if event.proof is not None:
            slot.proof = event.proof
            if is_foreign(Thinking("", event.proof), self.rendering) and self._calls:
                self.rendering.lose("proof", "it came after the call that would have carried it")
        if event.citation is not None and self.rendering.same:
            self._citations += 1
            return self._write(frames.citation_start(self._citations - 1, event.citation))
        cited = b"" if event.citation is None else self._cited(event.citation, slot)
        if slot.heard is not None:
            slot.heard.append(event.text)
        if event.logprobs is not None and self.rendering.same:
            return self._write({**slot.frame(event.text), "logprobs": event.logprobs})
        if event.logprobs is not None:
            self.rendering.lose("logprobs", "another dialect's log probabilities have another shape")
        return cited + (self._said(event.text, slot) if event.text else b"")

    def _cited(self, citation: Any, slot: _Slot) -> bytes:
        """The frames of another dialect's citation."""
        found = render_citation(citation, slot.length, self.rendering, "")
        if found is None:
            return b""
        index = self._citations
        self._citations += 1
        told = frames.citation_start(index, {**found, "content_index": slot.index})
        return self._write(told) + self._write(frames.block_end("citation-end", index))

    def _stop(self, event: BlockStop) -> bytes:
        slot = self._slots.get(event.block)
        if slot is None or slot.kind == _PLAN_KEY:
            return b""
        return self._write(frames.block_end("tool-call-end" if slot.kind == _CALL else "content-end", slot.index))

    def _opaque(self, event: OpaqueEvent) -> bytes:
        if event.dialect == self.rendering.wire:
            return written(event.data, event.name)
        if not event.empty:
            self.rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
        return b""

    def end(self) -> bytes:
        """The last frame, and the end marker."""
        if self._ended:
            return frames.DONE
        self._ended = True
        reason = "COMPLETE"
        if self._finish is None:
            self.rendering.lose("finish_reason", "the provider did not say why the answer ended; here it must be said")
        if self._finish is not None:
            reason = render_reason(self._finish.reason, self._finish.raw, self.rendering)
            if self._finish.stop_sequence is not None and not self.rendering.same:
                self.rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
        self._lose_proofs()
        if self._usage is not None:
            self.rendering.lose_counts(self._usage, *CACHE_WRITES)
        usage = None if self._usage is None else render_usage(self._usage, self.rendering.wire)
        return self._announced(self._write(frames.message_end(reason, usage))) + frames.DONE

    def _lose_proofs(self) -> None:
        """Name the proofs that no call carried."""
        thoughts = [slot.thought() for slot in self._slots.values() if slot and slot.heard is not None]
        if not self._calls and any(is_foreign(thought, self.rendering) for thought in thoughts):
            self.rendering.lose("proof", "without a call of a tool there is no place to carry it")


def _opaque_start(shell: Block, index: int) -> dict[str, Any]:
    data = shell.data if isinstance(shell, Opaque) else {}
    return {"type": "content-start", "index": index, "delta": {"message": {"content": data}}}
