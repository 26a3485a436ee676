"""The request of Anthropic's Messages API, read into the hub.

`system` becomes messages that lead, since that is where the hub has instructions. A message of role system among the
others, which newer models take, keeps its place. What the hub has no field for stays in `extra`:
``anthropic_version`` and ``anthropic_beta``, which stand in the body at Bedrock and Vertex, among it.

Source: platform.claude.com, Messages API reference.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from limen.dialects.anthropic.content import parse_blocks
from limen.dialects.anthropic.reasoning import take_reasoning
from limen.dialects.anthropic.tools import take_choice, take_tools
from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import NotJson, decode
from limen.dialects.members import Members, type_name
from limen.dialects.seal import MARK, open_id
from limen.errors import BadRequest
from limen.model.content import Block, Text, Thinking, ToolCall
from limen.model.request import ChatRequest, Message, ResponseFormat, Role, Sampling

INLINE = "inline"
"""Mark: a message of role system that stood among the others."""
OUTPUT_FORMAT = "output_format"
"""Mark: the format stood under the key that ``output_config.format`` replaced."""
STANDARD_ONLY = "standard_only"
"""Anthropic's word for a service tier that others call `default`."""

_ROLES = ("user", "assistant", "system")


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; BadRequest if it holds anything else."""
    try:
        value = decode(body)
    except NotJson as error:
        raise BadRequest(f"the request body can't be read: {error}") from None
    if type(value) is not dict:
        raise BadRequest(f"the request body must be a JSON object, not {type_name(value)}")
    return value


def parse_request(body: bytes, wire: str, *, counted: bool = False) -> ChatRequest:
    """The hub's request. Its `model` is empty where the body has none. `counted`: its tokens are only to be counted."""
    request = Members(read_object(body))
    messages = request.array("messages")
    if not messages:
        said = "messages: Field required" if messages is None else "messages: at least one message is required"
        raise BadRequest(said, param="messages", code="missing_required_parameter")
    if not counted and request.rest.get("max_tokens") is None:
        raise BadRequest("max_tokens: Field required", param="max_tokens", code="missing_required_parameter")
    system = _take_system(request, wire)
    turns = tuple([_parse_message(value, index, wire) for index, value in enumerate(messages)])
    choice, parallel = take_choice(request)
    return ChatRequest(
        model="" if request.rest.get("model") == "" else request.text("model") or "",
        messages=(*system, *turns),
        dialect=wire,
        tools=take_tools(request, wire),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        sampling=Sampling(
            temperature=request.number("temperature"),
            top_p=request.number("top_p"),
            top_k=request.integer("top_k"),
        ),
        max_tokens=request.integer("max_tokens"),
        stop=request.texts("stop_sequences"),
        response_format=_take_format(request.rest),
        reasoning=take_reasoning(request),
        service_tier=_take_tier(request),
        user=_take_user(request.rest),
        stream=request.flag("stream"),
        extra=extra_of(request.rest),
    )


def _take_system(request: Members, wire: str) -> tuple[Message, ...]:
    value = request.rest.get("system")
    if value is None:
        return ()
    if type(value) is str:
        del request.rest["system"]
        return (Message("system", (Text(value),), plain=True),)
    if type(value) is not list:
        request.wrong("system", "a string or an array of blocks")
    del request.rest["system"]
    return (Message("system", parse_blocks(value, "system", wire, strict=True)),)


def _parse_message(value: Any, index: int, wire: str) -> Message:
    path = f"messages[{index}]"
    if type(value) is not dict:
        given = type_name(value)
        raise BadRequest(
            f"Invalid type for '{path}': expected an object, but got {given} instead.", param=path, code="invalid_type"
        )
    role, content = value.pop("role", None), value.pop("content", None)
    if role not in _ROLES:
        supported = ", ".join(f"'{name}'" for name in _ROLES)
        raise BadRequest(f"{path}.role: Input should be one of {supported}", param=f"{path}.role", code="invalid_value")
    marks = (INLINE,) if role == "system" else ()
    if type(content) is str:
        return Message(cast(Role, role), (Text(content),), plain=True, extra=extra_of(value, *marks))
    if type(content) is not list:
        raise BadRequest(
            f"{path}.content: Input should be a string or an array of blocks",
            param=f"{path}.content",
            code="invalid_type",
        )
    blocks = parse_blocks(content, f"{path}.content", wire, strict=True)
    if role == "assistant":
        blocks = _opened(blocks)
    return Message(cast(Role, role), blocks, extra=extra_of(value, *marks))


def _opened(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """`blocks`, with what the ids of calls carried for another dialect's provider in its place before the calls."""
    if not any(isinstance(block, ToolCall) and MARK in block.id for block in blocks):
        return blocks
    known = {block.proof for block in blocks if isinstance(block, Thinking)}
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, ToolCall):
            opened = open_id(block.id)
            found += [thought for thought in opened.thoughts if thought.proof not in known]
            found.append(msgspec.structs.replace(block, id=opened.id, proof=opened.proof or block.proof))
        else:
            found.append(block)
    return tuple(found)


def _take_format(rest: dict[str, Any]) -> ResponseFormat | None:
    """The format of the answer, under its key of today or of before; what it has beyond a schema is left."""
    config = rest.get("output_config")
    told = config.get("format") if type(config) is dict else None
    if type(told) is dict and type(told.get("type")) is str and type(config) is dict:
        found = _read_format(told)
        if not told:
            del config["format"]
            if not config:
                del rest["output_config"]
        return found
    told = rest.get("output_format")
    if type(told) is not dict or type(told.get("type")) is not str:
        return None
    found = _read_format(told, OUTPUT_FORMAT)
    if not told:
        del rest["output_format"]
    return found


def _read_format(told: dict[str, Any], *marks: str) -> ResponseFormat:
    schema = told.pop("schema") if told.get("schema") is not None else None
    return ResponseFormat(told.pop("type"), schema=schema, extra=Extra({}, marks) if marks else {})


def _take_tier(request: Members) -> str | None:
    """The service tier in the hub's words; a word that would come back as another one stays where it was."""
    if request.rest.get("service_tier") == "default":
        return None
    tier = request.text("service_tier")
    return "default" if tier == STANDARD_ONLY else tier


def _take_user(rest: dict[str, Any]) -> str | None:
    metadata = rest.get("metadata")
    if type(metadata) is not dict or type(metadata.get("user_id")) is not str:
        return None
    user = metadata.pop("user_id")
    if not metadata:
        del rest["metadata"]
    return str(user)
