"""Messages of Ollama's chat, to and from the hub.

A message has one text, pictures beside it, thoughts and calls. Ollama pairs a result with its call by the tool's name and by
order; the hub does it by id, so calls without one are numbered. Source: github.com/ollama/ollama, api/types.go (`Message`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from limen.dialects.extra import extra_of
from limen.dialects.members import Members, type_name
from limen.dialects.ollama.images import render_images, take_images
from limen.dialects.ollama.tool_calls import numbered_id, render_call, take_calls
from limen.dialects.rendering import Rendering
from limen.dialects.seal import MARK, open_id, seal_id
from limen.errors import BadRequest
from limen.model.content import Block, Image, Opaque, Refusal, ServerTool, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message, Role

ROLES = ("system", "user", "assistant", "tool")
_PARAGRAPH = "\n\n"


class Pairing:
    """The calls of a conversation: how many there were, and which wait for a result."""

    __slots__ = ("_count", "_waiting")

    def __init__(self) -> None:
        self._count = 0
        self._waiting: list[tuple[str, str]] = []

    def named(self, calls: list[ToolCall]) -> list[ToolCall]:
        """`calls` of a new turn, each with an id."""
        found = []
        for call in calls:
            self._count += 1
            found.append(call if call.id else msgspec.structs.replace(call, id=numbered_id(self._count)))
        self._waiting = [(open_id(call.id).id, call.name) for call in found]
        return found

    def answered(self, call_id: str | None, tool: str | None) -> str:
        """The id of the call that a result is for: the one it names, or the first that waits for this tool or for any."""
        for position, (waiting, name) in enumerate(self._waiting):
            if waiting == call_id if call_id else tool in (None, name):
                del self._waiting[position]
                return waiting
        self._count += not call_id
        return call_id or numbered_id(self._count)


def parse_messages(values: list[Any], texts: list[list[bytes]]) -> tuple[Message, ...]:
    """The messages of a request. `texts` are the texts of their calls' arguments. BadRequest names the place of what is wrong."""
    pairing = Pairing()
    return tuple(
        [
            _parse(_object(value, f"messages[{index}]"), pairing, texts[index] if index < len(texts) else [])
            for index, value in enumerate(values)
        ]
    )


def _object(value: Any, path: str) -> Members:
    if not isinstance(value, dict):
        message = f"Invalid type for '{path}': expected an object, but got {type_name(value)} instead."
        raise BadRequest(message, param=path, code="invalid_type")
    return Members(value, path)


def _parse(message: Members, pairing: Pairing, texts: list[bytes]) -> Message:
    role, marks = _take_role(message)
    if role == "assistant":
        blocks = take_blocks(message)
        said = _opened(blocks, pairing.named(take_calls(message, texts)))
        return Message("assistant", said, plain=True, extra=extra_of(message.rest, *marks))
    images = take_images(message)
    content: tuple[Text | Image, ...] = (*_take_text(message, "content", images), *images)
    if role == "tool":
        told = message.text("tool_call_id") if message.rest.get("tool_call_id") else None
        call_id = None if told is None else open_id(told).id
        tool = message.text("tool_name") if message.rest.get("tool_name") else None
        result = ToolResult(pairing.answered(call_id, tool), content, name=tool)
        marks = marks if call_id else (*marks, "-tool_call_id")
        return Message("tool", (result,), plain=not images, extra=extra_of(message.rest, *marks))
    return Message(role, content, plain=not images, extra=extra_of(message.rest, *marks))


def _opened(blocks: list[Block], calls: list[ToolCall]) -> tuple[Block, ...]:
    """`blocks`, then `calls`; what the ids of these carried for another dialect's provider is put in its place.

    A client that gives back the thoughts' text gives them without their proof: the sealed ones take their place.
    """
    if not any(MARK in call.id for call in calls):
        return (*blocks, *calls)
    thoughts: list[Thinking] = []
    bare = []
    for call in calls:
        opened = open_id(call.id)
        thoughts += opened.thoughts
        bare.append(msgspec.structs.replace(call, id=opened.id, proof=opened.proof or call.proof))
    others = [block for block in blocks if not (thoughts and isinstance(block, Thinking))]
    return (*thoughts, *others, *bare)


def _take_role(message: Members) -> tuple[Role, tuple[str, ...]]:
    """The role. Ollama takes it in any case, and leaves unknown ones (Granite's ``control``) to the model's template."""
    told = message.rest.get("role")
    if told is None:
        where = message.at("role")
        raise BadRequest(f"Missing required parameter: '{where}'.", param=where, code="missing_required_parameter")
    if not isinstance(told, str):
        message.wrong("role", "a string")
    role = str(told).lower()
    if told == role and role in ROLES:
        del message.rest["role"]
        return cast(Role, role), ()
    return cast(Role, role) if role in ROLES else "system", ("-role",)


def _take_text(message: Members, key: str, beside: list[Image]) -> tuple[Text, ...]:
    """The text; an empty one stays where it was if there is something beside it."""
    if message.rest.get(key) == "" and beside:
        return ()
    text = message.text(key)
    return () if text is None else (Text(text),)


def take_blocks(message: Members, key: str = "content") -> list[Block]:
    """Thoughts, text (under `key`) and pictures of what a model said. Empty strings are no blocks, and stay."""
    blocks: list[Block] = []
    if message.rest.get("thinking") != "" and (thoughts := message.text("thinking")):
        blocks.append(Thinking(thoughts))
    if message.rest.get(key) != "" and (text := message.text(key)):
        blocks.append(Text(text))
    return [*blocks, *take_images(message)]


def render_messages(messages: tuple[Message, ...], rendering: Rendering) -> list[dict[str, Any]]:
    """`messages` in Ollama's words: each result is one of its own."""
    built: list[dict[str, Any]] = []
    tools: dict[str, str] = {}
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if message.role == "assistant":
            said = render_said(message.blocks, rendering, where, joint=_PARAGRAPH)
            tools.update({block.id: block.name for block in message.blocks if isinstance(block, ToolCall)})
            built.append(_finish({"role": "assistant", **said}, message, rendering, where))
        else:
            built += _render_turn(message, where, rendering, tools)
    return built


def _finish(built: dict[str, Any], message: Message, rendering: Rendering, where: str) -> dict[str, Any]:
    if message.name is not None:
        rendering.lose(f"{where}.name", "Ollama does not tell speakers apart")
    return rendering.keep(built, message.extra, where)


def _render_turn(message: Message, where: str, rendering: Rendering, tools: dict[str, str]) -> list[dict[str, Any]]:
    """A turn that is not the model's: its results first, then what is beside them."""
    built = []
    others: list[tuple[str, Block]] = []
    for position, block in enumerate(message.blocks):
        place = f"{where}.content[{position}]"
        if isinstance(block, ToolResult):
            rendered = _render_result(block, place, rendering, tools)
            built.append(rendering.keep(rendered, message.extra, where) if rendering.same else rendered)
        else:
            others.append((place, block))
    if others or not built:
        role = "user" if message.role == "tool" else message.role
        if role == "developer":
            rendering.lose(f"{where}.role", "Ollama knows no developer: it is said as system")
            role = "system"
        turn = {"role": role, **_render_content(others, rendering)}
        built.append(_finish(turn, message, rendering, where))
    elif not rendering.same:
        _finish({}, message, rendering, where)
    return built


def _render_result(result: ToolResult, where: str, rendering: Rendering, tools: dict[str, str]) -> dict[str, Any]:
    content = [(f"{where}.content[{position}]", block) for position, block in enumerate(result.content)]
    built: dict[str, Any] = {"role": "tool", **_render_content(content, rendering)}
    name = result.name if rendering.same else result.name or tools.get(result.call_id)
    if name is not None:
        built["tool_name"] = name
    built["tool_call_id"] = result.call_id
    if result.is_error is not None and not rendering.same:
        rendering.lose(f"{where}.is_error", "Ollama can't say that a tool failed but in the text")
    rendering.cache({}, result.cache, where)
    rendering.keep({}, result.extra, where)
    return built


def _render_content(blocks: list[tuple[str, Any]], rendering: Rendering) -> dict[str, Any]:
    """The text, and the pictures."""
    built: dict[str, Any] = {}
    texts: list[str] = []
    images = []
    for where, block in blocks:
        if isinstance(block, Image):
            images.append((where, block))
        else:
            _add_text(block, where, texts, rendering)
    if texts or not rendering.same:
        built["content"] = _PARAGRAPH.join(texts)
    render_images(images, built, rendering)
    return built


def _add_text(block: Block, where: str, texts: list[str], rendering: Rendering) -> None:
    """Add what `block` says in words; name it as lost if it has none."""
    match block:
        case Text():
            texts.append(block.text)
            if block.citations:
                rendering.lose(f"{where}.citations", "Ollama has no citations")
            rendering.cache({}, block.cache, where)
        case Refusal():
            texts.append(block.text)
            rendering.lose(f"{where}.refusal", "Ollama can't tell a refusal from an answer: it is said as text")
        case Opaque() | ServerTool():
            rendering.own(block, where)
            return
        case _:
            rendering.lose(where, f"Ollama has no place for {type(block).__name__.lower()}")
            return
    rendering.keep({}, block.extra, where)


def render_said(
    blocks: tuple[Block, ...], rendering: Rendering, where: str, *, joint: str = "", key: str = "content"
) -> dict[str, Any]:
    """What a model said: thoughts, text under `key`, pictures and calls. `joint` stands between several texts."""
    built: dict[str, Any] = {}
    texts: list[str] = []
    thoughts: list[tuple[str, Thinking]] = []
    images: list[tuple[str, Image]] = []
    calls: list[tuple[str, ToolCall]] = []
    for position, block in enumerate(blocks):
        place = f"{where}.content[{position}]"
        match block:
            case Thinking():
                thoughts.append((place, block))
            case Image():
                images.append((place, block))
            case ToolCall():
                calls.append((place, block))
            case _:
                _add_text(block, place, texts, rendering)
    if texts or not rendering.same:
        built[key] = joint.join(texts)
    render_thoughts(thoughts, built, rendering, carried=rendering.answer and bool(calls))
    render_images(images, built, rendering)
    if calls:
        said = [thought for _, thought in thoughts]
        built["tool_calls"] = [
            render_call(sealed(call, () if index else said, place, rendering), index, place, rendering)
            for index, (place, call) in enumerate(calls)
        ]
    return built


def render_thoughts(
    thoughts: list[tuple[str, Thinking]], built: dict[str, Any], rendering: Rendering, *, carried: bool
) -> None:
    """Put thoughts, each with its place, into the message `built`. `carried`: a call's id carries their proofs."""
    texts = [thought.text for _, thought in thoughts if thought.text]
    if texts:
        built["thinking"] = _PARAGRAPH.join(texts)
    for where, thought in thoughts:
        if thought.proof is not None and not carried:
            rendering.lose(f"{where}.proof", f"only {thought.proof.issuer} can read it")
        rendering.keep({}, thought.extra, where)


def sealed(call: ToolCall, thoughts: Sequence[Thinking], where: str, rendering: Rendering) -> ToolCall:
    """`call` with what a client must bring back in its id: its own proof, and those of the `thoughts` before it."""
    if rendering.answer:
        return msgspec.structs.replace(call, id=seal_id(call.id, thoughts, call.proof))
    if call.proof is not None:
        rendering.lose(f"{where}.proof", f"only {call.proof.issuer} can read it")
    return call
