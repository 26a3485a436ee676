"""The hub's request, written for Anthropic's Messages API.

A request of this wire goes back as it came. One of another dialect is bent to what its model takes; see `models`,
`reasoning`, `turns` and `schema`. Each thing that is lost or changed on the way is named.

Must not: know who serves it; what Bedrock and Vertex have instead of a model in the body is in :class:`Envelope`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.anthropic.content_writer import render_block
from limen.dialects.anthropic.models import Claude, claude
from limen.dialects.anthropic.reasoning import render_foreign, render_own, thinks
from limen.dialects.anthropic.request import INLINE, OUTPUT_FORMAT, STANDARD_ONLY
from limen.dialects.anthropic.schema import closed
from limen.dialects.anthropic.tools import is_forced, render_choice, render_tools
from limen.dialects.anthropic.turns import lacks_thoughts, render_turns
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.model.content import Text
from limen.model.request import ChatRequest, Message, ResponseFormat

_ANY_OBJECT = "Answer with one JSON object and with nothing else."
_ANY_MATCH = "Answer with one JSON value that matches this JSON Schema, and with nothing else: "
_UNSIGNED = "thinking is off, because the last calls come without the signed thoughts that led to them"


class Envelope(msgspec.Struct, frozen=True):
    """What stands around the conversation at one provider.

    `model` and `stream`: whether the body has them; elsewhere the path does. `version` is put into the body as
    ``anthropic_version`` where it is wanted there. `counted`: the tokens of the request are only to be counted.
    """

    model: bool = True
    stream: bool = True
    version: str | None = None
    counted: bool = False


def render_request(request: ChatRequest, rendering: Rendering, envelope: Envelope) -> bytes:
    """The body to send."""
    built: dict[str, Any] = {"model": request.model} if request.model and envelope.model else {}
    if request.stream is not None and envelope.stream and not (envelope.counted and not rendering.same):
        built["stream"] = request.stream
    if rendering.same:
        _put_own(request, built, rendering)
    else:
        _put_foreign(request, built, rendering, envelope)
    rendering.keep(built, request.extra, "")
    if envelope.version is not None:
        built.setdefault("anthropic_version", envelope.version)
    return encode(built)


def _put_own(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """A request of this wire, as it came."""
    messages = request.messages
    if messages and messages[0].role == "system" and not rendering.marked(messages[0].extra, INLINE):
        built["system"] = _own_content(messages[0], rendering, "system")
        messages = messages[1:]
    built["messages"] = _own_messages(messages, rendering)
    model = Claude()
    render_tools(request, built, rendering, model)
    render_choice(request, built, rendering, model)
    sampling = request.sampling
    _put_said(
        built,
        max_tokens=request.max_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        stop_sequences=request.stop,
        service_tier=STANDARD_ONLY if request.service_tier == "default" else request.service_tier,
        metadata=None if request.user is None else {"user_id": request.user},
    )
    if request.reasoning is not None:
        render_own(request.reasoning, built, rendering)
        if rendering.losses and thinks(built) and lacks_thoughts(built["messages"]):
            rendering.lose("thinking", _UNSIGNED)
            del built["thinking"]
    if request.response_format is not None:
        _put_own_format(request.response_format, built, rendering)


def _own_messages(messages: tuple[Message, ...], rendering: Rendering) -> list[Any]:
    """The turns; one of which only what others signed was left is left out."""
    found = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        content = _own_content(message, rendering, f"{where}.content")
        if content != [] or not message.blocks:
            found.append(rendering.keep({"role": message.role, "content": content}, message.extra, where))
    return found


def _own_content(message: Message, rendering: Rendering, where: str) -> Any:
    blocks = message.blocks
    if message.plain and len(blocks) == 1 and isinstance(blocks[0], Text):
        return blocks[0].text
    found = [render_block(block, rendering, f"{where}[{index}]") for index, block in enumerate(blocks)]
    return found if None not in found else [block for block in found if block is not None]


def _put_own_format(wanted: ResponseFormat, built: dict[str, Any], rendering: Rendering) -> None:
    told: dict[str, Any] = {"type": wanted.kind}
    if wanted.schema is not None:
        told["schema"] = wanted.schema
    if rendering.marked(wanted.extra, OUTPUT_FORMAT):
        built["output_format"] = told
    else:
        built.setdefault("output_config", {})["format"] = told


def _put_said(built: dict[str, Any], **values: Any) -> None:
    built.update({key: value for key, value in values.items() if value is not None})


def _put_foreign(request: ChatRequest, built: dict[str, Any], rendering: Rendering, envelope: Envelope) -> None:
    """A request of another dialect, as its model takes it."""
    model = claude(request.model)
    if not envelope.counted:
        built["max_tokens"] = _max_tokens(request, rendering, model)
    render_turns(request.messages, built, rendering, model)
    render_tools(request, built, rendering, model)
    render_choice(request, built, rendering, model)
    if request.reasoning is not None:
        barred = _barred(built, model)
        kept = dict(built)
        built.setdefault("max_tokens", model.default_tokens)
        render_foreign(request.reasoning, built, rendering, model, barred=barred, room=request.max_tokens)
        if envelope.counted and "max_tokens" not in kept:
            del built["max_tokens"]
    if request.response_format is not None:
        _put_format(request.response_format, built, rendering, model)
    if envelope.counted:
        return
    _put_sampling(request, built, rendering, model)
    _put_stop(request.stop, built, rendering)
    _put_rest(request, built, rendering)


def _max_tokens(request: ChatRequest, rendering: Rendering, model: Claude) -> int:
    """The bound on output, which must be there."""
    wanted = request.max_tokens
    if wanted is None:
        return model.default_tokens
    if wanted < 1:
        rendering.lose("max_tokens", "brought to the least there is, 1")
        return 1
    if model.most_tokens is not None and wanted > model.most_tokens:
        rendering.lose("max_tokens", f"brought to the most that this model gives, {model.most_tokens}")
        return model.most_tokens
    return wanted


def _barred(built: dict[str, Any], model: Claude) -> str:
    """Why thinking can't be switched on; empty if it can."""
    if is_forced(built):
        return "thinking is off, because a tool must be used"
    if lacks_thoughts(built["messages"]):
        return _UNSIGNED
    if built["messages"] and built["messages"][-1]["role"] == "assistant":
        return "thinking is off, because the answer has begun"
    return ""


def _in_range(key: str, value: float, rendering: Rendering) -> float:
    if 0 <= value <= 1:
        return value
    rendering.lose(key, "brought into the range 0 to 1")
    return 0 if value < 0 else 1


def _put_sampling(request: ChatRequest, built: dict[str, Any], rendering: Rendering, model: Claude) -> None:
    sampling = request.sampling
    for key, value in msgspec.structs.asdict(sampling).items():
        if value is not None and key not in ("temperature", "top_p", "top_k"):
            rendering.lose(key, "Anthropic has no such parameter")
    thinking = thinks(built)
    temperature, top_p = sampling.temperature, sampling.top_p
    if temperature is not None and temperature != 1 and (thinking or not model.samples):
        rendering.lose("temperature", "this model takes none" if not model.samples else "thinking takes none but 1")
        temperature = None
    elif temperature is not None:
        temperature = _in_range("temperature", temperature, rendering)
    if top_p is not None and top_p != 1 and (not model.samples or (thinking and top_p < 0.95)):
        rendering.lose("top_p", "this model takes none" if not model.samples else "thinking takes none below 0.95")
        top_p = None
    if top_p is not None and temperature is not None and model.one_sampler:
        if top_p != 1:
            rendering.lose("top_p", "this model takes temperature or top_p, not both")
        top_p = None
    if temperature is not None and model.samples:
        built["temperature"] = temperature
    if top_p is not None and model.samples:
        built["top_p"] = _in_range("top_p", top_p, rendering)
    if sampling.top_k is not None and (thinking or not model.samples or sampling.top_k < 0):
        rendering.lose("top_k", "not taken by this model, or with thinking")
    elif sampling.top_k is not None:
        built["top_k"] = sampling.top_k


def _put_stop(stop: tuple[str, ...] | None, built: dict[str, Any], rendering: Rendering) -> None:
    fine = [text for text in stop or () if text.strip()]
    if stop and len(fine) < len(stop):
        rendering.lose("stop", "a stop sequence of white space alone is refused here")
    if fine:
        built["stop_sequences"] = fine


def _put_rest(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    if request.user is not None:
        built["metadata"] = {"user_id": request.user[:256]}
        if len(request.user) > 256:
            rendering.lose("user", "cut to 256 characters")
    if request.metadata:
        rendering.lose("metadata", "Anthropic takes the user's id alone")
    if request.n is not None and request.n != 1:
        rendering.lose("n", "there is one answer here")
    if request.modalities is not None and set(request.modalities) != {"text"}:
        rendering.lose("modalities", "an answer is text here")
    if request.service_tier in ("auto", "default"):
        built["service_tier"] = STANDARD_ONLY if request.service_tier == "default" else "auto"
    elif request.service_tier is not None:
        rendering.lose("service_tier", "Anthropic has no such tier")


def _put_format(wanted: ResponseFormat, built: dict[str, Any], rendering: Rendering, model: Claude) -> None:
    """A schema where the model can be held to one; else a word to the model."""
    where = "response_format"
    rendering.keep({}, wanted.extra, where)
    if wanted.kind == "text":
        return
    if wanted.kind != "json_schema" or not isinstance(wanted.schema, dict) or not model.structured:
        rendering.lose(where, "the model is asked for it, not held to it")
        asked = _ANY_OBJECT if wanted.schema is None else _ANY_MATCH + encode(wanted.schema).decode()
        _add_instruction(built, asked)
        return
    schema = closed(wanted.schema, rendering, f"{where}.schema")
    for key, field, said in (("title", "name", wanted.name), ("description", "description", wanted.description)):
        if said is not None and schema.setdefault(key, said) != said:
            rendering.lose(f"{where}.{field}", f"the schema has a {key} of its own")
    built.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": schema}


def _add_instruction(built: dict[str, Any], text: str) -> None:
    """Put `text` after the instructions, which stay as they are."""
    system = built.get("system")
    if system is None:
        built["system"] = text
        return
    before = [{"type": "text", "text": system}] if isinstance(system, str) else system
    built["system"] = [*before, {"type": "text", "text": text}]
