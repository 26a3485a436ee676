"""The chunks of a streamed answer, read: block boundaries are made here, once.

Each chunk is an answer of its own, whose parts go on where the last chunk's ended. Text and thoughts that follow their own
kind go on with the open block; every other part is a block. A call may come in pieces (Vertex AI, ``partialArgs``): its
arguments are told at its end.

What the hub has no field for stays in the events' `extra`, under the keys below, so that the same wire can write the same
chunks again: the envelope only where it differs from the chunk before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.dialects.extra import Extra
from limen.dialects.gemini.call_ids import answer_id, is_made
from limen.dialects.gemini.errors import parse_error
from limen.dialects.gemini.finish import NUMBER, parse_reason, take_reason
from limen.dialects.gemini.partial_arguments import PartialCall
from limen.dialects.gemini.parts import parse_part
from limen.dialects.gemini.response import blocked, take_time
from limen.dialects.gemini.spelling import WIRE
from limen.dialects.gemini.usage import parse_usage
from limen.dialects.json_text import NotJson, decode, encode
from limen.errors import MalformedReply
from limen.model.content import NOTHING, Block, Text, Thinking, ToolCall
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
from limen.wire.sse import Frame

FRAME = "frame"
"""The envelope of a chunk, where it is not as the chunk before: its members, its candidates without parts."""
PARTS = "parts"
"""In a candidate of the envelope: parts that say nothing, with their positions."""
PART = "part"
"""What a part of text has beside its text: the `extra` of its block."""
PIECE = "piece"
"""A part with a piece of a call, verbatim."""
JOINED = "joined"
"""The next event is from the same chunk."""

_TEXT = Text("")
_THOUGHT = Thinking("")


class _Open:
    """One candidate while it is streamed: how many blocks it had, and the one that is open."""

    __slots__ = ("calls", "count", "finished", "index", "kind", "number", "partial")

    def __init__(self, index: int) -> None:
        self.index = index
        self.count = 0
        self.number = -1
        self.kind = ""
        self.calls = 0
        self.finished = False
        self.partial: PartialCall | None = None

    def block(self, kind: str, shell: Block, out: list[Event]) -> int:
        """The number of the open block if it is of `kind`; else that of a new one, which begins with `shell`."""
        return self.number if kind == self.kind else self.begin(kind, shell, out)

    def begin(self, kind: str, shell: Block, out: list[Event], extra: Mapping[str, Any] = NOTHING) -> int:
        """Close what is open, and open a block."""
        self.stop(out)
        self.kind, self.number = kind, self.count
        self.count += 1
        out.append(BlockStart(self.number, shell, self.index, extra))
        return self.number

    def stop(self, out: list[Event]) -> None:
        """Close what is open."""
        if self.kind:
            out.append(BlockStop(self.number, self.index))
            self.kind = ""


class GeminiStreamParser:
    """Frames of a streamed answer in, events out. `ended` once every candidate has said why, or the prompt was refused."""

    def __init__(self) -> None:
        self.ended = False
        self._started = False
        self._refused = False
        self._seed = ""
        self._last: Any = None
        self._open: dict[int, _Open] = {}

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one frame; none for comments."""
        data = frame.data
        if not data or data.strip() == b"[DONE]":
            return []
        try:
            chunk = decode(data)
        except NotJson as error:
            raise MalformedReply(f"the provider sent a stream event that can't be read: {error}") from None
        if isinstance(chunk, list) and chunk and all(isinstance(each, dict) for each in chunk):
            return [event for each in chunk for event in self._chunk(each)]
        if not isinstance(chunk, dict):
            raise MalformedReply("the provider sent a stream event that is not a JSON object")
        return self._chunk(chunk)

    def close(self) -> list[Event]:
        """Stops for what is open. Gemini has no end marker: every candidate must have said why it ended."""
        out: list[Event] = []
        for state in self._open.values():
            state.stop(out)
        self.ended = self._refused or (bool(self._open) and all(state.finished for state in self._open.values()))
        return out

    def _chunk(self, chunk: dict[str, Any]) -> list[Event]:
        if isinstance(chunk.get("error"), dict) and "candidates" not in chunk:
            return [Failure(parse_error(502, (), encode(chunk)))]
        out: list[Event] = []
        top = dict(chunk)
        if not self._started:
            self._start(top, out)
        values = top.get("candidates")
        candidates: list[Any] | None = None
        if isinstance(values, list) and all(isinstance(value, dict) for value in values):
            del top["candidates"]
            candidates = [self._candidate(dict(value), out) for value in values]
        refused = blocked(top)
        if refused is not None and not self._open:
            self._refused = True
            out.append(Finish("content_filter", refused, extra={PIECE: True}))
        if isinstance(top.get("usageMetadata"), dict):
            out.append(UsageReport(parse_usage(top.pop("usageMetadata"))))
        return self._tie(out, chunk, (top, candidates))

    def _start(self, top: dict[str, Any], out: list[Event]) -> None:
        self._started = True
        name, model = top.get("responseId"), top.get("modelVersion")
        self._seed = name if isinstance(name, str) else ""
        created, _ = take_time(dict(top))
        out.append(Start(self._seed, model if isinstance(model, str) else "", WIRE, created))

    def _candidate(self, candidate: dict[str, Any], out: list[Event]) -> dict[str, Any]:
        """Append the events of one candidate; what is left of it."""
        index = candidate.get("index")
        number = index if type(index) is int else 0
        state = self._open.get(number)
        if state is None:
            state = self._open[number] = _Open(number)
        told = candidate.get("content")
        if isinstance(told, dict) and isinstance(told.get("parts"), list):
            content = dict(told)
            verbatim: list[Any] = []
            for position, part in enumerate(content.pop("parts")):
                if not self._part(part, state, out):
                    verbatim.append((position, part))
            candidate["content"] = Extra(content, (PARTS,))
            if verbatim:
                content = {**content, PARTS: verbatim}
                candidate["content"] = Extra(content, (PARTS,))
        raw, is_number = take_reason(candidate)
        if raw is not None:
            state.stop(out)
            state.finished = True
            reason = parse_reason(raw, calls=state.calls > 0)
            out.append(Finish(reason, raw, number, extra={NUMBER: True} if is_number else NOTHING))
        return candidate

    def _part(self, part: Any, state: _Open, out: list[Event]) -> bool:
        """Append the events of one part; False for one that says nothing."""
        if not isinstance(part, dict):
            return False
        if len(part) == 1 and isinstance(part.get("text"), str):
            # By far the most parts: text and nothing else.
            text = part["text"]
            if not text and state.kind != "text":
                return False
            out.append(BlockDelta(state.block("text", _TEXT, out), text, state.index))
            return True
        if self._piece(part, state, out):
            return True
        first, *beside = parse_part(part, "", self._seed, strict=False)
        match first:
            case Text():
                if not first.text and not beside and state.kind != "text":
                    return False
                self._text("text", _TEXT, first, state, out)
            case Thinking() if first.text or not first.redacted:
                self._text("thought", _THOUGHT, first, state, out)
            case Thinking():
                self._signature(first, state, out)
            case ToolCall():
                self._call(first, state, out)
            case _:
                state.begin("whole", first, out)
        for signed in beside:
            if isinstance(signed, Thinking):
                self._signature(signed, state, out)
        return True

    def _text(self, kind: str, shell: Block, block: Text | Thinking, state: _Open, out: list[Event]) -> None:
        proof = block.proof if isinstance(block, Thinking) else None
        extra = {PART: block.extra} if block.extra or isinstance(block.extra, Extra) else NOTHING
        out.append(BlockDelta(state.block(kind, shell, out), block.text, state.index, proof=proof, extra=extra))

    def _signature(self, signed: Thinking, state: _Open, out: list[Event]) -> None:
        """A proof that stands for itself, or for the part before it: a redacted thought between blocks."""
        number = state.begin("signature", Thinking("", redacted=True, extra=signed.extra), out)
        out.append(BlockDelta(number, choice=state.index, proof=signed.proof))

    def _call(self, call: ToolCall, state: _Open, out: list[Event]) -> None:
        if is_made(call.id):
            seed = self._seed or f"{call.name} {call.arguments}"
            call = msgspec.structs.replace(call, id=answer_id(seed, state.calls))
        state.calls += 1
        number = state.begin("call", msgspec.structs.replace(call, arguments=""), out)
        out.append(BlockDelta(number, call.arguments, state.index))

    def _piece(self, part: dict[str, Any], state: _Open, out: list[Event]) -> bool:
        """A piece of a call that comes in several; tells whether it was one."""
        value = part.get("functionCall")
        if not isinstance(value, dict):
            return False
        partial = state.partial
        if partial is None:
            if value.get("willContinue") is not True or not isinstance(value.get("name"), str):
                return False
            state.partial = partial = PartialCall()
            head = {**part, "functionCall": {key: value[key] for key in ("name", "id") if key in value}}
            call = parse_part(head, "", self._seed, strict=False)[0]
            if not isinstance(call, ToolCall):
                return False
            if is_made(call.id):
                call = msgspec.structs.replace(call, id=answer_id(self._seed or call.name, state.calls))
            state.calls += 1
            state.begin("call", msgspec.structs.replace(call, arguments="", extra=NOTHING), out)
        partial.add(value)
        ends = value.get("willContinue") is not True
        text = partial.text() if ends else ""
        out.append(BlockDelta(state.number, text, state.index, extra={PIECE: part}))
        if ends:
            state.partial = None
        return True

    def _tie(self, out: list[Event], chunk: dict[str, Any], envelope: Any) -> list[Event]:
        """Mark the events of one chunk as belonging together, and keep what only the chunk as a whole has."""
        told = [position for position, event in enumerate(out) if is_told(event)]
        if not told:
            candidates = chunk.get("candidates")
            empty = not isinstance(candidates, list) or not any(map(_says_something, candidates))
            out.append(OpaqueEvent(WIRE, chunk, empty=empty))
            return out
        for position in told[:-1]:
            out[position] = _with_extra(out[position], {JOINED: True})
        if envelope != self._last or _has_marks_to_keep(envelope, self._last):
            self._last = envelope
            out[told[-1]] = _with_extra(out[told[-1]], {FRAME: envelope})
        return out


def _has_marks_to_keep(envelope: Any, last: Any) -> bool:
    """Whether two equal envelopes differ in where their candidates had parts, which marks tell and comparison does not."""
    return _shapes(envelope) != _shapes(last)


def _shapes(envelope: Any) -> list[bool]:
    return [isinstance(each.get("content"), Extra) for each in envelope[1] or ()]


def _says_something(candidate: Any) -> bool:
    return isinstance(candidate, dict) and bool(candidate.keys() - {"content", "index", "safetyRatings"})


def is_told(event: Event) -> bool:
    """Whether an event is written: a block of text or a call begins unsaid, and ends so."""
    if isinstance(event, BlockStart):
        return not isinstance(event.shell, Text | Thinking | ToolCall)
    return not isinstance(event, BlockStop | Start)


def _with_extra(event: Event, more: Mapping[str, Any]) -> Event:
    return msgspec.structs.replace(event, extra={**event.extra, **more})  # type: ignore[union-attr]
