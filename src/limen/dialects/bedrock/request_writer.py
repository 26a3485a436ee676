"""The request of Converse, written."""

from __future__ import annotations

from typing import Any

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.block_writer import BlockWriter
from limen.dialects.bedrock.messages import thinks_without_proof, write_messages
from limen.dialects.bedrock.models import read_model
from limen.dialects.bedrock.output_format import put_foreign_format, put_own_format
from limen.dialects.bedrock.reasoning import put_foreign, put_own
from limen.dialects.bedrock.request import FIELDS, INFERENCE, METADATA, OUTPUT, TIER, TOP_K
from limen.dialects.bedrock.tools import CONFIG, write_tools
from limen.dialects.extra import marks_of
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Sampling

_TIERS = {"default": "default", "priority": "priority", "flex": "flex", "reserved": "reserved", "auto": "default"}
_NO_PLACE = [
    "min_p",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "seed",
    "logit_bias",
    "logprobs",
    "top_logprobs",
]
_MOST_METADATA = 16
_LONGEST_METADATA = 256
_METADATA_MARKS = " :_@$#=/+,-."
_LEAST_TOP_P = 0.95


def render_converse_request(request: ChatRequest, losses: Losses) -> bytes:
    """The body to send; what Bedrock has no place for is noted in `losses`."""
    return encode(write_converse_request(request, losses))


def write_converse_request(request: ChatRequest, losses: Losses) -> dict[str, Any]:
    """The same, before it is made into text."""
    rendering = Rendering(WIRE, request.dialect, losses)
    writer = BlockWriter(rendering, read_model(request.model))
    system, turns = write_messages(request.messages, writer)
    built: dict[str, Any] = {"messages": turns}
    if system is not None:
        built["system"] = system
    tools = write_tools(request, turns, writer)
    if tools is not None:
        built[CONFIG] = tools
    if rendering.same:
        _put_own(request, built, rendering)
    else:
        _put_foreign(request, built, writer)
    return rendering.keep(built, request.extra, "")


def _put_own(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    sampling = request.sampling
    known = {
        "maxTokens": request.max_tokens,
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "stopSequences": request.stop,
    }
    inference = {key: value for key, value in known.items() if value is not None}
    fields: dict[str, Any] = {}
    output: dict[str, Any] = {}
    if sampling.top_k is not None:
        if TOP_K in marks_of(request.extra):
            fields["top_k"] = sampling.top_k
        else:
            fields[INFERENCE] = {"topK": sampling.top_k}
    if request.reasoning is not None:
        put_own(request.reasoning, fields, output)
    if request.response_format is not None:
        put_own_format(request.response_format, output)
    if request.service_tier is not None:
        built[TIER] = {"type": request.service_tier}
    _put_filled(built, {INFERENCE: inference, FIELDS: fields, OUTPUT: output})
    if request.metadata is not None:
        built[METADATA] = request.metadata


def _put_filled(built: dict[str, Any], objects: dict[str, dict[str, Any]]) -> None:
    built.update({key: value for key, value in objects.items() if value})


def _put_foreign(request: ChatRequest, built: dict[str, Any], writer: BlockWriter) -> None:
    rendering, model = writer.rendering, writer.model
    inference: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    output: dict[str, Any] = {}
    if request.max_tokens is not None:
        inference["maxTokens"] = max(1, request.max_tokens)
        if request.max_tokens < 1:
            rendering.lose("max_tokens", "brought to 1, the least")
    if request.reasoning is not None:
        put_foreign(request.reasoning, fields, inference, rendering, model, barred=_barred(request, built, writer))
    _put_sampling(request.sampling, inference, fields, writer)
    _put_stop(request.stop, inference, rendering)
    if request.response_format is not None:
        asked = put_foreign_format(request.response_format, output, rendering, writer.model)
        if asked:
            built["system"] = [*built.get("system", ()), {"text": asked}]
    if request.parallel_tool_calls is False:
        rendering.lose("parallel_tool_calls", "Converse has no word for one call at a time")
    _put_filled(built, {INFERENCE: inference, FIELDS: fields, OUTPUT: output})
    _put_tier(request.service_tier, built, rendering)
    _put_metadata(request, built, rendering)
    for name in ("user", "modalities"):
        if getattr(request, name) is not None and getattr(request, name) != ("text",):
            rendering.lose(name, "Bedrock has no place for it")
    if request.n is not None and request.n != 1:
        rendering.lose("n", "Bedrock gives one answer")


def _barred(request: ChatRequest, built: dict[str, Any], writer: BlockWriter) -> str:
    """Why a Claude can't think in this request; empty if it can."""
    choice = built.get(CONFIG, {}).get("toolChoice", {})
    if "any" in choice or "tool" in choice:
        return "Claude can't think where it is made to use a tool"
    if built["messages"][-1]["role"] == "assistant":
        return "Claude can't think where the answer has begun"
    if not writer.model.claude.adaptive and thinks_without_proof(built["messages"]):
        return "the last turn called tools without a thought of the model's own, which Claude refuses"
    return ""


def _put_sampling(sampling: Sampling, inference: dict[str, Any], fields: dict[str, Any], writer: BlockWriter) -> None:
    rendering, family, claude = writer.rendering, writer.model.family, writer.model.claude
    thinks = "thinking" in fields or claude.thinks
    for name, key in (("temperature", "temperature"), ("top_p", "topP")):
        value = getattr(sampling, name)
        if value is None or (value == 1 and not claude.samples):
            continue
        bent = thinks and (value < _LEAST_TOP_P if name == "top_p" else value != 1)
        twice = claude.one_sampler and name == "top_p" and "temperature" in inference
        if bent or twice or not claude.samples:
            rendering.lose(name, "this Claude takes no such value, or not this one beside the other")
            continue
        inference[key] = min(1, max(0, value))
        if inference[key] != value:
            rendering.lose(name, "brought into the range 0 to 1")
    if sampling.top_k is not None:
        _put_top_k(sampling.top_k, fields, rendering, "" if thinks or not claude.samples else family)
    for name in _NO_PLACE:
        if getattr(sampling, name) is not None:
            rendering.lose(name, "Bedrock has no such parameter")


def _put_top_k(top_k: int, fields: dict[str, Any], rendering: Rendering, family: str) -> None:
    if family in ("claude", "mistral"):
        fields["top_k"] = top_k
    elif family == "nova":
        fields[INFERENCE] = {"topK": top_k}
    elif family == "cohere":
        fields["k"] = top_k
    else:
        rendering.lose("top_k", "the model takes none, or it is not known where")


def _put_stop(stop: tuple[str, ...] | None, inference: dict[str, Any], rendering: Rendering) -> None:
    if not stop:
        return
    kept = [text for text in stop if text]
    if len(kept) < len(stop):
        rendering.lose("stop", "Bedrock takes no empty texts to stop at")
    if kept:
        inference["stopSequences"] = kept


def _put_tier(tier: str | None, built: dict[str, Any], rendering: Rendering) -> None:
    if tier is None:
        return
    word = _TIERS.get(tier)
    if word is None:
        rendering.lose("service_tier", "a tier that Bedrock does not have")
        return
    if tier == "auto":
        rendering.lose("service_tier", "auto is said as default")
    built[TIER] = {"type": word}


def _put_metadata(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """Up to 16 pairs of short texts with few other marks. Source: the API reference of Converse, `requestMetadata`."""
    if request.metadata is None:
        return
    kept: dict[str, str] = {}
    for key, value in request.metadata.items():
        if len(kept) < _MOST_METADATA and _fits(key) and key and isinstance(value, str) and _fits(value):
            kept[key] = value
        else:
            rendering.lose(f"metadata.{key}", "Bedrock takes 16 pairs of short texts with few marks")
    if kept:
        built[METADATA] = kept


def _fits(text: str) -> bool:
    plain = all((ch.isascii() and ch.isalnum()) or ch in _METADATA_MARKS for ch in text)
    return plain and len(text) <= _LONGEST_METADATA
