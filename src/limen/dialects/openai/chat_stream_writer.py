"""The deltas of a streamed chat answer, written. See `limen.dialects.openai.stream_writer`."""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.extra import marks_of, merge
from limen.dialects.openai.annotations import annotation
from limen.dialects.openai.content import PART
from limen.dialects.openai.stream import CALL, ITEM, UNDER
from limen.dialects.openai.stream_writer import Chunk, OpenAIStreamRenderer, Piece, Slot, is_bare
from limen.dialects.openai.thinking import DETAILS, is_details, key_of, wrap
from limen.dialects.openai.tool_calls import BODIES, LEGACY, render_call
from limen.model.content import Opaque, Proof, Refusal, Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart

_CALLS = "tool_calls"
_LEGACY_CALL = "function_call"
_PARTS = "parts"


class _CallSlot(Slot):
    """A call: its type, and its index on the wire."""

    __slots__ = ("index", "kind")

    def __init__(self, kind: str, ordinal: int, index: Any) -> None:
        super().__init__(_CALLS, ordinal)
        self.kind = kind
        self.index = index


class _ThoughtSlot(Slot):
    """A thought: what the client will carry of it."""

    __slots__ = ("proof", "redacted")

    def __init__(self, key: str, shell: Thinking) -> None:
        super().__init__(key)
        self.heard = [shell.text]
        self.proof = shell.proof
        self.redacted = shell.redacted

    def thought(self) -> Thinking:
        """The thought so far."""
        return Thinking("".join(self.heard or ()), self.proof, self.redacted)


class ChatStreamRenderer(OpenAIStreamRenderer):
    """Events of a streamed answer in, frames of chat completions out."""

    kind = "chat.completion.chunk"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._announced: set[int] = set()
        self._calls: dict[int, int] = {}
        self._proofs: dict[int, int] = {}

    def announce(self, choice: int) -> bytes:
        """The frame with the role."""
        if choice in self._announced:
            return b""
        self._announced.add(choice)
        chunk = Chunk()
        chunk.piece(choice).delta = {"role": "assistant", "content": ""}
        return self._encode(chunk, None)

    def open_slot(self, event: BlockStart) -> Slot | None:
        """Where the text of a block will go."""
        shell, where = event.shell, f"choices[{event.choice}].content[{event.block}]"
        match shell:
            case ToolCall():
                return self._open_call(shell, event.choice)
            case Text():
                return self._checked(shell, Slot("content"), where)
            case Refusal():
                return self._checked(shell, Slot("refusal"), where)
            case Thinking():
                return self._open_thought(shell, where)
            case Opaque() if self.rendering.own(shell, where) is not None:
                return Slot(_PARTS)
            case Opaque():
                return None
            case _:
                self.rendering.lose(where, f"no place for a streamed block of {type(shell).__name__.lower()}")
                return None

    def _open_thought(self, shell: Thinking, where: str) -> Slot:
        if not self.rendering.same:
            return self._checked(shell, _ThoughtSlot("reasoning_content", shell), where)
        key = _PARTS if PART in marks_of(shell.extra) else key_of(shell)
        return Slot("reasoning_content" if key is None else key)

    def _checked(self, shell: Text | Refusal | Thinking, slot: Slot, where: str) -> Slot:
        if not self.rendering.same:
            self.rendering.keep({}, shell.extra, where)
        return slot

    def _open_call(self, call: ToolCall, choice: int) -> Slot:
        if self.rendering.marked(call.extra, LEGACY):
            return Slot(_LEGACY_CALL)
        ordinal = self._calls.get(choice, 0)
        self._calls[choice] = ordinal + 1
        index = call.extra.get("index", ordinal) if self.rendering.same else ordinal
        return _CallSlot(call.kind, ordinal, index)

    def put_start(self, event: BlockStart, slot: Slot, piece: Piece) -> None:
        """Put a call's id and name, or a part that was kept whole."""
        shell = event.shell
        if isinstance(shell, ToolCall):
            self._put_call(shell, slot, piece, event.choice, f"choices[{event.choice}].content[{event.block}]")
        elif isinstance(shell, Opaque):
            piece.delta.setdefault("content", []).append(shell.data)

    def _thoughts(self, choice: int) -> list[Thinking]:
        """The thoughts of a choice so far."""
        return [
            slot.thought() for (of, _), slot in self.slots.items() if of == choice and isinstance(slot, _ThoughtSlot)
        ]

    def _put_call(self, call: ToolCall, slot: Slot, piece: Piece, choice: int, where: str) -> None:
        if slot.key == _LEGACY_CALL:
            piece.delta[_LEGACY_CALL] = merge({"name": call.name, "arguments": ""}, call.extra)
            return
        built = render_call(call, where, self.rendering, () if slot.ordinal else self._thoughts(choice))
        if not self.rendering.marked(call.extra, "-index"):
            built.setdefault("index", slot.ordinal)
        piece.calls.append(built)
        piece.begun[slot.ordinal] = built

    def put_delta(self, event: BlockDelta, slot: Slot, piece: Piece) -> None:
        """Put a piece of text, thought, refusal or arguments."""
        delta, key = piece.delta, event.extra.get(UNDER, slot.key)
        if isinstance(slot, _ThoughtSlot):
            slot.proof = event.proof or slot.proof
        if isinstance(slot, _CallSlot):
            _put_arguments(event, slot, piece)
        elif key == _LEGACY_CALL:
            call = delta.setdefault(_LEGACY_CALL, {})
            call["arguments"] = call.get("arguments", "") + event.text
        elif ITEM in event.extra or key == _PARTS:
            delta.setdefault("content", []).append(_part(event, slot))
        elif key and (event.text or is_bare(event)):
            delta[key] = delta.get(key, "") + event.text
        if event.proof is not None:
            piece.delta[DETAILS] = self._details(event.proof, event.choice, slot)
        self._put_beside(event, piece)

    def _details(self, proof: Proof, choice: int, slot: Slot) -> Any:
        """A proof, with all that it proves: a client joins the texts of several thoughts under their one key."""
        if proof.issuer == self.rendering.wire and is_details(proof.value):
            return msgspec.Raw(proof.value.encode())
        thought = slot.thought() if isinstance(slot, _ThoughtSlot) else Thinking("")
        number = self._proofs.get(choice, 0)
        self._proofs[choice] = number + 1
        return [wrap(proof, thought.text, number, redacted=thought.redacted)]

    def _put_beside(self, event: BlockDelta, piece: Piece) -> None:
        """Put what came with the text, or by itself."""
        if event.citation is not None:
            # Places are left at 0, as OpenRouter leaves them: the text that a citation is about has long been sent.
            told = (
                event.citation if self.rendering.same else annotation(event.citation, (0, 0), self.rendering, "content")
            )
            if told is not None:
                piece.delta.setdefault("annotations", []).append(told)
        if event.logprobs is not None:
            if self.rendering.same:
                piece.said["logprobs"] = event.logprobs
            else:
                self.rendering.lose("logprobs", "another dialect's log probabilities have another shape")

    def finish_piece(self, index: int, piece: Piece) -> dict[str, Any]:
        """A choice with its delta."""
        if piece.calls:
            piece.delta[_CALLS] = piece.calls
        return {"index": index, "delta": piece.delta, **piece.said}


def _part(event: BlockDelta, slot: Slot) -> dict[str, Any]:
    """A piece as one of a list of parts."""
    if slot.key == _PARTS:
        built: dict[str, Any] = {"type": "thinking", "thinking": [{"type": "text", "text": event.text}]}
    else:
        built = {"type": "text", "text": event.text}
    kept = event.extra.get(ITEM, {})
    return {**built, **kept}


def _put_arguments(event: BlockDelta, slot: _CallSlot, piece: Piece) -> None:
    key = BODIES.get(slot.kind, "arguments")
    begun = piece.begun.pop(slot.ordinal, None)
    if begun is None:
        built = {"index": slot.index, slot.kind: {key: event.text}}
        piece.calls.append(merge(built, event.extra.get(CALL, {})))
        return
    body = begun.setdefault(slot.kind, {})
    body[key] = (body.get(key) or "") + event.text
