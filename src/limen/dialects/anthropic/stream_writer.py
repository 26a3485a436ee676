"""A streamed answer of Anthropic's Messages API, written.

Events of this wire become the frames they came from. Those of another dialect become a stream as Anthropic sends it:
blocks numbered one after the other, ``message_delta`` with the reason and the usage at the end, and a client carries
what others must get back: a proof as the signature of its thought, further ones as redacted thoughts after it.

Most frames are three strings of bytes joined: what stands before the text and after it is encoded once for each block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from limen.dialects.anthropic.content_writer import (
    render_block,
    render_call_id,
    render_citations,
    render_proof,
)
from limen.dialects.anthropic.response import answer_head
from limen.dialects.anthropic.stop_reasons import render_reason
from limen.dialects.anthropic.stream import FRAME, INNER, JOINED, NAME, OWN_USAGE, TOLD
from limen.dialects.anthropic.usage import render_usage, tier_word
from limen.dialects.extra import merge
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.dialects.seal import NO_PROOF
from limen.errors import LimenError
from limen.model.content import NOTHING, Opaque, Proof, Refusal, ServerTool, Text, Thinking, ToolCall
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
_KEYS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def frame(value: Mapping[str, Any], name: str | None) -> bytes:
    """One frame. `name` is its event; one without is a frame without a name."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + encode(value) + b"\n\n"


class _Slot:
    """One block while it is streamed: its number on the wire, the type of its deltas, and the bytes around their text.

    `redacted` is a redacted thought whose beginning waits for its proof; `proofs` are what the client must carry
    beside the block.
    """

    __slots__ = ("before", "index", "kind", "proofs", "redacted", "text")

    def __init__(self, index: int, kind: str, *, redacted: bool = False) -> None:
        self.index = index
        self.kind = kind
        self.redacted = redacted
        self.proofs: list[Proof] = []
        self.text = ""
        delta = f'"delta":{{"type":"{kind}","{_KEYS.get(kind, "")}":'
        head = f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{index},{delta}'
        self.before = head.encode()


class MessagesStreamRenderer:
    """Events in, bytes out. One per stream."""

    def __init__(self, wire: str, losses: Losses, render_error: Callable[[LimenError], bytes]) -> None:
        self.rendering = Rendering(wire, "", losses, answer=True)
        self._render_error = render_error
        self._slots: dict[int, _Slot] = {}
        self._open: dict[int, _Slot] = {}
        self._count = 0
        self._begun = False
        self._stopped = False
        self._calls = False
        self._refused = False
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def render(self, event: Event) -> bytes:
        """The frames that `event` completes."""
        if isinstance(event, BlockDelta):
            return self._delta(event)
        match event:
            case Start():
                return self._start(event)
            case OpaqueEvent():
                return self._opaque(event)
            case Failure():
                self._stopped = True
                return self._render_error(event.fault)
            case UsageReport():
                return self._report(event)
            case BlockStart() | BlockStop() | Finish() if event.choice > 0:
                self.rendering.lose(f"choices[{event.choice}]", "there is one answer here")
                return b""
            case BlockStart():
                return self._begin() + (self._own_block(event) if self.rendering.same else self._block(event))
            case BlockStop():
                return self._stop(event.block)
            case Finish():
                return self._end_choice(event)

    # The beginning

    def _start(self, event: Start) -> bytes:
        self.rendering.same = event.dialect == self.rendering.wire
        self._begun = True
        self._usage = event.usage
        message = answer_head(event.id, event.model, self.rendering)
        if not self.rendering.same:
            message |= {"content": [], "stop_reason": None, "stop_sequence": None}
            usage = {**render_usage(event.usage, self.rendering.wire)}
            word = None if event.service_tier is None else tier_word(event.service_tier)
            if word is not None:
                usage["service_tier"] = word
            return frame({"type": "message_start", "message": {**message, "usage": usage}}, "message_start")
        inner = event.extra.get(INNER, NOTHING)
        for key in ("type", "role"):
            if key not in inner:
                del message[key]
        if event.usage is not None:
            message["usage"] = event.usage.raw
        built = {"type": "message_start", "message": {**message, **inner}, **event.extra.get(FRAME, NOTHING)}
        return frame(built, event.extra.get(NAME, "message_start"))

    def _begin(self) -> bytes:
        """The first frame, for events that have none."""
        return b"" if self._begun else self._start(Start("", "", ""))

    # Blocks

    def _own_block(self, event: BlockStart) -> bytes:
        shell = event.shell
        built = shell.data if isinstance(shell, Opaque | ServerTool) else render_block(shell, self.rendering, "content")
        if isinstance(shell, Thinking) and shell.redacted:
            built.setdefault("data", "")
        kind = _kind(shell)
        self._slots[event.block] = self._open[event.block] = _Slot(event.block, kind)
        extra = event.extra
        block = {**built, **extra[INNER]} if INNER in extra else built
        head = {"type": "content_block_start", "index": event.block, "content_block": block}
        return frame({**head, **extra.get(FRAME, NOTHING)}, extra.get(NAME, "content_block_start"))

    def _block(self, event: BlockStart) -> bytes:
        shell, where = event.shell, f"content[{event.block}]"
        match shell:
            case ToolCall() if shell.kind == "function":
                self._calls = True
                name = render_call_id(shell, self.rendering, where)
                built = {"type": "tool_use", "id": name, "name": shell.name, "input": {}}
            case Text():
                built = {"type": "text", "text": ""}
            case Refusal():
                self._refused = True
                self.rendering.lose(where, "a refusal is said as text")
                built = {"type": "text", "text": ""}
            case Thinking(redacted=True):
                self._slots[event.block] = self._open[event.block] = _Slot(-1, "", redacted=True)
                return b""
            case Thinking():
                built = {"type": "thinking", "thinking": "", "signature": ""}
            case _:
                self.rendering.lose(where, f"no place for a streamed block of {type(shell).__name__.lower()}")
                return b""
        self.rendering.keep({}, shell.extra, where)
        slot = self._slots[event.block] = self._open[event.block] = _Slot(self._next(), _kind(shell))
        return self._open_block(slot.index, built)

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _open_block(self, index: int, built: Mapping[str, Any]) -> bytes:
        return frame({"type": "content_block_start", "index": index, "content_block": built}, "content_block_start")

    def _stop(self, block: int) -> bytes:
        slot = self._open.pop(block, None)
        if slot is None:
            return b""
        if self.rendering.same:
            return _stop_frame(block)
        proofs = slot.proofs
        if slot.redacted:
            return b"".join([self._redacted(proof) for proof in proofs])
        out = b""
        if slot.kind == "thinking_delta":
            value = render_proof(proofs[0] if proofs else NO_PROOF, self.rendering)
            out, proofs = self._beside(slot.index, {"type": "signature_delta", "signature": value}), proofs[1:]
        return out + _stop_frame(slot.index) + b"".join([self._redacted(proof) for proof in proofs])

    def _redacted(self, proof: Proof) -> bytes:
        """A whole block that carries nothing but `proof`."""
        index, value = self._next(), render_proof(proof, self.rendering)
        return self._open_block(index, {"type": "redacted_thinking", "data": value}) + _stop_frame(index)

    # Pieces of blocks

    def _delta(self, event: BlockDelta) -> bytes:
        slot = self._slots.get(event.block) if event.choice == 0 else None
        if slot is None:
            return b""
        extra = event.extra
        if not extra and event.proof is None and event.citation is None and event.logprobs is None:
            if not slot.kind:
                return b""
            try:
                text = _TEXT(event.text)
            except UnicodeEncodeError:
                text = encode(event.text)
            if slot.kind == "text_delta":
                slot.text += event.text
            return slot.before + text + b"}}\n\n"
        return self._own_delta(event, slot) if self.rendering.same else self._foreign_delta(event, slot)

    def _own_delta(self, event: BlockDelta, slot: _Slot) -> bytes:
        extra = event.extra
        if TOLD in extra:
            return b""
        if event.proof is not None:
            delta: dict[str, Any] = {"type": "signature_delta", "signature": render_proof(event.proof, self.rendering)}
        elif event.citation is not None:
            delta = {"type": "citations_delta", "citation": event.citation}
        else:
            delta = {"type": slot.kind, _KEYS[slot.kind]: event.text}
        delta = {**delta, **extra.get(INNER, NOTHING)}
        built = {"type": "content_block_delta", "index": slot.index, "delta": delta, **extra.get(FRAME, NOTHING)}
        return frame(built, extra.get(NAME, "content_block_delta"))

    def _foreign_delta(self, event: BlockDelta, slot: _Slot) -> bytes:
        """Text first, then what came with it; a proof waits for the end of its block."""
        out = b""
        if event.text and slot.kind:
            out = self._delta(BlockDelta(event.block, event.text))
        if event.logprobs is not None:
            self.rendering.lose("logprobs", "Anthropic has no log probabilities")
        if event.citation is not None:
            for found in render_citations((event.citation,), slot.text, self.rendering, "content"):
                if slot.kind == "text_delta":
                    out += self._beside(slot.index, {"type": "citations_delta", "citation": found})
        if event.proof is not None:
            if event.block in self._open:
                slot.proofs.append(event.proof)
            else:
                out += self._redacted(event.proof)
        return out

    def _beside(self, index: int, delta: Mapping[str, Any]) -> bytes:
        return frame({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")

    # The end

    def _end_choice(self, event: Finish) -> bytes:
        self._finish = event
        if not self.rendering.same or JOINED in event.extra:
            return b""
        return self._own_end(event, None, NOTHING)

    def _report(self, event: UsageReport) -> bytes:
        self._usage = event.usage
        if not self.rendering.same:
            return b""
        finish = self._finish if self._finish is not None and JOINED in self._finish.extra else None
        return self._own_end(finish, event.extra.get(OWN_USAGE), event.extra)

    def _own_end(self, finish: Finish | None, usage: Any, extra: Mapping[str, Any]) -> bytes:
        built: dict[str, Any] = {"type": "message_delta"}
        if finish is not None:
            extra = finish.extra
            delta: dict[str, Any] = {"stop_reason": finish.raw}
            if finish.stop_sequence is not None:
                delta["stop_sequence"] = finish.stop_sequence
            built["delta"] = {**delta, **extra.get(INNER, NOTHING)}
            self._finish = None
        elif INNER in extra:
            built["delta"] = extra[INNER]
        if usage is not None:
            built["usage"] = usage
        return frame(merge(built, extra.get(FRAME, NOTHING)), extra.get(NAME, "message_delta"))

    def _opaque(self, event: OpaqueEvent) -> bytes:
        if event.dialect != self.rendering.wire:
            if not event.empty:
                self.rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
            return b""
        kind = event.data.get("type") if isinstance(event.data, dict) else None
        if kind == "message_stop":
            self._stopped = True
        elif kind == "content_block_stop" and type(event.data.get("index")) is int:
            self._open.pop(event.data["index"], None)
        return frame(event.data, event.name)

    def end(self) -> bytes:
        """What is owed at the end: open blocks closed, the reason and the usage of other dialects, the end marker."""
        if self._stopped:
            return b""
        self._stopped = True
        out = self._begin() + b"".join([self._stop(block) for block in list(self._open)])
        if not self.rendering.same:
            out += self._foreign_end()
        return out + frame({"type": "message_stop"}, "message_stop")

    def _foreign_end(self) -> bytes:
        finish = self._finish
        reason = None
        if finish is not None:
            reason = render_reason(finish.reason, finish.raw, self.rendering, calls=self._calls, refused=self._refused)
        delta = {"stop_reason": reason, "stop_sequence": None if finish is None else finish.stop_sequence}
        usage = {**render_usage(self._usage, self.rendering.wire)}
        usage.pop("cache_creation", None)  # Only the beginning of a stream has this one.
        return frame({"type": "message_delta", "delta": delta, "usage": usage}, "message_delta")


def _kind(shell: Any) -> str:
    """The type of delta that carries the text of a block; empty for one that has none."""
    if isinstance(shell, Text | Refusal):
        return "text_delta"
    if isinstance(shell, Thinking):
        return "" if shell.redacted else "thinking_delta"
    return "input_json_delta" if isinstance(shell, ToolCall | ServerTool) else ""


def _stop_frame(index: int) -> bytes:
    return b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % index
