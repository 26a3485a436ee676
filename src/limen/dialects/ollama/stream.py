"""Ollama's streams, read: each line is a small answer, and the last one says that it is done.

What a line has beside its text stays with the last of its events, so that the same wire can write the same lines again.
Calls of tools come whole, in one line.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.json_text import NotJson, decode
from limen.dialects.members import LenientMembers
from limen.dialects.ollama.answer import named
from limen.dialects.ollama.errors import parse_error
from limen.dialects.ollama.finish import parse_reason
from limen.dialects.ollama.images import take_images
from limen.dialects.ollama.moment import KEY as MOMENT
from limen.dialects.ollama.moment import parse_moment
from limen.dialects.ollama.tool_calls import answer_texts, take_calls
from limen.dialects.ollama.usage import take_usage
from limen.errors import MalformedReply
from limen.model.content import Block, Text, Thinking
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

LINE = "line"
"""What a line has around its message, verbatim."""
MESSAGE = "message"
"""What its message has beside the text, verbatim."""
JOINED = "joined"
"""The next event is from the same line."""
_TEXT = Text("")
_THINKING = Thinking("")


class OllamaStreamParser:
    """Frames in, events out. One per stream. `chat`: the text is in `message`, not at the top."""

    def __init__(self, wire: str, *, chat: bool) -> None:
        self.ended = False
        self._wire = wire
        self._chat = chat
        self._key = "content" if chat else "response"
        self._started = False
        self._open = ""
        self._number = -1
        self._calls = 0

    def feed(self, frame: Frame) -> list[Event]:
        """The events of one line; none for what follows the end."""
        if self.ended or not frame.data:
            return []
        try:
            line = decode(frame.data)
        except NotJson as error:
            raise MalformedReply(f"the provider sent a line that can't be read: {error}") from None
        if not isinstance(line, dict):
            raise MalformedReply("the provider sent a line that is not a JSON object")
        if line.get("error") and self._key not in line and MESSAGE not in line:
            return [Failure(parse_error(502, (), frame.data))]
        out: list[Event] = []
        if not self._started:
            self._start(line, out)
        self.ended = line.get("done") is True
        begun = len(out)
        self._read(line, frame.data, out, begun)
        if self.ended:
            # Blocks end before what ends the answer; a block's end is never the last of a line's events.
            at = next((i for i, event in enumerate(out) if isinstance(event, Finish | UsageReport)), len(out))
            out[at:at] = self.close()
        return out

    def close(self) -> list[Event]:
        """The end of the block that is open."""
        open_block, self._open = self._open, ""
        return [BlockStop(self._number)] if open_block else []

    def _start(self, line: dict[str, Any], out: list[Event]) -> None:
        self._started = True
        model, moment = line.get("model"), line.get(MOMENT)
        created = parse_moment(moment) if isinstance(moment, str) else None
        out.append(Start("", model if isinstance(model, str) else "", self._wire, created))

    def _read(self, line: dict[str, Any], data: bytes, out: list[Event], begun: int) -> None:
        if self._chat:
            message = line.get(MESSAGE)
            if isinstance(message, dict):
                del line[MESSAGE]
        else:
            message = line
        if isinstance(message, dict):
            self._read_message(LenientMembers(message, MESSAGE), line, data, out)
        if self.ended:
            self._read_end(line, out)
        told = [position for position in range(begun, len(out)) if is_told(out[position])]
        kept: dict[str, Any] = {LINE: line}
        if self._chat and isinstance(message, dict):
            kept[MESSAGE] = message
        if not told:
            out.append(OpaqueEvent(self._wire, _whole(kept), empty=True))
            return
        for position in told[:-1]:
            out[position] = _with(out[position], {JOINED: True})
        out[told[-1]] = _with(out[told[-1]], kept)

    def _read_message(self, message: LenientMembers, line: dict[str, Any], data: bytes, out: list[Event]) -> None:
        rest = message.rest
        logprobs = line.get("logprobs") if isinstance(line.get("logprobs"), list) else None
        for key, shell in (("thinking", _THINKING), (self._key, _TEXT)):
            text = rest.get(key)
            if text and isinstance(text, str):
                del rest[key]
                self._block(key, shell, out)
                if logprobs is not None:
                    del line["logprobs"]
                out.append(BlockDelta(self._number, text, logprobs=logprobs))
                logprobs = None
        for image in take_images(message) if rest.get("images") else ():
            self._whole(image, out)
        if rest.get("tool_calls"):
            moment = str(line.get(MOMENT, "")) + str(self._calls)
            for call in named(take_calls(message, answer_texts(data, chat=self._chat)), moment):
                self._calls += 1
                number = self._begin("call", msgspec.structs.replace(call, arguments=""), out)
                out.append(BlockDelta(number, call.arguments))

    def _read_end(self, line: dict[str, Any], out: list[Event]) -> None:
        raw = line.get("done_reason")
        if raw and isinstance(raw, str):
            del line["done_reason"]
            out.append(Finish(parse_reason(raw, calls=self._calls > 0), raw))
        usage = take_usage(line, self._wire)
        if usage is not None:
            out.append(UsageReport(usage))

    def _block(self, kind: str, shell: Block, out: list[Event]) -> None:
        if kind != self._open:
            self._begin(kind, shell, out)

    def _begin(self, kind: str, shell: Block, out: list[Event]) -> int:
        out += self.close()
        self._open = kind
        self._number += 1
        out.append(BlockStart(self._number, shell))
        return self._number

    def _whole(self, block: Block, out: list[Event]) -> None:
        self._begin("whole", block, out)


def is_told(event: Event) -> bool:
    """Whether an event says something on a line: a text begins and ends unsaid."""
    if isinstance(event, BlockStart):
        return not isinstance(event.shell, Text | Thinking)
    return not isinstance(event, BlockStop | Start)


def _whole(kept: dict[str, Any]) -> dict[str, Any]:
    return {**kept[LINE], MESSAGE: kept[MESSAGE]} if MESSAGE in kept else kept[LINE]


def _with(event: Event, more: dict[str, Any]) -> Event:
    return msgspec.structs.replace(event, extra=more)
