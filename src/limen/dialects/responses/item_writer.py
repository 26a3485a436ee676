"""The items of a conversation, written: a model's turn for a request, and a full answer's output.

What came from this wire goes back into the items it was in. What did not becomes items of its own: one message for texts in a
row, one item for each call and each thought.

Must not: know the shape of a whole request or answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from limen.dialects.extra import marks_of
from limen.dialects.rendering import Rendering
from limen.dialects.responses.answer_items import AnswerItems
from limen.dialects.responses.envelope import envelope_of
from limen.dialects.responses.items import CALL_OF_KIND, CUSTOM, NO_CONTENT, OBJECT, PLAIN
from limen.dialects.responses.parts import INPUT, OUTPUT, render_part
from limen.model.content import Block, Opaque, ServerTool, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message


def render_message(message: Message, index: int, rendering: Rendering) -> list[Any]:
    """The items of one message of a request."""
    where = f"messages[{index}]"
    if not rendering.same:
        rendering.keep(
            {}, message.extra, where
        )  # Most items have no place for what another wire's message has beside its blocks.
    if message.role == "assistant":
        _name_rest(message, rendering, where)
        return TurnWriter(rendering, where).write(message.blocks)
    items: list[Any] = []
    parts: list[Block] = []
    for position, block in enumerate(message.blocks):
        if isinstance(block, ToolResult):
            place = f"{where}.content[{position}]"
            items.append(_render_result(block, rendering, place, plain=message.plain))
        elif _is_item(block, message, rendering):
            items.append(block.data)  # type: ignore[union-attr]
        else:
            parts.append(block)
    if parts or not items:
        items.append(_render_said(message, tuple(parts), rendering, where))
    else:
        _name_rest(message, rendering, where)
    return items


def _name_rest(message: Message, rendering: Rendering, where: str) -> None:
    """Name what another dialect's message has round its blocks: here there are only items."""
    if rendering.same:
        return
    if message.name is not None:
        rendering.lose(f"{where}.name", "this dialect has no names of speakers")
    rendering.keep({}, message.extra, where)


def _is_item(block: Block, message: Message, rendering: Rendering) -> bool:
    """Whether a block stands for a whole item: the parser puts a message's unknown parts beside its envelope, items alone."""
    if not isinstance(block, Opaque | ServerTool) or block.dialect != rendering.wire:
        return False
    return not message.extra and envelope_of(message.extra) is None and len(message.blocks) == 1


def _render_said(message: Message, blocks: tuple[Block, ...], rendering: Rendering, where: str) -> dict[str, Any]:
    built: dict[str, Any] = {"role": "user" if message.role == "tool" else message.role}
    if not rendering.marked(message.extra, NO_CONTENT):
        built["content"] = render_content(blocks, rendering, f"{where}.content", plain=message.plain)
    if message.name is not None:
        rendering.lose(f"{where}.name", "this dialect has no names of speakers")
    if rendering.same:
        built.update(envelope_of(message.extra) or {})
    return rendering.keep(built, message.extra, where)


def render_content(blocks: tuple[Block, ...], rendering: Rendering, where: str, *, plain: bool) -> Any:
    """What a client says: a bare string where there was one, or another dialect's text fits in one; else a list of parts."""
    first = blocks[0] if len(blocks) == 1 else None
    if isinstance(first, Text) and (plain or not rendering.same):
        return render_part(first, rendering, f"{where}[0]", INPUT)["text"]
    parts = [render_part(block, rendering, f"{where}[{i}]", INPUT) for i, block in enumerate(blocks)]
    return [part for part in parts if part is not None]


def _render_result(result: ToolResult, rendering: Rendering, where: str, *, plain: bool) -> dict[str, Any]:
    kind = "custom_tool_call_output" if rendering.marked(result.extra, CUSTOM) else "function_call_output"
    output = render_content(result.content, rendering, f"{where}.content", plain=plain)
    if not output and not rendering.same:
        output = ""
    built: dict[str, Any] = {"type": kind, "call_id": result.call_id, "output": output}
    if rendering.same:
        built.update(envelope_of(result.extra) or {})
    elif result.is_error is not None:
        rendering.lose(f"{where}.is_error", "this dialect can't say that a tool failed but in the text")
    rendering.cache(built, result.cache, where)
    return rendering.keep(built, result.extra, where)


class TurnWriter:
    """Blocks of the model in, items out. `answer` makes the items of another dialect where a client will read them."""

    def __init__(self, rendering: Rendering, where: str, answer: AnswerItems | None = None) -> None:
        self._rendering = rendering
        self._where = where
        self._answer = answer
        self._items: list[Any] = []
        self._message: dict[str, Any] | None = None

    def write(self, blocks: Iterable[Block]) -> list[Any]:
        """The items of a turn."""
        for index, block in enumerate(blocks):
            place = f"{self._where}.content[{index}]"
            if isinstance(block, Opaque | ServerTool):
                item = self._rendering.own(block, place)
                self._put(item, wanted=block.dialect == self._rendering.wire)
                continue
            envelope = envelope_of(block.extra) if self._rendering.same else None
            if isinstance(block, Thinking):
                item = self._thinking(block, envelope, place)
                self._put(item, wanted=item is not None)
            elif isinstance(block, ToolCall):
                item = self._call(block, envelope, place)
                self._put(item, wanted=item is not None)
            else:
                self._part(block, envelope, place)
        return self._items

    def _put(self, item: Any, *, wanted: bool) -> None:
        self._message = None
        if wanted:
            self._items.append(item)

    def _part(self, block: Block, envelope: Mapping[str, Any] | None, where: str) -> None:
        """Put a part into the message that is open, or into a new one."""
        part = render_part(block, self._rendering, where, OUTPUT)
        if part is None:
            return
        if self._answer is not None and not self._rendering.same and part["type"] == OUTPUT:
            part.setdefault("logprobs", [])
        if self._message is not None and envelope is None and isinstance(self._message["content"], list):
            self._message["content"].append(part)
            return
        if self._answer is not None and envelope is None:
            self._message = self._answer.message(len(self._items))
        else:
            self._message = {"role": "assistant", **(envelope or {})}
        bare = envelope is not None and PLAIN in marks_of(block.extra)  # type: ignore[union-attr]
        self._message["content"] = part["text"] if bare else [part]
        self._items.append(self._message)

    def _thinking(self, block: Thinking, envelope: Mapping[str, Any] | None, where: str) -> Any:
        rendering, proof = self._rendering, block.proof
        foreign = proof is not None and proof.issuer != rendering.wire
        if envelope is not None and (not foreign or rendering.answer):
            return envelope
        if self._answer is not None:
            rendering.keep({}, block.extra, where)
            return self._answer.reasoning(len(self._items), block.text, proof)
        if proof is None:
            rendering.lose(where, "OpenAI takes back only thoughts that it has encrypted itself")
            return None
        if foreign:
            rendering.lose(where, f"a thought that only {proof.issuer} takes back")
            return None
        summary = [{"type": "summary_text", "text": block.text}] if block.text else []
        built = {"type": "reasoning", "summary": summary, "encrypted_content": proof.value}
        return built if proof.id is None else {"id": proof.id, **built}

    def _call(self, call: ToolCall, envelope: Mapping[str, Any] | None, where: str) -> Any:
        rendering = self._rendering
        if call.kind not in CALL_OF_KIND:
            rendering.lose(where, f"a call of type {call.kind}, which this dialect does not have")
            return None
        if self._answer is not None and envelope is None:
            rendering.cache({}, call.cache, where)
            rendering.keep({}, call.extra, where)
            return self._answer.call(len(self._items), call, call.arguments)
        kind, key = CALL_OF_KIND[call.kind]
        text: Any = call.arguments
        if rendering.marked(call.extra, OBJECT):
            text = msgspec.Raw(text.encode())
        built: dict[str, Any] = {"type": kind, "call_id": call.id, "name": call.name, key: text}
        built.update(envelope or {})
        if call.proof is not None and not rendering.answer:
            rendering.lose(f"{where}.proof", f"only {call.proof.issuer} can read it")
        rendering.cache(built, call.cache, where)
        return rendering.keep(built, call.extra, where)
