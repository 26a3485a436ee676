"""The full answers of Ollama's chat and generate, to and from the hub.

Generate has at the top what chat has in `message`, and its text under `response`.
Must not: add what the provider did not say; a key that it left out stays out for a client of the same wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.dialects.extra import extra_of, marks_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import LenientMembers
from limen.dialects.ollama.finish import parse_reason, render_reason
from limen.dialects.ollama.messages import render_said, take_blocks
from limen.dialects.ollama.moment import take_moment, write_moment
from limen.dialects.ollama.tool_calls import answer_texts, answered_id, take_calls
from limen.dialects.ollama.usage import put_usage, take_usage
from limen.dialects.openai.chat_response import take_name
from limen.dialects.rendering import Rendering
from limen.errors import MalformedReply
from limen.model.content import NOTHING, Block, ToolCall
from limen.model.response import ChatResponse, Choice


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer is not a JSON object")
    return value


def parse_answer(body: bytes, wire: str, *, chat: bool) -> ChatResponse:
    """The hub's answer. Raises MalformedReply."""
    answer = LenientMembers(read_object(body))
    texts = answer_texts(body, chat=chat) if b'"tool_calls"' in body else []
    created, marks = take_moment(answer)
    moment = next(iter(marks), "")
    if answer.rest.get("done") is True:
        del answer.rest["done"]
    else:
        marks = (*marks, "-done")
    message_extra: Mapping[str, Any] = NOTHING
    if chat:
        told = answer.mapping("message")
        marks = marks if told is not None else (*marks, "-message")
        message = LenientMembers(told or {}, "message")
        blocks = _take_said(message, "content", texts, moment)
        role_marks = () if message.rest.get("role") == "assistant" and message.rest.pop("role") else ("-role",)
        message_extra = extra_of(message.rest, *role_marks)
    else:
        blocks = _take_said(answer, "response", texts, moment)
    raw = answer.text("done_reason") if answer.rest.get("done_reason") else None
    calls = any(isinstance(block, ToolCall) for block in blocks)
    choice = Choice(
        0,
        blocks,
        None if raw is None else parse_reason(raw, calls=calls),
        raw,
        logprobs=answer.array("logprobs"),
        message_extra=message_extra,
    )
    usage = take_usage(answer.rest, wire)
    return ChatResponse(
        "", take_name(answer, "model"), (choice,), wire, usage, created, extra=extra_of(answer.rest, *marks)
    )


def _take_said(message: LenientMembers, key: str, texts: list[bytes], moment: str) -> tuple[Block, ...]:
    return (*take_blocks(message, key), *named(take_calls(message, texts), moment))


def named(calls: list[ToolCall], moment: str) -> list[ToolCall]:
    """`calls` of an answer, each with an id; `moment` tells answers apart."""
    return [
        call if call.id else msgspec.structs.replace(call, id=answered_id(moment, position, call))
        for position, call in enumerate(calls)
    ]


def render_answer(response: ChatResponse, rendering: Rendering, *, chat: bool) -> bytes:
    """The body to give to a client."""
    built: dict[str, Any] = {}
    if response.model or not rendering.same:
        built["model"] = response.model
    if response.created is not None or not rendering.same:
        built["created_at"] = write_moment(
            response.created, marks_of(response.extra) if rendering.same else frozenset()
        )
    for choice in response.choices[1:]:
        rendering.lose(f"choices[{choice.index}]", "Ollama gives one answer")
    if response.choices:
        _put_choice(response.choices[0], built, rendering, chat=chat)
    built["done"] = True
    put_usage(response.usage, built, rendering)
    rendering.lose_tier(response.service_tier, "Ollama has one tier")
    return encode(rendering.keep(built, response.extra, ""))


def _put_choice(choice: Choice, built: dict[str, Any], rendering: Rendering, *, chat: bool) -> None:
    where = f"choices[{choice.index}].message"
    if chat:
        said = {"role": "assistant", **render_said(choice.blocks, rendering, where)}
        built["message"] = rendering.keep(said, choice.message_extra, where)
    else:
        built.update(render_said(choice.blocks, rendering, where, key="response"))
        rendering.keep({}, choice.message_extra, where)
    if choice.finish is not None:
        built["done_reason"] = render_reason(choice.finish, choice.raw_finish, choice.stop_sequence, rendering)
    if choice.logprobs is not None:
        put_logprobs(choice.logprobs, built, rendering, where)
    rendering.keep({}, choice.extra, f"choices[{choice.index}]")


def put_logprobs(logprobs: Any, built: dict[str, Any], rendering: Rendering, where: str) -> None:
    """Put log probabilities into `built`: Ollama's own, or OpenAI's, whose items have the same keys."""
    items = logprobs.get("content") if isinstance(logprobs, dict) and not rendering.same else logprobs
    if not isinstance(items, list):
        rendering.lose(f"{where}.logprobs", "another dialect's log probabilities have another shape")
    else:
        built["logprobs"] = items
