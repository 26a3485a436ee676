"""The frames of a streamed chat answer, read.

Contents and calls are numbered apart on the wire, and together in the hub. A plan has no frames for its beginning and end: it
begins with its first piece and ends where anything else begins. An event whose frame is not written as
`limen.dialects.cohere.frames` writes it keeps the frame, so that it can be given back as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from limen.dialects.cohere import frames
from limen.dialects.cohere.errors import parse_error
from limen.dialects.cohere.finish import parse_reason
from limen.dialects.cohere.frames import FRAME, SILENT, UNNAMED
from limen.dialects.cohere.messages import PLAN
from limen.dialects.cohere.usage import parse_usage
from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import NotJson, decode
from limen.dialects.members import LenientMembers
from limen.dialects.openai.tool_calls import read_call
from limen.errors import MalformedReply
from limen.model.content import NOTHING, Block, Opaque, Text, Thinking
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

_PLAN = Thinking("", extra=Extra({}, (PLAN,)))
_QUIET: Mapping[str, Any] = {SILENT: True}
_TEXT, _THINKING = "text", "thinking"


class _Open:
    """A block while it is streamed: its number in the hub, its number on the wire, and the key of its text."""

    __slots__ = ("index", "key", "number")

    def __init__(self, number: int, index: int, key: str) -> None:
        self.number = number
        self.index = index
        self.key = key


class CohereStreamParser:
    """Frames in, events out. One per stream."""

    def __init__(self, wire: str) -> None:
        self.ended = False
        self.wire = wire
        self._started = False
        self._count = 0
        self._plan: int | None = None
        self._contents: dict[Any, _Open] = {}
        self._calls: dict[Any, _Open] = {}
        self._contents_begun = 0
        self._calls_begun = 0
        self._citations = 0
        self._text: _Open | None = None
        """The text that began last: citations that name no content are about it."""

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one frame; none for comments and for what follows the end."""
        data = frame.data
        if not data or self.ended or data.strip() == b"[DONE]":
            return []
        try:
            told = decode(data)
        except NotJson as error:
            raise MalformedReply(f"the provider sent a stream event that can't be read: {error}") from None
        if not isinstance(told, dict):
            raise MalformedReply("the provider sent a stream event that is not a JSON object")
        kind = told.get("type")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is not None and (self._started or kind == "message-start"):
            found = reader(self, told, data, frame)
            if found is not None:
                return found
        if kind is None and isinstance(told.get("message"), str):
            self.ended = True
            return [Failure(parse_error(502, (), data))]
        return [*self._begin(frame), OpaqueEvent(self.wire, told, frame.event)]

    def close(self) -> list[Event]:
        """Stops for what is open."""
        return self._stop_all()

    def _begin(self, frame: Frame) -> list[Event]:
        """A Start for an answer that came without one."""
        if self._started:
            return []
        self._started = True
        return [Start("", "", self.wire, extra=_envelope(frame, {SILENT: True}))]

    def read_start(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``message-start``."""
        if self._started:
            return None
        self._started = True
        name = told.get("id")
        name = name if isinstance(name, str) else ""
        extra = {} if told == frames.message_start(name) else {FRAME: told}
        return [Start(name, "", self.wire, extra=_envelope(frame, extra))]

    def read_content_start(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``content-start``."""
        content = _inner(told, "content")
        index = told.get("index")
        if content is None or not isinstance(index, int) or index in self._contents:
            return None
        key = _TEXT if content.get("type") == _TEXT else _THINKING if content.get("type") == _THINKING else ""
        said = content.get(key)
        shell = self._shell(content, key)
        out = self._stop_plan()
        number = self._next()
        usual = bool(key) and told == frames.content_start(self._contents_begun, key)
        out.append(BlockStart(number, shell, extra=NOTHING if usual else {FRAME: told}))
        opened = self._contents[index] = _Open(number, self._contents_begun, key)
        self._contents_begun += 1
        if key == _TEXT:
            self._text = opened
        if said and isinstance(said, str):
            out.append(BlockDelta(number, said, extra=_QUIET))
        return out

    def _shell(self, content: dict[str, Any], key: str) -> Block:
        """The block that `content` begins; what else it has beside its text is the block's own."""
        if not key:
            return Opaque(self.wire, content)
        rest = extra_of({name: value for name, value in content.items() if name not in ("type", key)})
        return Text("", extra=rest) if key == _TEXT else Thinking("", extra=rest)

    def read_content_delta(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``content-delta``."""
        content, opened = _inner(told, "content"), self._contents.get(_index_of(told))
        if content is None or opened is None or not opened.key:
            return None
        said = content.get(opened.key)
        if not isinstance(said, str):
            return None
        logprobs = told.get("logprobs")
        usual = frames.content_delta(opened.index, opened.key, said)
        if isinstance(logprobs, dict):
            usual["logprobs"] = logprobs
        else:
            logprobs = None
        return [BlockDelta(opened.number, said, logprobs=logprobs, extra=NOTHING if told == usual else {FRAME: told})]

    def read_content_end(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``content-end``."""
        return self._read_end(told, self._contents)

    def read_plan(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``tool-plan-delta``."""
        delta = told.get("delta")
        message = delta.get("message") if isinstance(delta, dict) else None
        said = message.get("tool_plan") if isinstance(message, dict) else None
        if not isinstance(said, str):
            return None
        out: list[Event] = []
        if self._plan is None:
            self._plan = self._next()
            out.append(BlockStart(self._plan, _PLAN))
        out.append(BlockDelta(self._plan, said, extra=NOTHING if told == frames.plan_delta(said) else {FRAME: told}))
        return out

    def read_call_start(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``tool-call-start``."""
        item, index = _inner(told, "tool_calls"), told.get("index")
        if item is None or not isinstance(index, int) or index in self._calls:
            return None
        body = item.get("function")
        copy = {**item, "function": dict(body)} if isinstance(body, dict) else dict(item)
        call = read_call(LenientMembers(copy, "tool_calls"))
        out = self._stop_plan()
        number = self._next()
        plain = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        usual = told == frames.call_start(self._calls_begun, plain)
        shell = msgspec.structs.replace(call, arguments="")
        out.append(BlockStart(number, shell, extra=NOTHING if usual else {FRAME: told}))
        self._calls[index] = _Open(number, self._calls_begun, "arguments")
        self._calls_begun += 1
        if call.arguments:
            out.append(BlockDelta(number, call.arguments, extra=_QUIET))
        return out

    def read_call_delta(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``tool-call-delta``."""
        item, opened = _inner(told, "tool_calls"), self._calls.get(_index_of(told))
        body = item.get("function") if item is not None else None
        said = body.get("arguments") if isinstance(body, dict) else None
        if opened is None or not isinstance(said, str):
            return None
        usual = told == frames.call_delta(opened.index, said)
        return [BlockDelta(opened.number, said, extra=NOTHING if usual else {FRAME: told})]

    def read_call_end(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``tool-call-end``."""
        return self._read_end(told, self._calls)

    def _read_end(self, told: dict[str, Any], among: dict[Any, _Open]) -> list[Event] | None:
        opened = among.get(_index_of(told))
        if opened is None or told != frames.block_end(told["type"], opened.index):
            return None
        del among[told["index"]]
        return [BlockStop(opened.number)]

    def read_citation(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``citation-start``: the citation belongs to a text that is still open."""
        citation = _inner(told, "citations")
        if citation is None:
            return None
        named = self._contents.get(citation.get("content_index"))
        about = named if named is not None and named.key == _TEXT else self._text
        if about is None or about not in self._contents.values():
            return None
        usual = told == frames.citation_start(self._citations, citation)
        self._citations += usual
        return [BlockDelta(about.number, citation=citation, extra=NOTHING if usual else {FRAME: told})]

    def read_citation_end(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``citation-end`` says nothing that anyone would miss."""
        return [OpaqueEvent(self.wire, told, frame.event, empty=True)]

    def read_message_end(self, told: dict[str, Any], data: bytes, frame: Frame) -> list[Event] | None:
        """``message-end``: why, and the usage; or the error that ended the answer."""
        self.ended = True
        out = self._stop_all()
        delta = told.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        raw = delta.get("finish_reason")
        if delta.get("error") or raw == "ERROR":
            return [*out, Failure(parse_error(502, (), data))]
        raw = raw if isinstance(raw, str) and raw else None
        out.append(Finish(parse_reason(raw) if raw else "other", raw, extra={FRAME: told}))
        usage = delta.get("usage")
        if isinstance(usage, dict):
            out.append(UsageReport(parse_usage(usage, self.wire), _QUIET))
        return out

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _stop_plan(self) -> list[Event]:
        if self._plan is None:
            return []
        number, self._plan = self._plan, None
        return [BlockStop(number)]

    def _stop_all(self) -> list[Event]:
        out = self._stop_plan()
        for among in (self._contents, self._calls):
            out += [BlockStop(opened.number) for opened in among.values()]
            among.clear()
        return out


def _envelope(frame: Frame, extra: dict[str, Any]) -> Mapping[str, Any]:
    return {**extra, UNNAMED: True} if frame.event is None else extra


def _inner(told: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The object under `key` in the frame's message."""
    delta = told.get("delta")
    message = delta.get("message") if isinstance(delta, dict) else None
    found = message.get(key) if isinstance(message, dict) else None
    return found if isinstance(found, dict) else None


_Reader = Callable[[CohereStreamParser, dict[str, Any], bytes, Frame], list[Event] | None]
_READERS: dict[str, _Reader] = {
    "message-start": CohereStreamParser.read_start,
    "content-start": CohereStreamParser.read_content_start,
    "content-delta": CohereStreamParser.read_content_delta,
    "content-end": CohereStreamParser.read_content_end,
    "tool-plan-delta": CohereStreamParser.read_plan,
    "tool-call-start": CohereStreamParser.read_call_start,
    "tool-call-delta": CohereStreamParser.read_call_delta,
    "tool-call-end": CohereStreamParser.read_call_end,
    "citation-start": CohereStreamParser.read_citation,
    "citation-end": CohereStreamParser.read_citation_end,
    "message-end": CohereStreamParser.read_message_end,
}


def _index_of(told: dict[str, Any]) -> int | None:
    """Which block a frame is about; None where it does not say so with a number."""
    index = told.get("index")
    return index if type(index) is int else None
