"""The full answer of Anthropic's Messages API, to and from the hub.

Must not: add what the provider did not say; a key that it left out stays out for a client of the same wire.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.anthropic.content import parse_blocks
from limen.dialects.anthropic.content_writer import render_block
from limen.dialects.anthropic.stop_reasons import parse_reason, render_reason
from limen.dialects.anthropic.usage import parse_usage, render_usage, tier_of, tier_word
from limen.dialects.extra import extra_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.rendering import Rendering
from limen.errors import MalformedReply
from limen.model.content import Block, Opaque, Refusal, ToolCall
from limen.model.response import ChatResponse, Choice


def read_answer(body: bytes) -> dict[str, Any]:
    """The JSON object of a full answer. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if type(value) is not dict:
        raise MalformedReply("the provider's answer is not a JSON object")
    return value


def take_text(rest: dict[str, Any], key: str) -> str | None:
    """A string that says something; an empty one, or anything else, stays where it was."""
    value = rest.get(key)
    if type(value) is not str or not value:
        return None
    del rest[key]
    return value


def parse_response(body: bytes, wire: str) -> ChatResponse:
    """The hub's answer. Raises MalformedReply."""
    rest = read_answer(body)
    marks = [f"-{key}" for key, word in (("type", "message"), ("role", "assistant")) if _take_word(rest, key, word)]
    blocks: tuple[Block, ...] = ()
    if type(rest.get("content")) is list:
        blocks = parse_blocks(rest.pop("content"), "content", wire, strict=False)
    else:
        marks.append("-content")
    raw = take_text(rest, "stop_reason")
    sequence = rest.pop("stop_sequence") if type(rest.get("stop_sequence")) is str else None
    usage = rest.pop("usage") if type(rest.get("usage")) is dict else None
    finish = None if raw is None else parse_reason(raw)
    return ChatResponse(
        id=take_text(rest, "id") or "",
        model=take_text(rest, "model") or "",
        choices=(Choice(0, blocks, finish, raw, sequence),),
        dialect=wire,
        usage=None if usage is None else parse_usage(usage, wire),
        service_tier=None if usage is None else tier_of(usage),
        extra=extra_of(rest, *marks),
    )


def _take_word(rest: dict[str, Any], key: str, word: str) -> bool:
    """Take out a key that always says the same; True if it does not, and so stays as it is."""
    if rest.get(key) == word:
        del rest[key]
        return False
    return True


def render_response(response: ChatResponse, rendering: Rendering) -> bytes:
    """The body to give to a client. There is one answer here; further ones are lost by name."""
    choice = response.choices[0] if response.choices else Choice(0, ())
    for other in response.choices[1:]:
        rendering.lose(f"choices[{other.index}]", "there is one answer here")
    built = answer_head(response.id, response.model, rendering)
    blocks = [(block, render_block(block, rendering, f"content[{i}]")) for i, block in enumerate(choice.blocks)]
    null = Opaque if rendering.same else ()
    built["content"] = [found for block, found in blocks if found is not None or isinstance(block, null)]
    _put_reason(choice, built, rendering)
    if response.usage is not None:
        built["usage"] = render_usage(response.usage, rendering.wire)
    elif not rendering.same:
        built["usage"] = render_usage(None, rendering.wire)
    if not rendering.same:
        _put_beside(response, choice, built, rendering)
    return encode(rendering.keep(built, response.extra, ""))


def answer_head(name: str, model: str, rendering: Rendering) -> dict[str, Any]:
    """What stands at the top of an answer."""
    built: dict[str, Any] = {}
    if name or not rendering.same:
        built["id"] = name
    built["type"] = "message"
    built["role"] = "assistant"
    if model or not rendering.same:
        built["model"] = model
    return built


def _put_reason(choice: Choice, built: dict[str, Any], rendering: Rendering) -> None:
    if choice.finish is not None:
        calls = any(isinstance(block, ToolCall) for block in choice.blocks)
        refused = any(isinstance(block, Refusal) for block in choice.blocks)
        reason = render_reason(choice.finish, choice.raw_finish, rendering, calls=calls, refused=refused)
        built["stop_reason"] = reason
    elif not rendering.same:
        built["stop_reason"] = None
    if choice.stop_sequence is not None or not rendering.same:
        built["stop_sequence"] = choice.stop_sequence


def _put_beside(response: ChatResponse, choice: Choice, built: dict[str, Any], rendering: Rendering) -> None:
    """What another dialect says beside the answer itself."""
    if response.service_tier is not None:
        word = tier_word(response.service_tier)
        if word is None:
            rendering.lose_tier(response.service_tier, "Anthropic has no such tier")
        else:
            built["usage"] = {**built["usage"], "service_tier": word}
    if choice.logprobs is not None:
        rendering.lose("choices[0].logprobs", "Anthropic has no log probabilities")
    rendering.keep({}, choice.extra, "choices[0]")
    rendering.keep({}, choice.message_extra, "choices[0].message")
