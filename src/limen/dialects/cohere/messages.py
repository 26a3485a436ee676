"""Messages of Cohere's chat, to and from the hub: the turns of a request, and the answer's message.

An assistant's message becomes blocks in this order: `content`, `tool_plan`, `tool_calls`. The plan is a thought: what the model
says to itself before it calls.

Source: https://docs.cohere.com/reference/chat (`messages`), and recordings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from limen.dialects.cohere.citations import render_citation
from limen.dialects.cohere.content import parse_parts, plain_text, render_part
from limen.dialects.extra import Extra, extra_of
from limen.dialects.members import LenientMembers, Members, type_name
from limen.dialects.openai.tool_calls import is_foreign, parse_call, render_calls
from limen.dialects.rendering import Rendering
from limen.dialects.seal import MARK, open_id
from limen.errors import BadRequest
from limen.model.content import Block, Image, Opaque, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message, Role

ROLES = ("system", "user", "assistant", "tool")
PLAN = "plan"
"""Mark: the thought is the message's `tool_plan`."""


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
    if role == "tool":
        return _parse_result(message, wire)
    if role == "assistant":
        blocks, plain = parse_assistant(message, wire)
        return Message("assistant", blocks, plain=plain, extra=extra_of(message.rest))
    content, plain = _take_content(message, wire)
    return Message(cast(Role, role), content, plain=plain, extra=extra_of(message.rest))


def _take_content(message: Members, wire: str) -> tuple[tuple[Block, ...], bool]:
    """The blocks of `content`, and whether it was a bare string. Null and an empty list stay where they were."""
    value = message.rest.get("content")
    if isinstance(value, str):
        del message.rest["content"]
        return (Text(value),), True
    if isinstance(value, list) and value:
        lenient = isinstance(message, LenientMembers)
        if lenient and not all(isinstance(part, dict) for part in value):
            return (), False
        del message.rest["content"]
        return parse_parts(value, message.at("content"), wire, type(message)), False
    if value is not None and value != []:
        message.wrong("content", "a string or an array of parts")
    return (), False


def _parse_result(message: Members, wire: str) -> Message:
    call_id = message.text("tool_call_id")
    marks = ("-tool_call_id",) if call_id is None else ()
    content, plain = _take_content(message, wire)
    result = ToolResult(open_id(call_id or "").id, cast(tuple[Text | Opaque, ...], content))
    return Message("tool", (result,), plain=plain, extra=extra_of(message.rest, *marks))


def parse_assistant(message: Members, wire: str) -> tuple[tuple[Block, ...], bool]:
    """The blocks of an assistant's message, and whether `content` was a bare string. An empty string is no block."""
    blocks: list[Block] = []
    plain = False
    if message.rest.get("content") != "":
        content, plain = _take_content(message, wire)
        blocks += _cited(content, message.rest)
    plan = message.rest.get("tool_plan")
    if plan and isinstance(plan, str):
        del message.rest["tool_plan"]
        blocks.append(Thinking(plan, extra=Extra({}, (PLAN,))))
    elif plan is not None and plan != "":
        message.wrong("tool_plan", "a string")
    return _opened(blocks, _take_calls(message)), plain


def _cited(content: tuple[Block, ...], rest: dict[str, Any]) -> tuple[Block, ...]:
    """`content` with the message's citations on the text they are about; they stay in `rest` where there is none."""
    citations = rest.get("citations")
    texts = [index for index, block in enumerate(content) if isinstance(block, Text)]
    if not texts or not isinstance(citations, list) or not citations:
        return content
    if not all(isinstance(citation, dict) for citation in citations):
        return content
    del rest["citations"]
    places = [_place(citation, texts) for citation in citations]
    if places != sorted(places):
        places = [texts[0]] * len(places)  # Their order is the message's, and must come back.
    cited = list(content)
    for place in sorted(set(places)):
        found = tuple([citation for citation, at in zip(citations, places, strict=True) if at == place])
        cited[place] = msgspec.structs.replace(cast(Text, content[place]), citations=found)
    return tuple(cited)


def _place(citation: dict[str, Any], texts: list[int]) -> int:
    index = citation.get("content_index")
    return index if index in texts and type(index) is int else texts[0]


def _take_calls(message: Members) -> list[ToolCall]:
    values = message.rest.get("tool_calls")
    if not values:
        return []
    lenient = isinstance(message, LenientMembers)
    if lenient and not (isinstance(values, list) and all(isinstance(value, dict) for value in values)):
        return []
    where = message.at("tool_calls")
    found = message.array("tool_calls") or []
    return [parse_call(value, f"{where}[{index}]", type(message)) for index, value in enumerate(found)]


def _opened(blocks: list[Block], calls: list[ToolCall]) -> tuple[Block, ...]:
    """`blocks`, then `calls`; what the ids of these carried for another dialect's provider is put in its place."""
    if not any(MARK in call.id for call in calls):
        return (*blocks, *calls)
    carried: list[Thinking] = []
    bare: list[ToolCall] = []
    for call in calls:
        opened = open_id(call.id)
        carried += opened.thoughts
        bare.append(msgspec.structs.replace(call, id=opened.id, proof=opened.proof or call.proof))
    texts = {thought.text for thought in carried}
    # A client gives the thoughts back twice: in the open, without their proofs, and sealed.
    others = [block for block in blocks if not (isinstance(block, Thinking) and block.text in texts)]
    return (*carried, *others, *bare)


def render_message(message: Message, index: int, rendering: Rendering) -> list[dict[str, Any]]:
    """`message` in Cohere's words: more than one where another dialect had tool results in a user's turn."""
    where = f"messages[{index}]"
    if message.role == "assistant":
        built = render_assistant(message.blocks, rendering, where, plain=message.plain)
        return [_finish(built, message, rendering, where)]
    rendered = []
    others: list[tuple[str, Block]] = []
    for position, block in enumerate(message.blocks):
        place = f"{where}.content[{position}]"
        if isinstance(block, ToolResult):
            rendered.append(_render_result(block, message, rendering, place))
        elif isinstance(block, Thinking) and not rendering.same:
            rendering.lose(place, "only a model's turn has thoughts here")
        else:
            others.append((place, block))
    if others or not rendered:
        role = {"developer": "system", "tool": "user"}.get(message.role, message.role)
        content = _render_content(others, rendering, plain=message.plain)
        built = {"role": role} if content is None else {"role": role, "content": content}
        rendered.append(_finish(built, message, rendering, where))
    return rendered


def _finish(built: dict[str, Any], message: Message, rendering: Rendering, where: str) -> dict[str, Any]:
    if message.name is not None:
        rendering.lose(f"{where}.name", "this dialect has no names of participants")
    return rendering.keep(built, message.extra, where)


def _render_content(placed: Sequence[tuple[str, Block]], rendering: Rendering, *, plain: bool) -> Any:
    """A bare string where the wire had one, or another dialect's text fits in one; else a list of parts; None for nothing."""
    if plain or not rendering.same:
        blocks = tuple([block for _, block in placed])
        text = plain_text(blocks, rendering, placed[0][0]) if placed else None
        if text is not None:
            return text
    if not placed:
        return "" if plain or not rendering.same else None
    parts = [render_part(block, rendering, place) for place, block in placed]
    return [part for part in parts if part is not None]


def _render_result(result: ToolResult, message: Message, rendering: Rendering, where: str) -> dict[str, Any]:
    built: dict[str, Any] = {"role": "tool", "tool_call_id": result.call_id}
    placed: list[tuple[str, Block]] = []
    for position, block in enumerate(result.content):
        place = f"{where}.content[{position}]"
        if isinstance(block, Image) and not rendering.same:
            rendering.lose(place, "a tool's result holds only text and documents here")
        else:
            placed.append((place, block))
    content = _render_content(placed, rendering, plain=message.plain)
    if content is not None:
        built["content"] = content
    if result.name is not None:
        rendering.lose(f"{where}.name", "a tool's result does not name the tool here")
    if result.is_error is not None:
        rendering.lose(f"{where}.is_error", "this dialect can't say that a tool failed but in the text")
    rendering.cache(built, result.cache, where)
    rendering.keep(built, result.extra, where)
    return rendering.keep(built, message.extra, where)


def render_assistant(
    blocks: tuple[Block, ...], rendering: Rendering, where: str, *, plain: bool, listed: bool = False
) -> dict[str, Any]:
    """An assistant's message, without what its `extra` holds. `listed`: `content` must be a list, as in answers."""
    built: dict[str, Any] = {"role": "assistant"}
    content: list[tuple[str, Block]] = []
    thoughts: list[tuple[str, Thinking]] = []
    calls: list[tuple[str, ToolCall]] = []
    for index, block in enumerate(blocks):
        place = f"{where}.content[{index}]"
        if isinstance(block, ToolCall):
            if block.kind == "function" or rendering.same:
                calls.append((place, block))
            else:
                rendering.lose(place, f"a call of type {block.kind}, which this dialect does not have")
        elif isinstance(block, Thinking):
            thoughts.append((place, block))
            if rendering.marked(block.extra, PLAN):
                built["tool_plan"] = block.text
            elif block.text or rendering.same:
                content.append((place, block))
        else:
            content.append((place, block))
    if content:
        bare = plain or not (rendering.same or listed)
        built["content"] = _render_content(content, rendering, plain=bare) if bare else _parts(content, rendering)
    render_calls(calls, built, rendering, [thought for _, thought in thoughts])
    _lose_proofs(thoughts, rendering, carried=bool(calls))
    _render_citations(content, built, rendering)
    return built


def _render_citations(placed: Sequence[tuple[str, Block]], built: dict[str, Any], rendering: Rendering) -> None:
    """Put the citations of all texts into the message `built`; each names its text by its place in `content`."""
    citations: list[Any] = []
    for index, (place, block) in enumerate(placed):
        if not isinstance(block, Text) or not block.citations:
            continue
        if rendering.same:
            citations += block.citations
            continue
        for citation in block.citations:
            found = render_citation(citation, len(block.text), rendering, place)
            if found is not None:
                citations.append({**found, "content_index": index})
    if citations:
        built["citations"] = citations


def _parts(placed: Sequence[tuple[str, Block]], rendering: Rendering) -> list[Any]:
    parts = [render_part(block, rendering, place) for place, block in placed]
    return [part for part in parts if part is not None]


def _lose_proofs(thoughts: list[tuple[str, Thinking]], rendering: Rendering, *, carried: bool) -> None:
    """Name the proofs that go nowhere: a client carries them in the id of a call, where there is one."""
    for place, thought in thoughts:
        if thought.proof is None or not is_foreign(thought, rendering):
            continue
        if not rendering.answer:
            rendering.lose(f"{place}.proof", f"only {thought.proof.issuer} can read it")
        elif not carried:
            rendering.lose(f"{place}.proof", "without a call of a tool there is no place to carry it")


def message_extra(rest: dict[str, Any], *marks: str, plain: bool) -> Mapping[str, Any]:
    """What is left of an answer's message, with a note if its content was a bare string."""
    return Extra(rest, (*marks, "plain")) if plain else extra_of(rest, *marks)
