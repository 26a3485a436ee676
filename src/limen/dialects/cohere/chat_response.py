"""The full answer of Cohere's chat (v2), to and from the hub.

Must not: add what the provider did not say.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.cohere.finish import parse_reason, render_reason
from limen.dialects.cohere.messages import message_extra, parse_assistant, render_assistant
from limen.dialects.cohere.usage import parse_usage, render_usage
from limen.dialects.extra import extra_of, marks_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import LenientMembers
from limen.dialects.rendering import CACHE_WRITES, Rendering
from limen.errors import MalformedReply
from limen.model.response import ChatResponse, Choice


def read_answer(body: bytes) -> LenientMembers:
    """The JSON object of a full answer. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer is not a JSON object")
    return LenientMembers(value)


def take_text(members: LenientMembers, key: str) -> str:
    """A string that says something; an empty one stays where it was, and the hub has it as not said."""
    return (members.text(key) or "") if members.rest.get(key) else ""


def parse_chat_response(body: bytes, wire: str) -> ChatResponse:
    """The hub's answer. It has no model: Cohere does not say which one answered."""
    answer = read_answer(body)
    raw = answer.text("finish_reason") if answer.rest.get("finish_reason") else None
    told = answer.mapping("message")
    marks = ("-message",) if told is None else ()
    message = LenientMembers(told or {}, "message")
    role_marks: tuple[str, ...] = ("-role",)
    if message.rest.get("role") == "assistant":
        del message.rest["role"]
        role_marks = ()
    blocks, plain = parse_assistant(message, wire)
    usage = answer.mapping("usage")
    choice = Choice(
        index=0,
        blocks=blocks,
        finish=None if raw is None else parse_reason(raw),
        raw_finish=raw,
        logprobs=answer.array("logprobs"),
        message_extra=message_extra(message.rest, *role_marks, plain=plain),
    )
    return ChatResponse(
        id=take_text(answer, "id"),
        model=take_text(answer, "model"),
        choices=(choice,),
        dialect=wire,
        usage=None if usage is None else parse_usage(usage, wire),
        extra=extra_of(answer.rest, *marks),
    )


def render_chat_response(response: ChatResponse, rendering: Rendering) -> bytes:
    """The body to give to a client. Only the first choice has a place."""
    built: dict[str, Any] = {"id": response.id} if response.id or not rendering.same else {}
    if response.model and rendering.same:
        built["model"] = response.model
    rendering.lose_tier(response.service_tier, "this dialect has no tiers")
    for choice in response.choices[1:]:
        rendering.lose(f"choices[{choice.index}]", "this dialect gives one answer")
    for choice in response.choices[:1]:
        _render_choice(choice, built, rendering)
    if response.usage is not None:
        built["usage"] = render_usage(response.usage, rendering.wire)
        rendering.lose_counts(response.usage, *CACHE_WRITES)
    return encode(rendering.keep(built, response.extra, ""))


def _render_choice(choice: Choice, built: dict[str, Any], rendering: Rendering) -> None:
    where = "choices[0]"
    plain = rendering.same and "plain" in marks_of(choice.message_extra)
    message = render_assistant(choice.blocks, rendering, f"{where}.message", plain=plain, listed=True)
    built["message"] = rendering.keep(message, choice.message_extra, f"{where}.message")
    if choice.finish is not None:
        built["finish_reason"] = render_reason(choice.finish, choice.raw_finish, rendering)
    elif not rendering.same:
        rendering.lose("finish_reason", "the provider did not say why the answer ended; here it must be said")
        built["finish_reason"] = "COMPLETE"
    if choice.stop_sequence is not None and not rendering.same:
        rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
    if not rendering.same:
        rendering.keep({}, choice.extra, where)
    if choice.logprobs is None:
        return
    if rendering.same:
        built["logprobs"] = choice.logprobs
    else:
        rendering.lose(f"{where}.logprobs", "another dialect's log probabilities have another shape")
