"""Messages of OpenAI's family, to and from the hub: the turns of a request, and the answer's message.

A message's fields (thoughts, `content`, `refusal`, `audio`, `tool_calls`) become blocks in that order, which is the order in
which models write them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.members import LenientMembers, Members, type_name
from limen.dialects.openai.annotations import render_annotations
from limen.dialects.openai.content import PART, parse_parts, plain_text, render_part
from limen.dialects.openai.thinking import render_thinking, take_thinking
from limen.dialects.openai.tool_calls import LEGACY, legacy_id, parse_call, parse_legacy, render_calls
from limen.dialects.rendering import Rendering
from limen.dialects.seal import MARK, open_id
from limen.errors import BadRequest
from limen.model.content import Audio, Block, Opaque, Refusal, ServerTool, Source, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message, Role

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
LISTED = "listed"
"""Mark: `content` was a list of parts."""


def parse_message(value: Any, index: int, wire: str) -> Message:
    """One message of a request. BadRequest names the place of what is wrong."""
    path = f"messages[{index}]"
    if not isinstance(value, dict):
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {type_name(value)} instead.",
            param=path,
            code="invalid_type",
        )
    message = Members(value, path)
    role = message.text("role")
    if role not in ROLES:
        given = f"Invalid value: '{role}'." if role is not None else f"Missing required parameter: '{path}.role'."
        code = "invalid_value" if role is not None else "missing_required_parameter"
        supported = ", ".join(f"'{name}'" for name in ROLES)
        raise BadRequest(f"{given} Supported values are: {supported}.", param=f"{path}.role", code=code)
    if role in ("tool", "function"):
        return _parse_result(message, role, wire)
    if role == "assistant":
        blocks, plain = parse_assistant(message, wire)
        return Message("assistant", blocks, message.text("name"), plain, extra_of(message.rest))
    content, plain = _take_content(message, wire)
    return Message(cast(Role, role), content, message.text("name"), plain, extra_of(message.rest))


def _take_content(message: Members, wire: str) -> tuple[tuple[Block, ...], bool]:
    """The blocks of `content`, and whether it was a bare string."""
    value = message.rest.get("content")
    if isinstance(value, str):
        del message.rest["content"]
        return (Text(value),), True
    if isinstance(value, list) and value and not _is_odd(message, value):
        del message.rest["content"]
        return parse_parts(value, message.at("content"), wire, type(message)), False
    if value is not None and value != []:
        message.wrong("content", "a string or an array of parts")
    return (), False


def _is_odd(message: Members, values: Any) -> bool:
    """Whether a provider sent a list of things that are not objects; it stays where it was."""
    lenient = isinstance(message, LenientMembers) and isinstance(values, list)
    return lenient and not all(isinstance(value, dict) for value in values)


def _parse_result(message: Members, role: str, wire: str) -> Message:
    name, call_id, marks = message.text("name"), message.text("tool_call_id"), []
    if role == "function":
        marks.append(LEGACY)
    if call_id is None:
        marks.append("-tool_call_id")
        if role == "function":
            call_id = legacy_id(name or "")
    content, plain = _take_content(message, wire)
    result = ToolResult(open_id(call_id or "").id, cast(tuple[Text | Opaque, ...], content), name=name)
    return Message("tool", (result,), None, plain, extra_of(message.rest, *marks))


def parse_assistant(message: Members, wire: str) -> tuple[tuple[Block, ...], bool]:
    """The blocks of an assistant's message, and whether `content` was a bare string. An empty string is no block."""
    blocks: list[Block] = [*take_thinking(message.rest, wire)]
    plain = False
    if message.rest.get("content") != "":
        content, plain = _take_content(message, wire)
        blocks += _cited(content, message.rest) if plain else content
    refusal = message.rest.get("refusal")
    if refusal and message.text("refusal"):
        blocks.append(Refusal(refusal))
    blocks += _take_audio(message)
    return _opened(blocks, _take_calls(message)), plain


def _opened(blocks: list[Block], calls: list[ToolCall]) -> tuple[Block, ...]:
    """`blocks`, then `calls`; what the ids of these carried for another dialect's provider is put in its place."""
    if not any(MARK in call.id for call in calls):
        return (*blocks, *calls)
    known = {block.proof for block in blocks if isinstance(block, Thinking)}
    thoughts: list[Thinking] = []
    bare = []
    for call in calls:
        opened = open_id(call.id)
        thoughts += [thought for thought in opened.thoughts if thought.proof not in known]
        bare.append(msgspec.structs.replace(call, id=opened.id, proof=opened.proof or call.proof))
    return (*thoughts, *blocks, *bare)


def _cited(content: tuple[Block, ...], rest: dict[str, Any]) -> tuple[Block, ...]:
    annotations = rest.get("annotations")
    if not isinstance(annotations, list) or not annotations or not isinstance(content[0], Text):
        return content
    del rest["annotations"]
    return (Text(content[0].text, tuple(annotations)),)


def _take_audio(message: Members) -> list[Block]:
    """The answer in sound: with its data where a model just said it, by its id where a client refers to it."""
    value = message.rest.get("audio")
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        return []
    audio = LenientMembers(message.rest.pop("audio"))
    data = audio.text("data") if audio.rest.get("data") else None
    source = Source(data=data) if data is not None else Source(file_id=audio.text("id"))
    return [Audio(source, transcript=audio.text("transcript"), extra=extra_of(audio.rest))]


def _take_calls(message: Members) -> list[ToolCall]:
    blocks: list[ToolCall] = []
    values = message.rest.get("tool_calls")
    odd = (
        isinstance(message, LenientMembers)
        and isinstance(values, list)
        and not all(isinstance(v, dict) for v in values)
    )
    if values and not odd and (found := message.array("tool_calls")):
        where = message.at("tool_calls")
        blocks += [parse_call(value, f"{where}[{index}]", type(message)) for index, value in enumerate(found)]
    legacy = parse_legacy(message.rest)
    return blocks if legacy is None else [*blocks, legacy]


def render_message(
    message: Message, index: int, rendering: Rendering, thinking_key: str | None = None
) -> list[dict[str, Any]]:
    """`message` in OpenAI's words: more than one where another dialect had tool results in a user's turn."""
    where = f"messages[{index}]"
    if message.role == "assistant":
        built = render_assistant(message.blocks, rendering, where, listed=not message.plain, thinking_key=thinking_key)
        finished = _finish(built, message, rendering, where)
        # A turn of which nothing can be said here (a thought alone, say) is left out: providers refuse an empty one.
        silent = not any(isinstance(block, Text) for block in message.blocks) and bool(message.blocks)
        lost = silent and not rendering.same and not any(finished[key] for key in finished.keys() - {"role"})
        rendered = [] if lost else [finished]
    else:
        results = any(isinstance(block, ToolResult) for block in message.blocks)
        others = {i: block for i, block in enumerate(message.blocks) if not isinstance(block, ToolResult)}
        rendered = [
            _render_result(block, message, rendering, f"{where}.content[{i}]")
            for i, block in enumerate(message.blocks)
            if isinstance(block, ToolResult)
        ]
        if not (others or rendering.same or not results):
            rendering.keep({}, message.extra, where)
        if others or not results:
            role = "user" if message.role == "tool" else message.role
            content = _render_content(
                tuple(others.values()), rendering, f"{where}.content", message.plain, tuple(others)
            )
            built = {"role": role} if content is None else {"role": role, "content": content}
            rendered.append(_finish(built, message, rendering, where))
    return rendered


def _finish(built: dict[str, Any], message: Message, rendering: Rendering, where: str) -> dict[str, Any]:
    if message.name is not None:
        built["name"] = message.name
    return rendering.keep(built, message.extra, where)


def _render_content(
    blocks: tuple[Block, ...], rendering: Rendering, where: str, plain: bool, places: Sequence[int] | None = None
) -> Any:
    """A bare string where the wire had one, or another dialect's text fits in one; else a list of parts; None for nothing.

    `places` are those of the blocks in their message, where not all of them are here.
    """
    places = range(len(blocks)) if places is None else places
    if plain or not rendering.same:
        text = plain_text(blocks, rendering, f"{where}[{places[0] if places else 0}]")
        if text is not None:
            return text
    if not blocks and (plain or not rendering.same):
        return ""
    if not blocks:
        return None
    parts = [render_part(block, rendering, f"{where}[{i}]") for i, block in zip(places, blocks, strict=True)]
    return [part for part in parts if part is not None]


def _render_result(result: ToolResult, message: Message, rendering: Rendering, where: str) -> dict[str, Any]:
    legacy = rendering.marked(message.extra, LEGACY)
    built: dict[str, Any] = {"role": "function" if legacy else "tool", "tool_call_id": result.call_id}
    content = _render_content(result.content, rendering, f"{where}.content", message.plain)
    if content is not None:
        built["content"] = content
    if result.name is not None:
        built["name"] = result.name
    if result.is_error is not None and not rendering.same:
        rendering.lose(f"{where}.is_error", "this dialect can't say that a tool failed but in the text")
    rendering.cache(built, result.cache, where)
    rendering.keep(built, result.extra, where)
    return rendering.keep(built, message.extra, where) if rendering.same else built


def render_assistant(
    blocks: tuple[Block, ...], rendering: Rendering, where: str, *, listed: bool, thinking_key: str | None
) -> dict[str, Any]:
    """An assistant's message, without what its `extra` holds. `thinking_key`: where another dialect's thoughts go."""
    built: dict[str, Any] = {"role": "assistant"}
    content: list[tuple[str, Block]] = []
    thoughts: list[tuple[str, Thinking]] = []
    calls: list[tuple[str, ToolCall]] = []
    for index, block in enumerate(blocks):
        place = f"{where}.content[{index}]"
        if isinstance(block, ToolCall):
            calls.append((place, block))
        elif isinstance(block, Thinking) and not rendering.marked(block.extra, PART):
            thoughts.append((place, block))
        elif isinstance(block, Refusal) and not rendering.marked(block.extra, PART):
            built["refusal"] = built.get("refusal", "") + block.text
        elif isinstance(block, Audio) and rendering.same:
            built["audio"] = _render_audio(block, rendering, place)
        else:
            content.append((place, block))
    render_thinking(thoughts, built, rendering, thinking_key)
    _render_said(content, built, rendering, where, listed=listed)
    render_calls(calls, built, rendering, [thought for _, thought in thoughts])
    if calls and thinking_key is not None and not rendering.answer:
        built.setdefault(thinking_key, "")  # Who wants thoughts back refuses calls without; empty ones are taken.
    return built


def _render_said(
    content: list[tuple[str, Block]], built: dict[str, Any], rendering: Rendering, where: str, *, listed: bool
) -> None:
    """`content`, and the annotations of its text."""
    if rendering.same:
        blocks = tuple([block for _, block in content])
        if blocks:
            built["content"] = _render_content(blocks, rendering, f"{where}.content", not listed)
        citations = [citation for block in blocks if isinstance(block, Text) for citation in block.citations]
        if citations:
            built["annotations"] = citations
        return
    texts: list[str] = []
    annotations: list[dict[str, Any]] = []
    for place, block in content:
        if isinstance(block, Text):
            if block.citations and rendering.answer:
                annotations += render_annotations(block, sum(map(len, texts)), rendering, place)
            texts.append(render_part(block, rendering, place)["text"])
        elif not isinstance(block, Opaque | ServerTool) or rendering.own(block, place) is not None:
            rendering.lose(place, "an assistant's message holds only text here")
    built["content"] = "".join(texts) if texts else None
    if annotations:
        built["annotations"] = annotations


def _render_audio(block: Audio, rendering: Rendering, where: str) -> dict[str, Any]:
    source = block.source
    built: dict[str, Any] = {"data": source.data} if source.data is not None else {"id": source.file_id}
    if block.transcript is not None:
        built["transcript"] = block.transcript
    return rendering.keep(built, block.extra, where)


def listed_extra(rest: dict[str, Any], *marks: str, listed: bool) -> Any:
    """What is left of an answer's message, with a note on how its content was written."""
    return Extra(rest, (*marks, LISTED)) if listed else extra_of(rest, *marks)


def was_listed(extra: Any) -> bool:
    """Whether that note is there."""
    return LISTED in marks_of(extra)
