"""The full answer of OpenAI's chat completions, to and from the hub.

Must not: add what the provider did not say; a key that it left out stays out for a client of the same wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.dialects.extra import extra_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import LenientMembers
from limen.dialects.openai.finish import parse_reason, render_reason
from limen.dialects.openai.messages import listed_extra, parse_assistant, render_assistant, was_listed
from limen.dialects.openai.usage import parse_usage, render_usage
from limen.dialects.rendering import Rendering
from limen.errors import MalformedReply
from limen.model.content import Block, Text
from limen.model.response import ChatResponse, Choice

OBJECT_CONTENT = "object"
"""Mark: `content` was a JSON object (Cloudflare, for structured output); the hub has its text."""


def read_answer(body: bytes, key: str) -> LenientMembers:
    """The JSON object of a full answer, whose list `key` makes it one. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get(key), list):
        raise MalformedReply(f"the provider's answer has no list of `{key}`")
    return LenientMembers(value)


def take_name(members: LenientMembers, key: str) -> str:
    """A string that says something; an empty one stays where it was, and the hub has it as not said."""
    return (members.text(key) or "") if members.rest.get(key) else ""


def parse_chat_response(body: bytes, wire: str) -> ChatResponse:
    """The hub's answer. Raises MalformedReply."""
    answer = read_answer(body, "choices")
    choices = answer.rest.pop("choices")
    usage = answer.mapping("usage")
    return ChatResponse(
        id=take_name(answer, "id"),
        model=take_name(answer, "model"),
        choices=tuple([_parse_choice(value, position, wire) for position, value in enumerate(choices)]),
        dialect=wire,
        usage=None if usage is None else parse_usage(usage, wire),
        created=answer.integer("created"),
        service_tier=answer.text("service_tier"),
        extra=extra_of(answer.rest),
    )


def take_index(choice: LenientMembers, position: int) -> tuple[int, tuple[str, ...]]:
    """A choice's number, or its position and a mark where it has none."""
    index = choice.integer("index")
    return (position, ("-index",)) if index is None else (index, ())


def take_finish(choice: LenientMembers) -> str | None:
    """The provider's word for why the choice ended; an empty one stays where it was."""
    return choice.text("finish_reason") if choice.rest.get("finish_reason") else None


def _parse_choice(value: Any, position: int, wire: str) -> Choice:
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer has a choice that is not an object")
    choice = LenientMembers(value)
    index, marks = take_index(choice, position)
    raw = take_finish(choice)
    logprobs = choice.mapping("logprobs")
    told = choice.mapping("message")
    if told is None:
        marks = (*marks, "-message")
    blocks, message_extra = _parse_message(LenientMembers(told or {}, "message"), wire)
    return Choice(
        index=index,
        blocks=blocks,
        finish=None if raw is None else parse_reason(raw),
        raw_finish=raw,
        logprobs=logprobs,
        extra=extra_of(choice.rest, *marks),
        message_extra=message_extra,
    )


def _parse_message(message: LenientMembers, wire: str) -> tuple[tuple[Block, ...], Mapping[str, Any]]:
    """The blocks of an answer, and the rest of its message. `role` is the hub's to know; an odd or missing one is kept."""
    rest = message.rest
    marks: tuple[str, ...] = ("-role",)
    if rest.get("role") == "assistant":
        del rest["role"]
        marks = ()
    content = rest.get("content")
    if isinstance(content, dict):
        del rest["content"]
        blocks, _ = parse_assistant(message, wire)
        text = Text(encode(content).decode(), extra=extra_of({}, OBJECT_CONTENT))
        return (text, *blocks), extra_of(rest, *marks)
    blocks, _ = parse_assistant(message, wire)
    return blocks, listed_extra(rest, *marks, listed=isinstance(content, list) and bool(content))


def render_chat_response(response: ChatResponse, rendering: Rendering) -> bytes:
    """The body to give to a client."""
    built: dict[str, Any] = answer_head(response, rendering, "chat.completion")
    built["choices"] = [_render_choice(choice, rendering) for choice in response.choices]
    if response.usage is not None:
        built["usage"] = render_usage(response.usage, rendering.wire)
        rendering.lose_counts(response.usage, "input_cache_write_1h")
    return encode(rendering.keep(built, response.extra, ""))


def answer_head(response: ChatResponse, rendering: Rendering, kind: str) -> dict[str, Any]:
    """What stands at the top of an answer. `created` is 0 where another dialect does not tell the time."""
    built: dict[str, Any] = {}
    if response.id or not rendering.same:
        built["id"] = response.id
    if not rendering.same:
        built["object"] = kind
    if response.created is not None or not rendering.same:
        built["created"] = response.created or 0
    if response.model or not rendering.same:
        built["model"] = response.model
    if response.service_tier is not None:
        built["service_tier"] = response.service_tier
    return built


def _render_choice(choice: Choice, rendering: Rendering) -> dict[str, Any]:
    where = f"choices[{choice.index}]"
    built: dict[str, Any] = {"index": choice.index, "message": _render_message(choice, rendering, f"{where}.message")}
    if not rendering.same:
        built["logprobs"] = None
        if choice.logprobs is not None:
            rendering.lose(f"{where}.logprobs", "another dialect's log probabilities have another shape")
    elif choice.logprobs is not None:
        built["logprobs"] = choice.logprobs
    finish_choice(choice, built, rendering)
    return rendering.keep(built, choice.extra, where)


def finish_choice(choice: Choice, built: dict[str, Any], rendering: Rendering, *, calls: bool = True) -> None:
    """Put why the choice ended into `built`."""
    if choice.finish is not None:
        built["finish_reason"] = render_reason(choice.finish, choice.raw_finish, rendering, calls=calls)
    elif not rendering.same:
        built["finish_reason"] = None
    if choice.stop_sequence is not None and not rendering.same:
        rendering.lose("stop_sequence", "this dialect does not tell which one was hit")


def _render_message(choice: Choice, rendering: Rendering, where: str) -> dict[str, Any]:
    listed = was_listed(choice.message_extra)
    built = render_assistant(choice.blocks, rendering, where, listed=listed, thinking_key="reasoning_content")
    if not rendering.same:
        built.setdefault("refusal", None)
    for block in choice.blocks:
        if isinstance(block, Text) and rendering.marked(block.extra, OBJECT_CONTENT):
            built["content"] = _read_back(block.text)
    return rendering.keep(built, choice.message_extra, where)


def _read_back(text: str) -> Any:
    try:
        return decode(text.encode())
    except NotJson:
        return text
