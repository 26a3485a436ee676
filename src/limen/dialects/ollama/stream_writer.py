"""Ollama's streams, written: a line for each piece of text, one for each call, and a last one that says why it ends.

An event of another dialect is a line of its own; what stands around its text is encoded once for each kind. An event of the same
wire is put back into the line it came from (see `limen.dialects.ollama.stream`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from limen.dialects.json_text import encode
from limen.dialects.ollama.answer import put_logprobs
from limen.dialects.ollama.finish import render_reason
from limen.dialects.ollama.images import render_images
from limen.dialects.ollama.messages import sealed
from limen.dialects.ollama.moment import write_moment
from limen.dialects.ollama.stream import JOINED, LINE, MESSAGE, is_told
from limen.dialects.ollama.tool_calls import render_call
from limen.dialects.ollama.usage import put_usage
from limen.dialects.rendering import Rendering
from limen.errors import LimenError
from limen.model.content import Block, Image, Opaque, Refusal, ServerTool, Text, Thinking, ToolCall
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
"""Stands for the text while what is around it is encoded. Every encoder escapes a NUL alike; no model's name has it."""


class OllamaStreamRenderer:
    """Events in, lines out. One per stream. `chat`: the text stands in `message`, not at the top."""

    def __init__(self, wire: str, losses: Losses, render_error: Callable[[LimenError], bytes], *, chat: bool) -> None:
        self._rendering = Rendering(wire, "", losses, answer=True)
        self._render_error = render_error
        self._chat = chat
        self._key = "content" if chat else "response"
        self._line: dict[str, Any] = {"model": "", "created_at": write_moment(None)}
        self._around: dict[str, tuple[bytes, bytes]] = {}
        self._kinds: dict[int, str] = {}
        self._calls: dict[int, ToolCall] = {}
        self._texts: dict[int, list[str]] = {}
        self._called = 0
        self._thoughts: dict[int, Thinking] = {}
        self._finish: Finish | None = None
        self._usage: Usage | None = None
        self._held: list[Event] = []
        self._said_all = False

    def render(self, event: Event) -> bytes:
        """The lines that `event` completes; often none."""
        match event:
            case Start():
                self._start(event)
            case Failure():
                return self._render_error(event.fault)
            case OpaqueEvent():
                return self._opaque(event)
            case UsageReport() if not self._rendering.same:
                self._usage = event.usage
            case BlockStart() | BlockDelta() | BlockStop() | Finish() if event.choice:
                self._rendering.lose(f"choices[{event.choice}]", "Ollama gives one answer")
            case _ if self._rendering.same:
                return self._put_back(event)
            case BlockStart():
                return self._open(event.block, event.shell)
            case BlockDelta():
                return self._add(event)
            case BlockStop():
                return self._close(event.block)
            case Finish():
                self._finish = event
        return b""

    def _start(self, event: Start) -> None:
        self._rendering.same = event.dialect == self._rendering.wire
        self._line = {"model": event.model, "created_at": write_moment(event.created)}
        if not self._rendering.same:
            self._usage = event.usage
            self._rendering.lose_tier(event.service_tier, "Ollama has one tier")

    def _opaque(self, event: OpaqueEvent) -> bytes:
        if event.dialect == self._rendering.wire:
            return encode(event.data) + b"\n"
        if not event.empty:
            self._rendering.lose(event.name or "event", f"an event that only {event.dialect} has")
        return b""

    def _open(self, block: int, shell: Block) -> bytes:
        where = f"choices[0].content[{block}]"
        match shell:
            case ToolCall():
                self._calls[block], self._texts[block] = shell, [shell.arguments]
            case Text() | Refusal() | Thinking():
                self._kinds[block] = "thinking" if isinstance(shell, Thinking) else self._key
                if isinstance(shell, Refusal):
                    self._rendering.lose(f"{where}.refusal", "Ollama can't tell a refusal from an answer")
                self._rendering.keep({}, shell.extra, where)
                if isinstance(shell, Thinking):
                    self._thoughts[block] = shell
                    self._texts[block] = [shell.text]
                return self._text(block, shell.text) if shell.text else b""
            case Image():
                said: dict[str, Any] = {}
                render_images([(where, shell)], said, self._rendering)
                return self._write(said) if said else b""
            case Opaque() | ServerTool():
                self._rendering.own(shell, where)
            case _:
                self._rendering.lose(where, f"Ollama has no place for {type(shell).__name__.lower()}")
        return b""

    def _add(self, event: BlockDelta) -> bytes:
        if event.block in self._calls:
            self._texts[event.block].append(event.text)
            return b""
        if event.block not in self._kinds:
            return b""
        where = f"choices[0].content[{event.block}]"
        thought = self._thoughts.get(event.block)
        if thought is not None:
            self._texts[event.block].append(event.text)
            if event.proof is not None:
                self._thoughts[event.block] = msgspec.structs.replace(thought, proof=event.proof)
        if event.citation is not None:
            self._rendering.lose(f"{where}.citations", "Ollama has no citations")
        if event.logprobs is not None:
            beside: dict[str, Any] = {}
            put_logprobs(event.logprobs, beside, self._rendering, "choices[0]")
            if beside:
                return self._write({self._kinds[event.block]: event.text}, beside)
        return self._text(event.block, event.text) if event.text else b""

    def _text(self, block: int, text: str) -> bytes:
        key = self._kinds[block]
        around = self._around.get(key)
        if around is None:
            before, after = self._write({key: _CUT}).split(encode(_CUT), 1)
            around = self._around[key] = (before, after)
        return around[0] + encode(text) + around[1]

    def _close(self, block: int) -> bytes:
        call = self._calls.pop(block, None)
        if call is None:
            return b""
        whole = msgspec.structs.replace(call, arguments="".join(self._texts.pop(block)))
        where = f"choices[0].content[{block}]"
        thoughts = () if self._called else self._heard()
        rendered = render_call(sealed(whole, thoughts, where, self._rendering), self._called, where, self._rendering)
        self._called += 1
        return self._write({"tool_calls": [rendered]})

    def _heard(self) -> list[Thinking]:
        """The thoughts so far, whole."""
        return [
            msgspec.structs.replace(thought, text="".join(self._texts[block]))
            for block, thought in self._thoughts.items()
        ]

    def _write(self, said: dict[str, Any], beside: dict[str, Any] | None = None, *, done: bool = False) -> bytes:
        """A line of another dialect's answer. `said` stands with the message, `beside` around it."""
        text = {self._key: "", **said}
        inner = {"message": {"role": "assistant", **text}} if self._chat else text
        return encode({**self._line, **inner, **(beside or {}), "done": done}) + b"\n"

    def _put_back(self, event: Event) -> bytes:
        """Put an event of this wire into its line; the line's bytes with the last one."""
        if isinstance(event, BlockStart) and isinstance(event.shell, Text | Thinking):
            self._kinds[event.block] = "thinking" if isinstance(event.shell, Thinking) else self._key
        if not is_told(event):
            return b""
        self._held.append(event)
        extra = getattr(event, "extra", {})
        if JOINED in extra:
            return b""
        held, self._held = self._held, []
        line: dict[str, Any] = dict(extra.get(LINE, {**self._line, "done": isinstance(event, Finish | UsageReport)}))
        message: dict[str, Any] = dict(extra.get(MESSAGE, {"role": "assistant"})) if self._chat else line
        for each in held:
            self._put(each, line, message)
        if self._chat:
            line[MESSAGE] = message
        return encode(line) + b"\n"

    def _put(self, event: Event, line: dict[str, Any], message: dict[str, Any]) -> None:
        match event:
            case BlockStart(shell=ToolCall() as shell):
                self._calls[event.block] = shell
            case BlockStart(shell=Image() as image):
                images: dict[str, Any] = {}
                render_images([("", image)], images, self._rendering)
                message.setdefault("images", []).extend(images["images"])
            case BlockDelta() if event.block in self._calls:
                call = msgspec.structs.replace(self._calls.pop(event.block), arguments=event.text)
                calls = message.setdefault("tool_calls", [])
                calls.append(render_call(call, len(calls), "", self._rendering))
            case BlockDelta():
                key = self._kinds.get(event.block, self._key)
                message[key] = message.get(key, "") + event.text
                if event.logprobs is not None:
                    line["logprobs"] = event.logprobs
            case Finish():
                line["done_reason"] = event.raw
            case UsageReport():
                put_usage(event.usage, line, self._rendering)

    def end(self) -> bytes:
        """The last line, for events of other dialects: why the answer ended, and what it used."""
        if self._rendering.same or self._said_all:
            return b""
        self._said_all = True
        tail = b"".join([self._close(block) for block in list(self._calls)])
        if not self._called:
            for block, thought in self._thoughts.items():
                if thought.proof is not None:
                    where = f"choices[0].content[{block}].proof"
                    self._rendering.lose(where, f"only {thought.proof.issuer} can read it, and no call carries it")
        beside: dict[str, Any] = {}
        if self._finish is not None:
            finish = self._finish
            reason = render_reason(finish.reason, finish.raw, finish.stop_sequence, self._rendering)
            beside["done_reason"] = reason
        put_usage(self._usage, beside, self._rendering)
        return tail + self._write({}, beside, done=True)
