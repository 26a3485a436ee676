"""The events of a streamed response, read.

Each frame is kept with one event, without the text that became the event's own, so that the same wire can write it again. What
only repeats what was said already (a part that is done, an answer in progress) is an event that other dialects skip.

Some servers leave events out: whatever was not announced is begun when its first piece comes, and what was only told when it
was done is told then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from limen.dialects.json_text import NotJson, decode
from limen.dialects.members import LenientMembers
from limen.dialects.responses.errors import parse_error
from limen.dialects.responses.items import CALLS, kind_of, parse_item
from limen.dialects.responses.response import is_client_call, parse_finish
from limen.dialects.responses.usage import parse_usage
from limen.errors import MalformedReply
from limen.model.content import Block, Opaque, Proof, Refusal, ServerTool, Text, Thinking, ToolCall
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
"""The frame that this event is written as; an event without one is not written."""
TEXT = "text"
"""The frame's key for the event's text, where it has one."""
NAME = "name"
"""The frame's name, where it is not its type; None where it had none."""
DONE = "[DONE]"

_TEXTS: dict[str, Block] = {"response.output_text.delta": Text(""), "response.refusal.delta": Refusal("")}
_THOUGHTS = {"response.reasoning_summary_text.delta": "summary", "response.reasoning_text.delta": "content"}
_ARGUMENTS = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})
_WHOLE = {
    "response.output_text.done": "text",
    "response.refusal.done": "refusal",
    "response.reasoning_summary_text.done": "text",
    "response.reasoning_text.done": "text",
    "response.function_call_arguments.done": "arguments",
    "response.custom_tool_call_input.done": "input",
}
"""Events that repeat a text whole, and where it stands; for servers that never sent it in pieces."""
_NEXT_PARAGRAPH = {
    "response.reasoning_summary_part.added": "summary_index",
    "response.content_part.added": "content_index",
}
_ENDS = frozenset({"response.completed", "response.incomplete"})
_QUIET = frozenset({"response.in_progress", "response.queued", "response.content_part.done", "keepalive"})
_QUIET_BEGINNINGS = tuple(
    f"response.{name}"
    for name in (
        "web_search_call.",
        "file_search_call.",
        "code_interpreter_call",
        "image_generation_call.",
        "mcp_",
        "shell_call_",
        "reasoning_",
        "output_text.done",
        "refusal.done",
        "function_call_arguments.done",
        "custom_tool_call_input.done",
        "content_part.",
    )
)
"""Progress of what is told whole in the end."""


class _Place:
    """One item of the output while it is streamed: its blocks by part, what was said in each, what is still open."""

    __slots__ = ("blocks", "kind", "open", "said", "source")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.blocks: dict[Any, int] = {}
        self.said: set[int] = set()
        self.open: list[int] = []
        self.source = ""


class ResponsesStreamParser:
    """Frames in, events out. One per stream."""

    def __init__(self, wire: str) -> None:
        self.ended = False
        self.wire = wire
        self._started = self._failed = self._called = False
        self._count = 0
        self._places: dict[Any, _Place] = {}
        self._last: Any = 0

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one frame; none for comments."""
        data = frame.data
        if not data:
            return []
        if data.strip() == b"[DONE]":
            return [OpaqueEvent(self.wire, None, DONE, empty=True)]
        try:
            chunk = decode(data)
        except NotJson as error:
            raise MalformedReply(f"the provider sent a stream event that can't be read: {error}") from None
        if not isinstance(chunk, dict):
            raise MalformedReply("the provider sent a stream event that is not a JSON object")
        kind = chunk.get("type")
        extra: dict[str, Any] = {FRAME: chunk}
        if frame.event != kind:
            extra[NAME] = frame.event
        if kind is None and isinstance(chunk.get("error"), dict):
            kind = "error"
        if not isinstance(kind, str) or self.ended:
            return [OpaqueEvent(self.wire, chunk, frame.event, empty=self.ended)]
        out: list[Event] = []
        self._read(kind, chunk, extra, out, data)
        if not any(_has_frame(event, chunk) for event in out):
            out.append(OpaqueEvent(self.wire, chunk, frame.event, empty=_is_quiet(kind, out)))
        return out

    def close(self) -> list[Event]:
        """Stops for what is open."""
        out: list[Event] = []
        self._stop_all(out)
        return out

    def _read(self, kind: str, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event], data: bytes) -> None:
        if kind in _TEXTS:
            self._read_text(kind, chunk, extra, out)
        elif kind in _ARGUMENTS:
            self._read_piece(self._call_number, chunk, extra, out)
        elif kind in _THOUGHTS:
            self._read_thought(_THOUGHTS[kind], chunk, extra, out)
        elif kind in _WHOLE:
            self._read_whole(kind, chunk, extra, out)
        elif kind == "response.output_item.added":
            self._begin_item(chunk, extra, out)
        elif kind == "response.output_item.done":
            self._end_item(chunk, out)
        elif kind in _NEXT_PARAGRAPH:
            self._begin_part(kind, chunk, extra, out)
        elif kind == "response.content_part.done":
            self._end_part(chunk, out)
        elif kind == "response.output_text.annotation.added":
            number = self._number(chunk, _part_of(chunk), _TEXTS["response.output_text.delta"], out)
            out.append(BlockDelta(number, citation=chunk.get("annotation"), extra=extra))
        elif kind in ("error", "response.failed"):
            self._fail(kind, chunk, out, data)
        elif isinstance(chunk.get("response"), dict):
            self._read_lifecycle(kind, chunk, extra, out)

    def _read_lifecycle(self, kind: str, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        response = chunk["response"]
        if not self._started:
            self._start(response, extra if kind not in _ENDS else {}, out)
        if kind not in _ENDS:
            return
        output = response.get("output")
        if not self._places and isinstance(output, list):
            for item in output:
                self._tell_whole(item, out)
        self._stop_all(out)
        finish, raw = parse_finish(response)
        if finish == "stop" and self._called:
            finish = "tool_calls"
        self.ended = True
        out.append(Finish(finish or "stop", raw, extra=extra))
        if isinstance(response.get("usage"), dict):
            out.append(UsageReport(parse_usage(response["usage"], self.wire)))

    def _start(self, response: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        self._started = True
        name, model, created = response.get("id"), response.get("model"), response.get("created_at")
        tier = response.get("service_tier")
        out.append(
            Start(
                name if isinstance(name, str) else "",
                model if isinstance(model, str) else "",
                self.wire,
                int(created) if isinstance(created, int | float) else None,
                tier if isinstance(tier, str) else None,
                extra=extra,
            )
        )

    def _fail(self, kind: str, chunk: dict[str, Any], out: list[Event], data: bytes) -> None:
        """An `error` event is often followed by the failed response, which then tells nothing new."""
        if not self._failed:
            self._stop_all(out)
            out += [OpaqueEvent(self.wire, chunk, kind, empty=True), Failure(parse_error(502, (), data))]
        self._failed = True
        self.ended = kind == "response.failed"

    def _place(self, chunk: dict[str, Any], kind: str = "") -> _Place:
        index = chunk.get("output_index")
        if type(index) is not int:
            index = self._last
        self._last = index
        place = self._places.get(index)
        if place is None:
            place = self._places[index] = _Place(kind)
        return place

    def _open(
        self, place: _Place, key: Any, shell: Block, out: list[Event], extra: dict[str, Any] | None = None
    ) -> int:
        number = place.blocks[key] = self._count
        self._count += 1
        place.open.append(number)
        out.append(BlockStart(number, shell, extra=extra or {}))
        self._called = self._called or is_client_call(shell)
        return number

    def _number(self, chunk: dict[str, Any], key: Any, shell: Block, out: list[Event]) -> int:
        """The number of the block for a part; one that was not announced begins now."""
        place = self._place(chunk)
        number = place.blocks.get(key)
        return self._open(place, key, shell, out) if number is None else number

    def _read_text(self, kind: str, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        self._read_piece(
            lambda each, events: self._number(each, _part_of(each), _TEXTS[kind], events), chunk, extra, out
        )

    def _call_number(self, chunk: dict[str, Any], out: list[Event]) -> int:
        name = chunk.get("item_id")
        return self._number(chunk, "item", ToolCall(str(name or ""), "", ""), out)

    def _read_piece(
        self,
        find: Callable[[dict[str, Any], list[Event]], int],
        chunk: dict[str, Any],
        extra: dict[str, Any],
        out: list[Event],
    ) -> None:
        text = chunk.get("delta")
        if not isinstance(text, str):
            return
        number = find(chunk, out)
        del chunk["delta"]
        extra[TEXT] = "delta"
        self._place(chunk).said.add(number)
        out.append(BlockDelta(number, text, logprobs=chunk.get("logprobs") or None, extra=extra))

    def _read_thought(self, source: str, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        place = self._place(chunk, "reasoning")
        place.source = place.source or source
        if place.source == source:
            self._read_piece(lambda each, events: self._number(each, "item", Thinking(""), events), chunk, extra, out)

    def _read_whole(self, kind: str, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        """A text that never came in pieces."""
        place, text = self._place(chunk), chunk.get(_WHOLE[kind])
        number = place.blocks.get("item" if "item" in place.blocks else _part_of(chunk))
        if number is None or number in place.said or not isinstance(text, str) or not text:
            return
        place.said.add(number)
        out.append(BlockDelta(number, text, extra=extra))

    def _begin_item(self, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        item = chunk.get("item")
        kind = kind_of(item)
        place = self._place(chunk, kind)
        place.kind = kind
        if kind in CALLS:
            found = [b for b in parse_item(item, "item", self.wire, LenientMembers).blocks if isinstance(b, ToolCall)]
            if found:
                call = found[0]
                number = self._open(place, "item", _shell(call), out, extra)
                if call.arguments:
                    place.said.add(number)
                    out.append(BlockDelta(number, call.arguments))
        elif kind == "reasoning":
            self._open(place, "item", Thinking(""), out, extra)

    def _begin_part(self, kind: str, chunk: dict[str, Any], extra: dict[str, Any], out: list[Event]) -> None:
        place, part = self._place(chunk), chunk.get("part")
        number, told = place.blocks.get("item"), chunk.get(_NEXT_PARAGRAPH[kind])
        index = told if type(told) is int else 0
        if number is not None:
            if number in place.said and index:
                out.append(BlockDelta(number, "\n\n", extra=extra))
            return
        said = part.get("type") if isinstance(part, dict) else None
        if said in ("output_text", "refusal") and index not in place.blocks:
            self._open(place, index, Text("") if said == "output_text" else Refusal(""), out, extra)

    def _end_part(self, chunk: dict[str, Any], out: list[Event]) -> None:
        place = self._place(chunk)
        number = place.blocks.get(_part_of(chunk))
        if number in place.open:
            place.open.remove(number)
            out.append(BlockStop(number))

    def _end_item(self, chunk: dict[str, Any], out: list[Event]) -> None:
        place, item = self._place(chunk), chunk.get("item")
        if not place.blocks:
            self._tell_whole(item, out)
            place.blocks["item"] = -1
            return
        number = place.blocks.get("item")
        if number is not None and number >= 0 and isinstance(item, dict):
            self._complete(number, place, item, out)
        self._stop(place, out)

    def _complete(self, number: int, place: _Place, item: dict[str, Any], out: list[Event]) -> None:
        """What of a call or a thought is only told when it is done."""
        for block in parse_item(item, "item", self.wire, LenientMembers).blocks:
            text = getattr(block, "arguments" if isinstance(block, ToolCall) else "text", "")
            proof: Proof | None = getattr(block, "proof", None)
            fresh = text if number not in place.said else ""
            if fresh or (proof is not None and isinstance(block, Thinking)):
                out.append(BlockDelta(number, fresh, proof=proof))

    def _tell_whole(self, item: Any, out: list[Event]) -> None:
        """An item that comes at once."""
        for block in parse_item(item, "item", self.wire, LenientMembers).blocks:
            number, self._count = self._count, self._count + 1
            self._called = self._called or is_client_call(block)
            if isinstance(block, Opaque | ServerTool):
                out += [BlockStart(number, block), BlockStop(number)]
                continue
            out.append(BlockStart(number, _shell(block)))
            text = block.arguments if isinstance(block, ToolCall) else getattr(block, "text", "")
            if text or getattr(block, "proof", None) is not None:
                out.append(BlockDelta(number, text, proof=getattr(block, "proof", None)))
            out += [BlockDelta(number, citation=each) for each in getattr(block, "citations", ())]
            out.append(BlockStop(number))

    def _stop(self, place: _Place, out: list[Event]) -> None:
        out += [BlockStop(number) for number in place.open]
        place.open = []

    def _stop_all(self, out: list[Event]) -> None:
        for place in self._places.values():
            self._stop(place, out)


def _part_of(chunk: dict[str, Any]) -> int:
    """The number of the part that an event is about."""
    index = chunk.get("content_index")
    return index if type(index) is int else 0


def _shell(block: Any) -> Block:
    """A block without what its deltas will bring."""
    if isinstance(block, ToolCall):
        return ToolCall(block.id, block.name, "", block.kind, block.proof, extra=dict(block.extra))
    shell: Block = type(block)("")
    return shell


def _has_frame(event: Event, chunk: dict[str, Any]) -> bool:
    if isinstance(event, OpaqueEvent):
        return event.data is chunk
    return not isinstance(event, BlockStop | Failure) and event.extra.get(FRAME) is chunk


def _is_quiet(kind: str, out: list[Event]) -> bool:
    """Whether an event that became no other tells nothing which anyone would miss."""
    said = bool(out) or kind in _QUIET or kind.startswith("response.output_item.")
    return said or kind.startswith(_QUIET_BEGINNINGS) or kind in ("error", "response.failed")
