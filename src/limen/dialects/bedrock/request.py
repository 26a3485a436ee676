"""The request of Converse, to and from the hub.

The model is in the path, and so is whether the answer is streamed: neither is in the body. Each object of the body keeps what the
hub has no field for. Source: the API reference of Converse.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.messages import parse_messages
from limen.dialects.bedrock.output_format import take_format
from limen.dialects.bedrock.reasoning import take_reasoning
from limen.dialects.bedrock.tools import take_tools
from limen.dialects.extra import extra_of
from limen.dialects.members import Members
from limen.dialects.openai.chat_request import read_object
from limen.model.request import ChatRequest, Reasoning, ResponseFormat, Sampling

FIELDS = "additionalModelRequestFields"
INFERENCE = "inferenceConfig"
OUTPUT = "outputConfig"
TIER = "serviceTier"
METADATA = "requestMetadata"

TOP_K = "top_k"
"""Mark: `top_k` stood among the model's own fields, as Claude's and Mistral's does."""
NOVA_TOP_K = "topK"
"""Mark: it stood in ``inferenceConfig`` among them, as Nova's does."""


def parse_converse_request(body: bytes) -> ChatRequest:
    """The hub's request; its `model` is empty. BadRequest names the place of what is wrong."""
    return read_converse_request(read_object(body))


def read_converse_request(value: dict[str, Any]) -> ChatRequest:
    """The same from JSON that was read already, and is taken apart."""
    marks = ["-messages"] if value.get("messages") is None else []
    request = Members(value)
    messages = parse_messages(request)
    tools, choice = take_tools(request)
    sampling, max_tokens, stop = _take_inference(request, marks)
    reasoning, wanted = _take_output(request)
    return ChatRequest(
        model="",
        messages=messages,
        dialect=WIRE,
        tools=tools,
        tool_choice=choice,
        sampling=sampling,
        max_tokens=max_tokens,
        stop=stop,
        response_format=wanted,
        reasoning=reasoning,
        service_tier=_take_tier(request),
        metadata=request.mapping(METADATA),
        extra=extra_of(request.rest, *marks),
    )


def _inner(request: Members, key: str) -> Members:
    """The object under `key`, left where it is to keep what is not taken; an empty one where there is none."""
    told = request.mapping(key)
    if told is None:
        return Members({}, key)
    request.rest[key] = told
    return Members(told, key)


def _take_inference(request: Members, marks: list[str]) -> tuple[Sampling, int | None, tuple[str, ...] | None]:
    config = _inner(request, INFERENCE)
    top_k = _take_top_k(request.rest.get(FIELDS), marks)
    sampling = Sampling(temperature=config.number("temperature"), top_p=config.number("topP"), top_k=top_k)
    return sampling, config.integer("maxTokens"), config.texts("stopSequences")


def _take_top_k(fields: Any, marks: list[str]) -> int | None:
    """It is not Converse's own: each family has its place for it."""
    if not isinstance(fields, dict):
        return None
    if type(fields.get("top_k")) is int:
        marks.append(TOP_K)
        found: int = fields.pop("top_k")
        return found
    inner = fields.get(INFERENCE)
    if isinstance(inner, dict) and type(inner.get("topK")) is int:
        marks.append(NOVA_TOP_K)
        told: int = inner.pop("topK")
        if not inner:
            del fields[INFERENCE]
        return told
    return None


def _take_output(request: Members) -> tuple[Reasoning | None, ResponseFormat | None]:
    output = _inner(request, OUTPUT)
    fields = request.rest.get(FIELDS)
    reasoning = take_reasoning(fields if isinstance(fields, dict) else {}, output.rest)
    return reasoning, take_format(output.rest)


def _take_tier(request: Members) -> str | None:
    tier = _inner(request, TIER)
    found = tier.text("type")
    if found is not None and not tier.rest:
        del request.rest[TIER]
    return found
