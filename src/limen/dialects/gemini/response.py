"""The full answer of ``generateContent``, to and from the hub.

Must not: add what the provider did not say; a key that it left out stays out for a client of the same wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.gemini.finish import NUMBER, parse_reason, render_reason, take_reason
from limen.dialects.gemini.function_parts import number_call
from limen.dialects.gemini.parts import parse_part, render_parts
from limen.dialects.gemini.spelling import WIRE, Kept, keep, take_text
from limen.dialects.gemini.usage import parse_usage, render_usage
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.rendering import CACHE_WRITES, Rendering
from limen.errors import MalformedReply
from limen.model.content import Block, ToolCall
from limen.model.response import ChatResponse, Choice

_NO_CANDIDATE = "no candidate"
"""Mark: the choice stands for a prompt that was refused; the answer had no candidate."""
_ROLE = "role"
"""Mark: the content said that it is the model's."""


def read_answer(body: bytes) -> dict[str, Any]:
    """The JSON object of a full answer. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer is not a JSON object")
    return value


def parse_response(body: bytes) -> ChatResponse:
    """The hub's answer. Raises MalformedReply."""
    answer = read_answer(body)
    values = answer.get("candidates")
    marks: list[str] = []
    candidates: list[Any] = []
    if isinstance(values, list) and all(isinstance(value, dict) for value in values):
        candidates = answer.pop("candidates")
    else:
        marks.append("-candidates")
    name = take_text(answer, "responseId") if answer.get("responseId") else None
    model = take_text(answer, "modelVersion") if answer.get("modelVersion") else None
    usage = answer.pop("usageMetadata") if isinstance(answer.get("usageMetadata"), dict) else None
    choices = tuple([_parse_candidate(value, at, name or "") for at, value in enumerate(candidates)])
    refused = blocked(answer)
    if not choices and refused is not None:
        choices = (Choice(0, (), "content_filter", refused, extra=Extra({}, (_NO_CANDIDATE,))),)
    created, original = take_time(answer)
    return ChatResponse(
        id=name or "",
        model=model or "",
        choices=choices,
        dialect=WIRE,
        usage=None if usage is None else parse_usage(usage),
        created=created,
        extra=Kept(answer, marks, original),
    )


def blocked(answer: Mapping[str, Any]) -> str | None:
    """Why the prompt was refused; None if it was not."""
    feedback = answer.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    return str(reason) if isinstance(reason, str | int) and reason else None


def take_time(answer: dict[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """When the answer was made, in seconds since 1970, and how that was written."""
    text = answer.get("createTime")
    if not isinstance(text, str):
        return None, {}
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None, {}
    del answer["createTime"]
    seconds = when.timestamp() if when.tzinfo is not None else when.replace(tzinfo=UTC).timestamp()
    return int(seconds), {"createTime": text}


def put_time(created: int | None, built: dict[str, Any], rendering: Rendering) -> None:
    """Put when the answer was made into `built`. Some servers count milliseconds: a year that is out of range is a loss."""
    if created is None:
        return
    try:
        built["createTime"] = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        rendering.lose("created", "no time that a calendar has")


def _parse_candidate(candidate: dict[str, Any], position: int, seed: str) -> Choice:
    marks: list[str] = []
    index = candidate.pop("index") if type(candidate.get("index")) is int else None
    if index is None:
        marks.append("-index")
    raw, number = take_reason(candidate)
    if number:
        marks.append(NUMBER)
    logprobs = candidate.pop("logprobsResult") if isinstance(candidate.get("logprobsResult"), dict) else None
    told = candidate.get("content")
    content: dict[str, Any] = candidate.pop("content") if isinstance(told, dict) else {}
    if not isinstance(told, dict):
        marks.append("-content")
    blocks, message_extra = _parse_content(content, seed)
    calls = any(isinstance(block, ToolCall) for block in blocks)
    return Choice(
        index=position if index is None else index,
        blocks=blocks,
        finish=None if raw is None else parse_reason(raw, calls=calls),
        raw_finish=raw,
        logprobs=logprobs,
        extra=extra_of(candidate, *marks),
        message_extra=message_extra,
    )


def _parse_content(content: dict[str, Any], seed: str) -> tuple[tuple[Block, ...], Mapping[str, Any]]:
    marks: list[str] = []
    if content.get("role") == "model":
        del content["role"]
    else:
        marks.append("-role")
    values = content.get("parts")
    if not isinstance(values, list):
        return (), Extra(content, (*marks, "-parts"))
    del content["parts"]
    blocks: list[Block] = []
    calls = 0
    for value in values:
        for block in parse_part(value, "", seed, strict=False):
            is_call = isinstance(block, ToolCall)
            blocks.append(number_call(block, seed, calls) if isinstance(block, ToolCall) else block)
            calls += is_call
    return tuple(blocks), extra_of(content, *marks)


def render_response(response: ChatResponse, rendering: Rendering) -> bytes:
    """The body to give to a client."""
    built: dict[str, Any] = {}
    candidates = [_render_candidate(choice, rendering) for choice in response.choices if _is_candidate(choice)]
    built["candidates"] = candidates
    if response.usage is not None:
        built["usageMetadata"] = render_usage(response.usage)
        rendering.lose_counts(response.usage, *CACHE_WRITES)
    if response.model:
        built["modelVersion"] = response.model
    if response.id:
        built["responseId"] = response.id
    if not rendering.same:
        put_time(response.created, built, rendering)
    rendering.lose_tier(response.service_tier, "this dialect tells it among the counts of tokens")
    return encode(keep(built, response.extra, rendering, ""))


def _is_candidate(choice: Choice) -> bool:
    return _NO_CANDIDATE not in marks_of(choice.extra)


def _render_candidate(choice: Choice, rendering: Rendering) -> dict[str, Any]:
    where = f"choices[{choice.index}]"
    parts = render_parts(choice.blocks, {}, rendering, f"{where}.message.content")
    content = keep({"parts": parts, "role": "model"}, choice.message_extra, rendering, f"{where}.message")
    built: dict[str, Any] = {"content": content, "index": choice.index}
    if choice.finish is not None:
        number = rendering.marked(choice.extra, NUMBER)
        built["finishReason"] = render_reason(choice.finish, choice.raw_finish, rendering, number=number)
    if choice.logprobs is not None:
        if rendering.same:
            built["logprobsResult"] = choice.logprobs
        else:
            rendering.lose(f"{where}.logprobs", "another dialect's log probabilities have another shape")
    if choice.stop_sequence is not None and not rendering.same:
        rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
    return keep(built, choice.extra, rendering, where)
