"""The events of ConverseStream, written.

What came from this wire is put back as it was. From another wire: no event begins a block of text or thought, the usage
comes last, after the message has ended, and a block that says nothing is not there at all.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.blocks import TYPED
from limen.dialects.bedrock.citations import from_others
from limen.dialects.bedrock.errors import event_name, render_error
from limen.dialects.bedrock.finish import render_reason
from limen.dialects.bedrock.media import picture_format, write_source
from limen.dialects.bedrock.proofs import write_hidden, write_signature
from limen.dialects.bedrock.response import put_tier
from limen.dialects.bedrock.stream import INDEX, UNSAID
from limen.dialects.bedrock.usage import render_usage
from limen.dialects.extra import marks_of, merge
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.dialects.seal import seal_id
from limen.errors import LimenError
from limen.model.content import NOTHING, Block, Image, Proof, Refusal, Text, Thinking, ToolCall
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
from limen.wire.event_stream import encode_exception, encode_message, event_headers

_AnyEvent = TypeVar("_AnyEvent", bound=Event)
_TEXT = msgspec.json.Encoder().encode
_HEADERS = {
    name: event_headers(name)
    for name in (
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    )
}
_DELTA = _HEADERS["contentBlockDelta"]
_BEFORE = {"text": b'{"text":', "thinking": b'{"reasoningContent":{"text":', "call": b'{"toolUse":{"input":'}
_AFTER = {"text": b"}}", "thinking": b"}}}", "call": b"}}}"}


def render_exception(error: LimenError) -> bytes:
    """`error` as the exception that ends a stream."""
    return encode_exception(event_name(error), render_error(error))


class _Slot:
    """One block while it is streamed: its index on the wire, what its text is called, and the bytes around the text.

    `said` is whether anything of it has been written; `kind` is empty for a block that has no place.
    """

    __slots__ = ("after", "before", "hidden", "index", "kind", "said")

    def __init__(self, index: Any, kind: str, *, hidden: bool = False) -> None:
        self.index = index
        self.kind = kind
        self.hidden = hidden
        self.said = False
        self.before = b'{"contentBlockIndex":%d,"delta":%s' % (index, _BEFORE.get(kind, b""))
        self.after = _AFTER.get(kind, b"")


class ConverseStreamRenderer:
    """Events of one streamed answer in, messages of ConverseStream out."""

    def __init__(self, losses: Losses) -> None:
        self.rendering = Rendering(WIRE, "", losses, answer=True)
        self._slots: dict[int, _Slot] = {}
        self._begun = False
        self._next = 0
        self._finished = False
        self._usage: Usage | None = None
        self._tier: str | None = None

    def render(self, event: Event) -> bytes:
        """The messages of `event`; often one, and none for what has no place."""
        if isinstance(event, BlockDelta) and event.choice == 0:
            slot = self._slots.get(event.block)
            if slot is None:
                return b""
            bare = event.proof is None and event.citation is None and event.logprobs is None
            if bare and slot.after and not (event.extra and self.rendering.same):
                return self._text(slot, event.text)
            return self._delta(slot, event)
        if getattr(event, "choice", 0) != 0:
            self.rendering.lose(f"choices[{event.choice}]", "Bedrock gives one answer")  # type: ignore[union-attr]
            return b""
        return self._render_other(event if self.rendering.same or isinstance(event, Start) else _stripped(event))

    def _text(self, slot: _Slot, text: str) -> bytes:
        if not text and not self.rendering.same:
            return b""
        slot.said = True
        try:
            told = _TEXT(text)
        except UnicodeEncodeError:
            told = encode(text)
        return encode_message(_DELTA, slot.before + told + slot.after)

    def _render_other(self, event: Event) -> bytes:
        match event:
            case Start():
                return self._start(event)
            case BlockStart():
                return self._begin() + self._open(event)
            case BlockStop():
                return self._stop(event)
            case Finish():
                return self._begin() + self._finish(event)
            case UsageReport():
                return self._report(event)
            case OpaqueEvent() if event.dialect == WIRE:
                return _message(event.name, event.data)
            case OpaqueEvent():
                if not event.empty:
                    self.rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
                return b""
            case Failure():
                return render_exception(event.fault)
            case _:
                return b""

    def _start(self, event: Start) -> bytes:
        if self._begun:
            return b""  # Recordings have streams with two beginnings; one message has one.
        self.rendering.same = event.dialect == WIRE
        self._begun = True
        self._usage = event.usage
        self._tier = event.service_tier
        if UNSAID in marks_of(event.extra):
            return b""
        kept = event.extra if self.rendering.same else NOTHING
        return _message("messageStart", merge({"role": "assistant"}, kept))

    def _begin(self) -> bytes:
        """The beginning of a stream that had none."""
        if self._begun:
            return b""
        self._begun = True
        return _message("messageStart", {"role": "assistant"})

    def _open(self, event: BlockStart) -> bytes:
        shell, same = event.shell, self.rendering.same
        index = event.extra.get(INDEX, event.block) if same else self._next
        kind = self._kind(shell, f"content[{event.block}]")
        if not kind and not isinstance(shell, Image):
            return b""
        self._next += 1
        slot = self._slots[event.block] = _Slot(index, kind, hidden=isinstance(shell, Thinking) and shell.redacted)
        if same:
            return b"" if UNSAID in marks_of(event.extra) else self._begin_call(shell, slot, event)
        if isinstance(shell, ToolCall):
            return self._begin_call(shell, slot, event)
        if isinstance(shell, Image):
            return self._picture(shell, slot)
        return self._shell(shell, slot)

    def _kind(self, shell: Block, where: str) -> str:
        if isinstance(shell, ToolCall) and (shell.kind == "function" or self.rendering.same):
            return "call"
        if isinstance(shell, Refusal):
            self.rendering.lose(where, "a refusal is said as text")
            return "text"
        if isinstance(shell, Text | Thinking):
            if not self.rendering.same:
                self.rendering.keep({}, shell.extra, where)
            return "text" if isinstance(shell, Text) else "thinking"
        if not isinstance(shell, Image):
            self.rendering.lose(where, f"no place for a streamed block of {type(shell).__name__.lower()}")
        return ""

    def _begin_call(self, shell: Block, slot: _Slot, event: BlockStart) -> bytes:
        if not isinstance(shell, ToolCall):
            return b""
        slot.said = True
        name = shell.id if shell.proof is None else seal_id(shell.id, (), shell.proof)
        inner: dict[str, Any] = {"toolUseId": name, "name": shell.name}
        if self.rendering.marked(shell.extra, TYPED):
            inner["type"] = "tool_use"
        start = self.rendering.keep({"toolUse": inner}, shell.extra, f"content[{event.block}]")
        return _message("contentBlockStart", merge({INDEX: slot.index, "start": start}, event.extra)) + (
            self._text(slot, shell.arguments) if shell.arguments else b""
        )

    def _shell(self, shell: Block, slot: _Slot) -> bytes:
        """What another dialect's block has said already when it begins."""
        text = getattr(shell, "text", "")
        out = self._text(slot, text) if text else b""
        proof = shell.proof if isinstance(shell, Thinking) else None
        return out if proof is None else out + self._proof(slot, proof, NOTHING)

    def _picture(self, shell: Image, slot: _Slot) -> bytes:
        source, word = write_source(shell.source), picture_format(shell.source, same=False)
        if source is None or word is None:
            self.rendering.lose(f"content[{slot.index}]", "Bedrock takes no such picture")
            return b""
        slot.said = True
        start = _message("contentBlockStart", {INDEX: slot.index, "start": {"image": {"format": word}}})
        return start + _message("contentBlockDelta", {INDEX: slot.index, "delta": {"image": {"source": source}}})

    def _delta(self, slot: _Slot, event: BlockDelta) -> bytes:
        """A piece with something beside its text, or from this wire with an envelope of its own."""
        extra = event.extra if self.rendering.same else NOTHING
        out = b""
        if event.logprobs is not None:
            self.rendering.lose("logprobs", "Bedrock's answers have none")
        if event.text or (event.proof is None and event.citation is None and self.rendering.same):
            out = self._text(slot, event.text) if not extra else self._dressed(slot, event.text, extra)
        if event.proof is not None:
            out += self._proof(slot, event.proof, extra)
        if event.citation is not None:
            out += self._citation(slot, event.citation, extra)
        return out

    def _dressed(self, slot: _Slot, text: str, extra: Any) -> bytes:
        delta: dict[str, Any] = {"text": text}
        if slot.kind == "thinking":
            delta = {"reasoningContent": delta}
        elif slot.kind == "call":
            delta = {"toolUse": {"input": text}}
        return _message("contentBlockDelta", merge({INDEX: slot.index, "delta": delta}, extra))

    def _proof(self, slot: _Slot, proof: Proof, extra: Any) -> bytes:
        slot.said = True
        told = {"redactedContent": write_hidden(proof)} if slot.hidden else {"signature": write_signature(proof)}
        delta = {"reasoningContent": told}
        return _message("contentBlockDelta", merge({INDEX: slot.index, "delta": delta}, extra))

    def _citation(self, slot: _Slot, citation: Any, extra: Any) -> bytes:
        told = citation if self.rendering.same else from_others(citation)
        if told is None:
            self.rendering.lose("citations", "Bedrock's citations have another shape")
            return b""
        slot.said = True
        return _message("contentBlockDelta", merge({INDEX: slot.index, "delta": {"citation": told}}, extra))

    def _stop(self, event: BlockStop) -> bytes:
        slot = self._slots.pop(event.block, None)
        if slot is None or UNSAID in marks_of(event.extra) or not (slot.said or self.rendering.same):
            return b""
        return _message("contentBlockStop", merge({INDEX: slot.index}, event.extra))

    def _finish(self, event: Finish) -> bytes:
        if event.stop_sequence is not None and not self.rendering.same:
            self.rendering.lose("stop_sequence", "Bedrock's answers don't tell which one was hit")
        self._finished = True
        reason = render_reason(event.reason, event.raw, self.rendering)
        return _message("messageStop", merge({"stopReason": reason}, event.extra))

    def _report(self, event: UsageReport) -> bytes:
        if not self.rendering.same:
            self._usage = event.usage
            return b""
        return _message("metadata", merge({"usage": render_usage(event.usage, self.rendering)}, event.extra))

    def end(self) -> bytes:
        """What another dialect's answer used, after its end. `latencyMs` is required there, and not known."""
        if self.rendering.same or not self._begun:
            return b""
        stop = b"" if self._finished else _message("messageStop", {"stopReason": "end_turn"})
        if self._usage is None and self._tier is None:
            return stop
        usage = render_usage(self._usage or Usage(), self.rendering)
        told: dict[str, Any] = {"usage": usage, "metrics": {"latencyMs": 0}}
        put_tier(self._tier, told, self.rendering)
        return stop + _message("metadata", told)


def _stripped(event: _AnyEvent) -> _AnyEvent:
    """`event` without the envelope of another wire, which means nothing here."""
    if isinstance(event, BlockStart | BlockDelta | BlockStop | Finish | UsageReport) and event.extra:
        return msgspec.structs.replace(event, extra=NOTHING)
    return event


def _message(name: str | None, payload: Any) -> bytes:
    headers = _HEADERS.get(name or "")
    return encode_message(event_headers(name or "") if headers is None else headers, encode(payload))
