"""The full answer of Converse, to and from the hub.

Converse gives neither an id nor the model's name: both are empty in the hub. Source: the API reference of ConverseResponse.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.block_writer import BlockWriter
from limen.dialects.bedrock.errors import parse_error
from limen.dialects.bedrock.finish import parse_reason, render_reason
from limen.dialects.bedrock.messages import parse_answer
from limen.dialects.bedrock.models import Model
from limen.dialects.bedrock.usage import parse_usage, render_usage
from limen.dialects.extra import extra_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import LenientMembers
from limen.dialects.rendering import Rendering
from limen.errors import MalformedReply
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage

ANY_MODEL = Model("unknown")
_NULL = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct):
    """The members that tell an answer from an error. A service that does not know a path says so in `Output`, with a 200."""

    output: msgspec.Raw = _NULL
    Output: msgspec.Raw = _NULL
    message: msgspec.Raw = _NULL
    kind: msgspec.Raw = msgspec.field(default=_NULL, name="__type")


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def check_converse_response(body: bytes) -> None:
    """Refuse a full answer that is none: MalformedReply for what is not JSON, ProviderReply for an error in it."""
    try:
        found = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedReply("the provider answered with a body that is not valid JSON") from None
    if found.output != _NULL:
        return
    if found.Output != _NULL:
        raise parse_error(502, (), bytes(found.Output))
    if found.kind != _NULL or found.message != _NULL:
        raise parse_error(502, (), body)


def read_object(body: bytes) -> LenientMembers:
    """The JSON object of a full answer. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer is not a JSON object")
    return LenientMembers(value)


def parse_converse_response(body: bytes) -> ChatResponse:
    """The hub's answer. MalformedReply for what is not a JSON object; odd members are kept."""
    answer = read_object(body)
    output = answer.rest.get("output")
    told = output.get("message") if isinstance(output, dict) else None
    message = LenientMembers(told if isinstance(told, dict) else {})
    has_content = isinstance(message.rest.get("content"), list)
    blocks = parse_answer(message)
    marks: list[str]
    if isinstance(output, dict) and isinstance(told, dict):
        marks = _take_role(message, has_content=has_content)
        rest = {key: kept for key, kept in output.items() if key != "message"}
        del answer.rest["output"]
        if rest:
            answer.rest["output"] = rest
    else:
        marks = ["-output"]
    raw = answer.text("stopReason")
    usage = answer.mapping("usage")
    choice = Choice(
        index=0,
        blocks=blocks,
        finish=None if raw is None else parse_reason(raw),
        raw_finish=raw,
        message_extra=extra_of(message.rest, *[mark for mark in marks if mark != "-output"]),
    )
    return ChatResponse(
        id="",
        model="",
        choices=(choice,),
        dialect=WIRE,
        usage=None if usage is None else parse_usage(usage),
        service_tier=_take_tier(answer),
        extra=extra_of(answer.rest, *[mark for mark in marks if mark == "-output"]),
    )


def _take_role(message: LenientMembers, *, has_content: bool) -> list[str]:
    marks = []
    if message.rest.get("role") == "assistant":
        del message.rest["role"]
    else:
        marks.append("-role")
    if not has_content:
        marks.append("-content")
    return marks


def _take_tier(answer: LenientMembers) -> str | None:
    tier = answer.rest.get("serviceTier")
    if not isinstance(tier, dict) or tier.keys() != {"type"} or not isinstance(tier["type"], str):
        return None
    found: str = answer.rest.pop("serviceTier")["type"]
    return found


def render_converse_response(response: ChatResponse, losses: Losses) -> bytes:
    """The body to give to a client."""
    rendering = Rendering(WIRE, response.dialect, losses, answer=True)
    choices = response.choices or (Choice(0, ()),)
    for choice in choices[1:]:
        rendering.lose(f"choices[{choice.index}]", "Bedrock gives one answer")
    choice = choices[0]
    writer = BlockWriter(rendering, ANY_MODEL)
    content = writer.write(choice.blocks, "choices[0].message.content")
    message = rendering.keep({"role": "assistant", "content": content}, choice.message_extra, "choices[0].message")
    built: dict[str, Any] = {"output": {"message": message}}
    if choice.finish is not None or not rendering.same:
        built["stopReason"] = render_reason(choice.finish or "stop", choice.raw_finish, rendering)
    if response.usage is not None or not rendering.same:
        built["usage"] = render_usage(response.usage or Usage(), rendering)
    put_tier(response.service_tier, built, rendering)
    if not rendering.same:
        built["metrics"] = {"latencyMs": 0}  # Required, and not known.
        _lose_rest(choice, rendering)
    return encode(rendering.keep(built, response.extra, ""))


_TIERS = frozenset({"priority", "default", "flex", "reserved"})


def put_tier(tier: str | None, built: dict[str, Any], rendering: Rendering) -> None:
    """Put the tier that served an answer into `built`, if Bedrock has such a one."""
    if tier is not None and (rendering.same or tier in _TIERS):
        built["serviceTier"] = {"type": tier}
    else:
        rendering.lose_tier(tier, "a tier that Bedrock does not have")


def _lose_rest(choice: Choice, rendering: Rendering) -> None:
    """Name what another dialect's answer has and Bedrock's has not. Its id, its time and its model are envelope, no content."""
    rendering.keep({}, choice.extra, "choices[0]")
    if choice.stop_sequence is not None:
        rendering.lose("stop_sequence", "Bedrock's answers don't tell which one was hit")
    if choice.logprobs is not None:
        rendering.lose("choices[0].logprobs", "Bedrock's answers have none")
