"""The events of ConverseStream, read.

On the wire a block of text or thought begins with its first delta; a call with ``contentBlockStart``. Blocks are told
apart by an index, under which some models send first one kind and then another. In the hub each block has its beginning
and its end; those that the wire left out are marked, so that the same wire can leave them out again.
Source: the API reference of ConverseStreamOutput, and recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.blocks import CITED, TYPED
from limen.dialects.bedrock.errors import exception_body, not_readable, parse_error
from limen.dialects.bedrock.finish import parse_reason
from limen.dialects.bedrock.proofs import read_hidden, read_signature
from limen.dialects.bedrock.usage import parse_usage
from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import NotJson, decode
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
from limen.wire.event_stream import EventMessage
from limen.wire.sse import Frame

UNSAID: Final = "unsaid"
"""Mark: the wire had no event for it."""
INDEX: Final = "contentBlockIndex"

_UNSAID = Extra({}, (UNSAID,))
_TEXT = Text("")
_CITED = Text("", extra=extra_of({}, CITED))
_THINKING = Thinking("")
_HIDDEN = Thinking("", redacted=True)


class _Open:
    """A block of the wire: the number it has in the hub, and what kind it is of; none where its events are kept whole."""

    __slots__ = ("kind", "number")

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number


class ConverseStreamParser:
    """Messages of a streamed answer in, events out."""

    def __init__(self) -> None:
        self.ended = False
        self._started = False
        self._finished = False
        self._measured = False
        self._count = 0
        self._open: dict[Any, _Open] = {}

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one message."""
        if self.ended:
            return []
        kind = frame.kind if isinstance(frame, EventMessage) else "event"
        if kind != "event":
            return [Failure(_failure(frame, kind))]
        if not frame.data:
            return []
        try:
            payload = decode(frame.data)
        except NotJson as error:
            raise not_readable(error) from None
        if not isinstance(payload, dict):
            raise not_readable("it is not a JSON object")
        out: list[Event] = []
        name = frame.event
        if not self._started:
            self._begin(name, payload, out)
            if name == "messageStart":
                return out
        reader = _READERS.get(name or "")
        before = len(out)
        if reader is None or not reader(self, payload, out):
            del out[before:]
            empty = name == "initial-response" or payload.get("start") == {}
            out.append(OpaqueEvent(WIRE, payload, name, empty=empty))
        return out

    def _begin(self, name: str | None, payload: dict[str, Any], out: list[Event]) -> None:
        self._started = True
        if name != "messageStart":
            out.append(Start("", "", WIRE, extra=_UNSAID))
            return
        if payload.get("role") == "assistant":
            del payload["role"]
            out.append(Start("", "", WIRE, extra=payload or NOTHING))
        else:
            out.append(Start("", "", WIRE, extra=Extra(payload, ("-role",))))

    def close(self) -> list[Event]:
        """Stops for what is open. The last event of Bedrock tells the usage; who imitates it may leave that out."""
        self.ended = self.ended or self._finished
        return self._stop_all()

    def _stop_all(self) -> list[Event]:
        numbers = [block.number for block in self._open.values() if block.number >= 0]
        self._open.clear()
        return [BlockStop(number, extra=_UNSAID) for number in numbers]

    def _block(self, index: Any, kind: str, shell: Block, out: list[Event]) -> int:
        """The number of the block at `index` if it is of `kind`; else that of a new one."""
        known = self._open.get(index)
        if known is not None:
            if known.kind == kind:
                return known.number
            if known.number >= 0:
                out.append(BlockStop(known.number, extra=_UNSAID))
        number = self._new(index, kind)
        extra = _UNSAID if index == number else Extra({INDEX: index}, (UNSAID,))
        out.append(BlockStart(number, shell, extra=extra))
        return number

    def _new(self, index: Any, kind: str) -> int:
        number = self._count
        self._count += 1
        self._open[index] = _Open(kind, number)
        return number

    def read_start(self, payload: dict[str, Any], out: list[Event]) -> bool:
        """A block begins: a call, or an empty object before a text. Tells whether it could be read."""
        index, start = payload.get(INDEX), payload.get("start")
        if type(index) is not int or not isinstance(start, dict) or index in self._open:
            return False
        call = _read_call(start)
        if call is None:
            if start:
                self._open[index] = _Open("whole", -1)
            return False
        number = self._new(index, "toolUse")
        rest = {key: kept for key, kept in payload.items() if key != "start" and (key != INDEX or index != number)}
        out.append(BlockStart(number, call, extra=rest or NOTHING))
        return True

    def read_delta(self, payload: dict[str, Any], out: list[Event]) -> bool:
        """A piece of a block."""
        index, delta = payload.get(INDEX), payload.get("delta")
        if type(index) is not int or not isinstance(delta, dict) or len(delta) != 1:
            return False
        known = self._open.get(index)
        if known is not None and known.number < 0:
            return False
        text = delta.get("text")
        del payload[INDEX], payload["delta"]
        extra = payload or NOTHING
        if isinstance(text, str):
            kind = "cited" if known is not None and known.kind == "cited" else "text"
            out.append(BlockDelta(self._block(index, kind, _TEXT, out), text, extra=extra))
            return True
        if self._read_other(index, delta, extra, out):
            return True
        payload.update({INDEX: index, "delta": delta})
        return False

    def _read_other(self, index: int, delta: dict[str, Any], extra: Mapping[str, Any], out: list[Event]) -> bool:
        key, value = next(iter(delta.items()))
        if key == "toolUse" and isinstance(value, dict) and value.keys() == {"input"}:
            known = self._open.get(index)
            if known is None or known.kind != "toolUse" or not isinstance(value["input"], str):
                return False
            out.append(BlockDelta(known.number, value["input"], extra=extra))
            return True
        if key == "reasoningContent" and isinstance(value, dict) and len(value) == 1:
            return self._read_thinking(index, value, extra, out)
        if key == "citation":
            known = self._open.get(index)
            kind = known.kind if known is not None and known.kind in ("text", "cited") else "cited"
            out.append(BlockDelta(self._block(index, kind, _CITED, out), citation=value, extra=extra))
            return True
        return False

    def _read_thinking(self, index: int, value: dict[str, Any], extra: Mapping[str, Any], out: list[Event]) -> bool:
        key, told = next(iter(value.items()))
        if not isinstance(told, str):
            return False
        if key == "text":
            out.append(BlockDelta(self._block(index, "thinking", _THINKING, out), told, extra=extra))
        elif key == "signature":
            proof = read_signature(told)
            out.append(BlockDelta(self._block(index, "thinking", _THINKING, out), proof=proof, extra=extra))
        elif key == "redactedContent":
            out.append(BlockDelta(self._block(index, "hidden", _HIDDEN, out), proof=read_hidden(told), extra=extra))
        else:
            return False
        return True

    def read_stop(self, payload: dict[str, Any], out: list[Event]) -> bool:
        """A block is complete."""
        index = payload.get(INDEX)
        known = self._open.pop(index, None) if type(index) is int else None
        if known is None or known.number < 0:
            return False
        del payload[INDEX]
        out.append(BlockStop(known.number, extra=payload or NOTHING))
        return True

    def read_end(self, payload: dict[str, Any], out: list[Event]) -> bool:
        """The message is complete."""
        raw = payload.get("stopReason")
        if not isinstance(raw, str):
            return False
        del payload["stopReason"]
        out += self._stop_all()
        out.append(Finish(parse_reason(raw), raw, extra=payload or NOTHING))
        self._finished = True
        self.ended = self._measured
        return True

    def read_metadata(self, payload: dict[str, Any], out: list[Event]) -> bool:
        """What the answer used, and how long it took; after the end, in Bedrock's own streams."""
        self._measured = True
        self.ended = self._finished
        usage = payload.get("usage")
        if not isinstance(usage, dict):
            return False
        del payload["usage"]
        out.append(UsageReport(parse_usage(usage), extra=payload or NOTHING))
        return True


def _failure(frame: Frame, kind: str) -> Any:
    payload = frame.data
    if kind == "error" and isinstance(frame, EventMessage):
        message = frame.headers.get(":error-message")
        payload = exception_body(None, str(message or "").encode()) if message else payload
    return parse_error(502, (), exception_body(frame.event, payload))


def _read_call(start: dict[str, Any]) -> ToolCall | None:
    """A call that begins; None for a tool that Bedrock runs, and for all else."""
    told = start.get("toolUse")
    if len(start) != 1 or not isinstance(told, dict):
        return None
    call_id, name, kind = told.get("toolUseId"), told.get("name"), told.get("type")
    if not isinstance(call_id, str) or not isinstance(name, str) or kind not in (None, "tool_use"):
        return None
    rest = {key: kept for key, kept in told.items() if key not in ("toolUseId", "name")}
    marks = []
    if kind is not None:
        del rest["type"]
        marks.append(TYPED)
    return ToolCall(call_id, name, "", extra=extra_of({"toolUse": rest} if rest else {}, *marks))


_READERS = {
    "contentBlockStart": ConverseStreamParser.read_start,
    "contentBlockDelta": ConverseStreamParser.read_delta,
    "contentBlockStop": ConverseStreamParser.read_stop,
    "messageStop": ConverseStreamParser.read_end,
    "metadata": ConverseStreamParser.read_metadata,
}
