"""The messages of another dialect, as the turns that Anthropic takes.

Instructions leave the conversation for `system`. Neighbours of one role become one turn. Every call is answered in
the turn after it, results before anything else, and no result is without its call. What breaks these rules is mended
so that no conversation is refused, and each mending is named: an empty text is left out, a result without a call is
said as text, a call without a result is answered by a failure.

Source: platform.claude.com, "Handle tool calls" and "API errors"; the refusals it describes.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from limen.dialects.anthropic.content_writer import render_block
from limen.dialects.anthropic.models import Claude
from limen.dialects.rendering import Rendering
from limen.model.content import Block, Text, ToolCall, ToolResult
from limen.model.request import Message

_GO_ON = "Continue."

Placed = tuple[str, Block]
"""A block, and its path in the request."""


class Turn:
    """Neighbouring messages of one role."""

    __slots__ = ("blocks", "content", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.blocks: list[Placed] = []
        self.content: list[Any] = []


def render_turns(messages: tuple[Message, ...], built: dict[str, Any], rendering: Rendering, model: Claude) -> None:
    """Put `system` and `messages` into the body `built`."""
    system, turns = _divide(messages, rendering)
    _pair(turns, rendering)
    for turn in turns:
        turn.content = _render(turn.blocks, rendering)
    turns = _joined([turn for turn in turns if turn.content])
    _end_with_user(turns, rendering, model)
    said = _render(system, rendering)
    if not turns:
        rendering.lose("messages", "there must be a turn: the last instruction is said by the user, or a word to go on")
        turns = [Turn("user")]
        turns[0].content = [said.pop() if said else {"type": "text", "text": _GO_ON}]
    if said:
        built["system"] = _plain(said)
    built["messages"] = [{"role": turn.role, "content": _plain(turn.content)} for turn in turns]


def _plain(content: list[Any]) -> Any:
    """A bare string for a single text with nothing beside it, as most clients write it."""
    only = content[0]
    return only["text"] if len(content) == 1 and only.keys() == {"type", "text"} else content


def _divide(messages: tuple[Message, ...], rendering: Rendering) -> tuple[list[Placed], list[Turn]]:
    system: list[Placed] = []
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        placed = [(f"{where}.content[{i}]", block) for i, block in enumerate(message.blocks)]
        rendering.keep({}, message.extra, where)
        if message.name is not None:
            rendering.lose(f"{where}.name", "messages have no names here")
        if message.role in ("system", "developer"):
            if turns:
                rendering.lose(where, "instructions stand before the conversation here")
            system += placed
            continue
        role = "assistant" if message.role == "assistant" else "user"
        if not turns or turns[-1].role != role:
            turns.append(Turn(role))
        turns[-1].blocks += placed
    return system, turns


def _pair(turns: list[Turn], rendering: Rendering) -> None:
    """Put each result into the turn after its call; in place. A turn is added where calls have none after them."""
    position = 0
    calls: dict[str, str] = {}
    while position < len(turns):
        turn = turns[position]
        if turn.role == "user":
            turn.blocks = _answered(turn.blocks, calls, rendering)
            calls = {}
        else:
            calls = {block.id: where for where, block in turn.blocks if _is_call(block)}
            if calls and position + 1 == len(turns):
                turns.append(Turn("user"))
        position += 1


def _is_call(block: Block) -> TypeGuard[ToolCall]:
    """Whether `block` is a call that Anthropic knows; others are lost, and their results are no answers to anything."""
    return isinstance(block, ToolCall) and block.kind == "function"


def _answered(blocks: list[Placed], calls: dict[str, str], rendering: Rendering) -> list[Placed]:
    """A user's `blocks`, results first: one for each of `calls`."""
    open_calls = dict(calls)
    results: list[Placed] = []
    others: list[Placed] = []
    for where, block in blocks:
        if not isinstance(block, ToolResult):
            others.append((where, block))
        elif open_calls.pop(block.call_id, None) is not None:
            results.append((where, block))
        else:
            rendering.lose(where, "a result without its call before it is said as text")
            others += [(f"{where}.content[{i}]", part) for i, part in enumerate(block.content)]
    for name, where in open_calls.items():
        rendering.lose(f"{where}.result", "a call that nobody answered has failed")
        results.append((where, ToolResult(name, (Text("No result."),), is_error=True)))
    return results + others


def _render(blocks: list[Placed], rendering: Rendering) -> list[Any]:
    found = []
    for where, block in blocks:
        if isinstance(block, Text) and not block.text.strip():
            rendering.lose(where, "an empty text, which is refused here")
            continue
        built = render_block(block, rendering, where)
        if built is not None:
            found.append(built)
    return found


def _joined(turns: list[Turn]) -> list[Turn]:
    """Turns whose neighbour vanished become one with the next of their role."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1].role == turn.role:
            found[-1].content += turn.content
        else:
            found.append(turn)
    return found


def _end_with_user(turns: list[Turn], rendering: Rendering, model: Claude) -> None:
    """An assistant's last turn is the beginning of the answer here, where the model takes that at all."""
    if not turns or turns[-1].role != "assistant":
        return
    if not model.prefills:
        rendering.lose("messages", "this model must be spoken to last, so it is asked to continue")
        turns.append(Turn("user"))
        turns[-1].content = [{"type": "text", "text": _GO_ON}]
        return
    last = turns[-1].content[-1]
    text = last.get("text") if isinstance(last, dict) and last.get("type") == "text" else None
    if isinstance(text, str) and text != text.rstrip():
        rendering.lose("messages[-1].content", "white space at the end of a begun answer is refused here")
        last["text"] = text.rstrip()


def lacks_thoughts(messages: list[Any]) -> bool:
    """Whether the last turn of the assistant calls tools without the signed thoughts that led to it."""
    for message in reversed(messages):
        if message["role"] == "assistant" and isinstance(message["content"], list):
            kinds = [block.get("type") if isinstance(block, dict) else None for block in message["content"]]
            return "tool_use" in kinds and kinds[0] not in ("thinking", "redacted_thinking")
        if message["role"] == "assistant":
            return False
    return False
