"""The full answer of OpenAI's Responses, to and from the hub.

At home nothing is added. Another dialect's answer also repeats the parameters of the request that it answers, since OpenAI's
own types require them.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import marks_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import LenientMembers
from limen.dialects.rendering import Rendering
from limen.dialects.responses.answer_items import AnswerItems, answer_id
from limen.dialects.responses.echo import echo_request
from limen.dialects.responses.envelope import Wrapped, envelope_of
from limen.dialects.responses.item_writer import TurnWriter
from limen.dialects.responses.items import CLIENT_CALLS, kind_of, parse_item
from limen.dialects.responses.translation import offered_tools, original_of
from limen.dialects.responses.usage import parse_usage, render_usage
from limen.errors import MalformedReply
from limen.model.content import Block, Opaque, ToolCall
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse, Choice, FinishReason

NO_OUTPUT = "no output"
"""Mark: there was no list of items."""
REPEATED = frozenset(
    {
        "object",
        "status",
        "error",
        "incomplete_details",
        "completed_at",
        "background",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "parallel_tool_calls",
        "previous_response_id",
        "conversation",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "reasoning",
        "safety_identifier",
        "store",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "truncation",
        "user",
        "created_at",
        "id",
        "model",
        "usage",
        "service_tier",
        "output",
    }
)
"""What an answer repeats of its request, or says in other words: its absence elsewhere is no loss."""
_CUT: dict[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority"})
_WORDS: dict[str, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}


def read_answer(body: bytes) -> dict[str, Any]:
    """The JSON object of a full answer. MalformedReply if it is none."""
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer is not a JSON object")
    return value


def parse_responses_response(body: bytes, wire: str) -> ChatResponse:
    """The hub's answer. Raises MalformedReply for what is not a JSON object."""
    return parse_answer(read_answer(body), wire)


def parse_answer(value: dict[str, Any], wire: str) -> ChatResponse:
    """The hub's answer from its object, which is taken apart."""
    finish, raw = parse_finish(value)
    answer = LenientMembers(value)
    rest = answer.rest
    name = answer.text("id") if rest.get("id") else None
    model = answer.text("model") if rest.get("model") else None
    output, usage = answer.array("output"), answer.mapping("usage")
    created, tier = answer.integer("created_at"), answer.text("service_tier")
    items = [parse_item(item, "output", wire, LenientMembers) for item in output or ()]
    blocks = tuple([block for item in items for block in item.blocks])
    if finish == "stop" and any(is_client_call(block) for block in blocks):
        finish = "tool_calls"
    marks = () if output is not None else (NO_OUTPUT,)
    envelope = {key: rest.pop(key) for key in [*rest] if key in REPEATED}
    return ChatResponse(
        id=name or "",
        model=model or "",
        choices=(Choice(0, blocks, finish, raw),),
        dialect=wire,
        usage=None if usage is None else parse_usage(usage, wire),
        created=created,
        service_tier=tier,
        extra=Wrapped(rest, marks, envelope),
    )


def is_client_call(block: Block) -> bool:
    """Whether the client must run something before the model can go on."""
    if isinstance(block, Opaque):
        return kind_of(block.data) in CLIENT_CALLS
    return isinstance(block, ToolCall)


def parse_finish(answer: dict[str, Any]) -> tuple[FinishReason | None, str | None]:
    """Why an answer ended, and the provider's word for it. `stop` also where a call of a tool is the reason."""
    status = answer.get("status")
    details = answer.get("incomplete_details")
    if status == "incomplete":
        reason = details.get("reason") if isinstance(details, dict) else None
        raw = reason if isinstance(reason, str) else "incomplete"
        return _CUT.get(raw, "other"), raw
    if not isinstance(status, str):
        return "stop", None
    if status == "completed":
        return "stop", status
    return ("error" if status == "failed" else "other"), status


def render_responses_response(response: ChatResponse, rendering: Rendering, request: ChatRequest | None) -> bytes:
    """The body to give to a client. `request` is what is answered, where it is known."""
    if rendering.same:
        return encode(_render_own(response, rendering))
    tools = offered_tools(original_of(request)) if request is not None else offered_tools(NOBODY)
    first = response.choices[0] if response.choices else Choice(0, ())
    writer = TurnWriter(rendering, "choices[0].message", AnswerItems(response.id, tools))
    items = writer.write(first.blocks)
    built = answer_frame(response, request, rendering.wire)
    close_answer(built, first.finish)
    built["output"] = items
    if response.usage is not None:
        built["usage"] = render_usage(response.usage, rendering.wire)
        rendering.lose_counts(response.usage, "input_cache_write_1h")
    _name_losses(response, first, rendering)
    return encode(rendering.keep(built, response.extra, ""))


NOBODY = ChatRequest("", (), "")
"""Stands for a request that is not known."""


def _render_own(response: ChatResponse, rendering: Rendering) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key, value in (("id", response.id), ("model", response.model)):
        if value:
            built[key] = value
    if response.created is not None:
        built["created_at"] = response.created
    if response.service_tier is not None:
        built["service_tier"] = response.service_tier
    if response.usage is not None:
        built["usage"] = render_usage(response.usage, rendering.wire)
    if NO_OUTPUT not in marks_of(response.extra):
        blocks = response.choices[0].blocks if response.choices else ()
        built["output"] = TurnWriter(rendering, "output").write(blocks)
    built.update(envelope_of(response.extra) or {})
    return rendering.keep(built, response.extra, "")


def answer_frame(response: ChatResponse, request: ChatRequest | None, wire: str) -> dict[str, Any]:
    """An answer that is in progress: its name, its model and what it repeats."""
    built: dict[str, Any] = {
        "id": answer_id(response.id),
        "object": "response",
        "created_at": response.created or 0,
        "status": "in_progress",
        "model": response.model,
        "output": [],
        "usage": None,
        **echo_request(request, wire),
    }
    if response.service_tier in _TIERS:
        built["service_tier"] = response.service_tier
    return built


def close_answer(built: dict[str, Any], finish: FinishReason | None) -> str:
    """Put into `built` how the answer ended; gives back its status."""
    reason = _WORDS.get(finish or "")
    built["status"] = "incomplete" if reason else "failed" if finish == "error" else "completed"
    if reason:
        built["incomplete_details"] = {"reason": reason}
    elif finish == "error":
        built["error"] = {"code": "server_error", "message": "the provider ended the answer with an error"}
    return str(built["status"])


def _name_losses(response: ChatResponse, first: Choice, rendering: Rendering) -> None:
    for choice in response.choices[1:]:
        rendering.lose(f"choices[{choice.index}]", "this dialect has one answer for a request")
    if first.logprobs is not None:
        rendering.lose("choices[0].logprobs", "another dialect's log probabilities have another shape")
    if first.stop_sequence is not None:
        rendering.lose("stop_sequence", "this dialect does not tell which one was hit")
    if first.finish in ("pause", "other"):
        rendering.lose("finish_reason", f"{first.raw_finish or first.finish} is said as completed")
    if response.service_tier is not None and response.service_tier not in _TIERS:
        rendering.lose_tier(response.service_tier, "OpenAI has no tier of that name")
    rendering.keep({}, first.extra, "choices[0]")
    rendering.keep({}, first.message_extra, "choices[0].message")
