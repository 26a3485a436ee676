"""A streamed answer of Anthropic's Messages API, read.

The dialect is structured in blocks as the hub is: one frame is one event, but for ``message_delta``, which is two.
What the hub has no field for stays in the event's `extra`, under the keys below. A frame of an unknown type, or a
delta of one, is kept whole.

Source: platform.claude.com, "Streaming Messages"; recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from limen.dialects.anthropic.content import parse_block, read_proof
from limen.dialects.anthropic.errors import parse_error
from limen.dialects.anthropic.response import take_text
from limen.dialects.anthropic.stop_reasons import parse_reason
from limen.dialects.anthropic.usage import parse_usage, tier_of
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

NAME = "name"
"""The frame's event name, where it is not the type that its data has."""
FRAME = "frame"
"""What a frame has beside what became the event."""
INNER = "inner"
"""What the object inside it (message, content block, delta) has beside what became the event."""
TOLD = "told"
"""The event was told with the block's beginning, and makes no frame of its own."""
OWN_USAGE = "usage"
"""The usage of this frame alone; the event's own also has what the stream told before."""
JOINED = "joined"
"""The next event is from the same frame."""

_CALLS = ("server_tool_use", "mcp_tool_use")


class MessagesStreamParser:
    """Frames in, events out. One per stream."""

    def __init__(self, wire: str) -> None:
        self.ended = False
        self.wire = wire
        self._told_end = False
        self._usage: Mapping[str, Any] = NOTHING
        self._open: dict[int, str] = {}
        """Of each block that is open: the type of delta that carries its text."""

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one frame; none for comments."""
        data = frame.data
        if not data:
            return []
        try:
            chunk = decode(data)
        except NotJson as error:
            if self.ended or data.strip() == b"[DONE]":
                return self._after(OpaqueEvent(self.wire, msgspec.Raw(data), frame.event, empty=True))
            raise MalformedReply(f"the provider sent a stream event that can't be read: {error}") from None
        if type(chunk) is not dict:
            raise MalformedReply("the provider sent a stream event that is not a JSON object")
        kind = chunk.get("type")
        if kind == "error" or (frame.event == "error" and "error" in chunk):
            return [Failure(parse_error(502, (), data))]
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None or self.ended:
            return self._after(OpaqueEvent(self.wire, chunk, frame.event, empty=kind == "ping"))
        found = reader(self, chunk)
        if found is None:
            return [OpaqueEvent(self.wire, chunk, frame.event)]
        return found if frame.event == kind else self._named(found, chunk, frame.event)

    def close(self) -> list[Event]:
        """Stops for what is open."""
        numbers, self._open = list(self._open), {}
        return [BlockStop(number) for number in numbers]

    def _named(self, found: list[Event], chunk: dict[str, Any], name: str | None) -> list[Event]:
        """The events of a frame that is not named after its type; where none has a place for the name, it is kept whole."""
        if found and isinstance(found[0], Start | BlockStart | BlockDelta | Finish | UsageReport):
            return [_with_extra(found[0], {NAME: name}), *found[1:]]
        if self.ended:
            self._told_end = True
        return [OpaqueEvent(self.wire, chunk, name, empty=True), *found]

    def _after(self, event: OpaqueEvent) -> list[Event]:
        """`event`; one that comes after the end is preceded by the end itself, so that a renderer keeps the order."""
        if not self.ended or self._told_end:
            return [event]
        self._told_end = True
        return [OpaqueEvent(self.wire, {"type": "message_stop"}, "message_stop", empty=True), event]

    def _message_start(self, chunk: dict[str, Any]) -> list[Event] | None:
        message = chunk.get("message")
        if type(message) is not dict:
            return None
        rest = dict(message)
        usage = rest.pop("usage") if type(rest.get("usage")) is dict else None
        if usage is not None:
            self._usage = usage
        name, model = take_text(rest, "id") or "", take_text(rest, "model") or ""
        del chunk["type"], chunk["message"]
        extra = {INNER: rest, FRAME: chunk} if chunk else {INNER: rest}
        read = None if usage is None else parse_usage(usage, self.wire)
        tier = None if usage is None else tier_of(usage)
        return [Start(name, model, self.wire, service_tier=tier, usage=read, extra=extra)]

    def _block_start(self, chunk: dict[str, Any]) -> list[Event] | None:
        index, told = chunk.get("index"), chunk.get("content_block")
        if type(index) is not int or type(told) is not dict or index in self._open:
            return None
        kind = told.get("type")
        if type(kind) is not str:
            return None
        del chunk["type"], chunk["index"], chunk["content_block"]
        found = self._shell(index, kind, told)
        self._open[index] = _CARRIER.get(kind, "input_json_delta" if kind in _CALLS else "")
        if chunk:
            found[0] = _with_extra(found[0], {FRAME: chunk})
        return found

    def _shell(self, index: int, kind: str, told: dict[str, Any]) -> list[Event]:
        """The beginning of a block; what it has of its text already becomes deltas that make no frame."""
        key = _BODY.get(kind)
        begun = told.get(key) if key else None
        if key == "input" and type(begun) is dict:
            told["input"] = {}
            shell: Block = parse_block(told, "content_block", self.wire, strict=False)
            if isinstance(shell, ToolCall):
                shell = msgspec.structs.replace(shell, arguments="")
            if not begun:
                return [BlockStart(index, shell)]
            return _begun(index, shell, {"input": begun}, BlockDelta(index, encode(begun).decode(), extra=_SILENT))
        if kind == "redacted_thinking" and type(begun) is str:
            kept = dict(told)
            shell = parse_block(told, "content_block", self.wire, strict=False)
            if isinstance(shell, Thinking) and shell.proof is not None:
                delta = BlockDelta(index, proof=shell.proof, extra=_SILENT)
                shell = msgspec.structs.replace(shell, proof=None)
                return _begun(index, shell, {"data": kept["data"]}, delta)
            return [BlockStart(index, shell)]
        return self._text_shell(index, key, told)

    def _text_shell(self, index: int, key: str | None, told: dict[str, Any]) -> list[Event]:
        begun = told.get(key) if key else None
        if key and type(begun) is str and begun:
            told[key] = ""
        shell = parse_block(told, "content_block", self.wire, strict=False)
        kept: dict[str, Any] = {}
        deltas: list[Event] = []
        if key and type(begun) is str and begun and isinstance(shell, Text | Thinking):
            kept[key] = begun
            deltas.append(BlockDelta(index, begun, extra=_SILENT))
        if isinstance(shell, Thinking) and shell.proof is not None:
            kept["signature"] = shell.proof.value
            deltas.append(BlockDelta(index, proof=shell.proof, extra=_SILENT))
            shell = msgspec.structs.replace(shell, proof=None)
        if isinstance(shell, Text) and shell.citations:
            kept["citations"] = list(shell.citations)
            deltas += [BlockDelta(index, citation=citation, extra=_SILENT) for citation in shell.citations]
            shell = msgspec.structs.replace(shell, citations=())
        return _begun(index, shell, kept, *deltas) if deltas else [BlockStart(index, shell)]

    def _block_delta(self, chunk: dict[str, Any]) -> list[Event] | None:
        index, delta = chunk.get("index"), chunk.get("delta")
        if type(delta) is not dict or type(index) is not int:
            return None
        kind = delta.get("type")
        carrier = self._open.get(index)
        key = _TEXT_KEYS.get(kind) if isinstance(kind, str) else None
        if key is not None and kind == carrier and type(delta.get(key)) is str:
            event = BlockDelta(index, delta[key])
            if len(delta) == 2 and len(chunk) == 3:
                return [event]
        elif kind == "signature_delta" and carrier == "thinking_delta" and delta.get("signature"):
            key = "signature"
            value = delta[key]
            if type(value) is not str:
                return None
            event = BlockDelta(index, proof=read_proof(value, self.wire))
        elif kind == "citations_delta" and carrier == "text_delta" and delta.get("citation") is not None:
            key = "citation"
            event = BlockDelta(index, citation=delta[key])
        else:
            return None
        if len(delta) == 2 and len(chunk) == 3:
            return [event]
        inner = {name: value for name, value in delta.items() if name not in ("type", key)}
        outer = {name: value for name, value in chunk.items() if name not in ("type", "index", "delta")}
        return [msgspec.structs.replace(event, extra={INNER: inner, FRAME: outer})]

    def _block_stop(self, chunk: dict[str, Any]) -> list[Event] | None:
        index = chunk.get("index")
        if type(index) is not int or self._open.pop(index, None) is None:
            return None
        stop = BlockStop(index)
        return [stop] if len(chunk) == 2 else [OpaqueEvent(self.wire, chunk, "content_block_stop", empty=True), stop]

    def _message_delta(self, chunk: dict[str, Any]) -> list[Event] | None:
        delta = chunk.get("delta")
        usage = chunk.get("usage")
        raw = delta.get("stop_reason") if type(delta) is dict else None
        if type(raw) is not str and type(usage) is not dict:
            return None
        outer = {name: value for name, value in chunk.items() if name not in ("type", "delta", "usage")}
        if type(usage) is not dict and "usage" in chunk:
            outer["usage"] = usage
        extra: dict[str, Any] = {FRAME: outer} if outer else {}
        found: list[Event] = []
        if type(raw) is str and type(delta) is dict:
            sequence = delta.get("stop_sequence")
            inner = {name: value for name, value in delta.items() if name != "stop_reason"}
            if type(sequence) is str:
                del inner["stop_sequence"]
            extra[INNER] = inner
            if type(usage) is dict:
                extra[JOINED] = True
            sequence = sequence if type(sequence) is str else None
            found.append(Finish(parse_reason(raw), raw, stop_sequence=sequence, extra=extra))
            extra = {}
        elif "delta" in chunk:
            extra[INNER] = delta
        if type(usage) is dict:
            told = {key: value for key, value in usage.items() if value is not None}
            self._usage = {**self._usage, **told}
            extra[OWN_USAGE] = usage
            found.append(UsageReport(parse_usage(self._usage, self.wire), extra))
        return found

    def _message_stop(self, chunk: dict[str, Any]) -> list[Event] | None:
        self.ended = True
        found = self.close()
        if len(chunk) > 1:
            self._told_end = True
            found.append(OpaqueEvent(self.wire, chunk, "message_stop", empty=True))
        return found


_SILENT: Mapping[str, Any] = {TOLD: True}
_TEXT_KEYS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_CARRIER = {"text": "text_delta", "thinking": "thinking_delta", "tool_use": "input_json_delta"}
_BODY = {
    "text": "text",
    "thinking": "thinking",
    "tool_use": "input",
    "redacted_thinking": "data",
}
_READERS: dict[str, Callable[[MessagesStreamParser, dict[str, Any]], list[Event] | None]] = {
    "content_block_delta": MessagesStreamParser._block_delta,  # noqa: SLF001  a table of its own methods
    "content_block_start": MessagesStreamParser._block_start,  # noqa: SLF001
    "content_block_stop": MessagesStreamParser._block_stop,  # noqa: SLF001
    "message_start": MessagesStreamParser._message_start,  # noqa: SLF001
    "message_delta": MessagesStreamParser._message_delta,  # noqa: SLF001
    "message_stop": MessagesStreamParser._message_stop,  # noqa: SLF001
}


def _begun(index: int, shell: Block, kept: dict[str, Any], *deltas: Event) -> list[Event]:
    return [BlockStart(index, shell, extra={INNER: kept}), *deltas]


def _with_extra(event: Event, more: Mapping[str, Any]) -> Event:
    """`event` with `more` in its extra, where it has one."""
    if isinstance(event, Start | BlockStart | BlockDelta | Finish | UsageReport):
        return msgspec.structs.replace(event, extra={**event.extra, **more})
    return event
