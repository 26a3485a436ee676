"""The request of ``generateContent``, to and from the hub. The model stands in the path, so the hub's is empty here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.dialects.extra import Extra, marks_of
from limen.dialects.gemini.call_ids import Pairing
from limen.dialects.gemini.contents import parse_contents, render_contents, take_instruction
from limen.dialects.gemini.generation import CONFIG, render_config, take_config
from limen.dialects.gemini.spelling import WIRE, Kept, keep, original_of, respell, take_list, take_text
from limen.dialects.gemini.tools import render_choice, render_tools, take_choice, take_tools
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import type_name
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.request import ChatRequest

_KNOWN = frozenset({"systemInstruction", "toolConfig", CONFIG, "serviceTier"})
_TIERS = {"default": "standard", "standard": "standard", "flex": "flex", "priority": "priority"}


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; BadRequest if it holds anything else."""
    try:
        value = decode(body)
    except NotJson as error:
        raise BadRequest(f"the request body can't be read: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest(f"the request body must be a JSON object, not {type_name(value)}")
    return value


def parse_request(body: bytes) -> ChatRequest:
    """The hub's request."""
    return read_request(read_object(body))


def read_request(request: dict[str, Any]) -> ChatRequest:
    """The hub's request from the members of a body. BadRequest names the place of what is wrong."""
    marks = respell(request, _KNOWN)
    original = {"model": request.pop("model")} if isinstance(request.get("model"), str) else {}
    values = take_list(request, "contents", marks)
    if values is None or not values:
        raise BadRequest("contents is not specified: expected at least one content.", param="contents")
    pairing = Pairing()
    instruction = take_instruction(request, pairing)
    messages = parse_contents(values, pairing)
    fields = take_config(request)
    return ChatRequest(
        model="",
        messages=messages if instruction is None else (instruction, *messages),
        dialect=WIRE,
        tools=take_tools(request, marks),
        tool_choice=take_choice(request),
        max_tokens_key="maxOutputTokens",
        service_tier=take_text(request, "serviceTier"),
        extra=Kept(request, marks, original),
        **fields,
    )


def render_request(request: ChatRequest, rendering: Rendering) -> bytes:
    """The body to send. What the hub has and this dialect has not is noted in the losses."""
    return encode(build_request(request, rendering))


def build_request(request: ChatRequest, rendering: Rendering) -> dict[str, Any]:
    """The members of the body to send."""
    built: dict[str, Any] = {}
    render_contents(request.messages, built, rendering, request.model)
    if request.tools is not None:
        render_tools(request.tools, built, rendering)
    if request.tool_choice is not None:
        render_choice(request.tool_choice, built, rendering)
    render_config(request, built, rendering)
    _put_tier(request.service_tier, built, rendering)
    _lose_the_rest(request, rendering)
    return _keep(built, request.extra, rendering, request.model)


def _keep(built: dict[str, Any], extra: Mapping[str, Any], rendering: Rendering, model: str) -> dict[str, Any]:
    tool_config = extra.get("toolConfig")
    if rendering.same and isinstance(tool_config, Extra):
        built["toolConfig"] = keep(built.get("toolConfig", {}), tool_config, rendering, "toolConfig")
    original = original_of(extra)
    if rendering.same and model and "model" in original:
        # A client's own name for the model means nothing to the provider.
        original = {**original, "model": model if "/" in model else f"models/{model}"}
    apart = {CONFIG, "toolConfig"} if rendering.same else set()
    rest = {key: kept for key, kept in extra.items() if key not in apart or key not in built}
    extra = Kept(rest, marks_of(extra), original)
    return keep(built, extra, rendering, "")


def _put_tier(tier: str | None, built: dict[str, Any], rendering: Rendering) -> None:
    if tier is None:
        return
    if rendering.same:
        built["serviceTier"] = tier
    elif tier in _TIERS:
        built["serviceTier"] = _TIERS[tier]
    else:
        rendering.lose("service_tier", f"{tier} is no tier of this dialect")


def _lose_the_rest(request: ChatRequest, rendering: Rendering) -> None:
    if request.parallel_tool_calls is False:
        rendering.lose("parallel_tool_calls", "this dialect can't ask for one call at a time")
    if request.user is not None:
        rendering.lose("user", "this dialect does not tell who asks")
    if request.metadata:
        rendering.lose("metadata", "this dialect has no place for it")
