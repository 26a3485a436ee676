"""The request of Ollama's chat, to and from the hub.

A body without `messages` is legal: it loads the model. Source: docs.ollama.com/api/chat.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.choice_rest import name_choice_rest
from limen.dialects.extra import extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members
from limen.dialects.ollama.messages import parse_messages, render_messages
from limen.dialects.ollama.options import render_options, take_options
from limen.dialects.ollama.tool_calls import conversation_texts
from limen.dialects.openai.chat_request import put_known, read_object, take_model
from limen.dialects.openai.tools import render_tools, take_tools
from limen.dialects.rendering import Rendering
from limen.model.request import ChatRequest, Tool

LOST = {
    "user": "Ollama does not ask who the user is",
    "metadata": "Ollama keeps nothing beside a request",
    "service_tier": "Ollama has one tier",
    "modalities": "Ollama answers in text",
}
"""Fields of the hub's request that Ollama has no place for."""


def parse_chat_request(body: bytes, wire: str) -> ChatRequest:
    """The hub's request. Its `model` is empty where the body has none."""
    request = Members(read_object(body))
    values = request.array("messages")
    texts = conversation_texts(body) if b'"tool_calls"' in body else []
    marks = ("-messages",) if values is None else ()
    tools = take_tools(request, wire) if request.rest.get("tools") is not None else None
    return ChatRequest(
        model=take_model(request),
        messages=parse_messages(values or [], texts),
        dialect=wire,
        tools=tools,
        stream=request.flag("stream"),
        **take_options(request),
        extra=extra_of(request.rest, *marks),
    )


def render_chat_request(request: ChatRequest, rendering: Rendering) -> bytes:
    """The body to send. What the hub has and Ollama has not is noted in the losses."""
    built: dict[str, Any] = {"model": request.model} if request.model else {}
    built["messages"] = render_messages(request.messages, rendering)
    render_offer(request, built, rendering)
    render_options(request, built, rendering)
    finish_request(request, built, rendering)
    return encode(rendering.keep(built, request.extra, ""))


def finish_request(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """Put whether to stream into `built`, which Ollama does unless it is told not to; name what it has no place for."""
    put_known(built, stream=request.stream if rendering.same else bool(request.stream))
    if request.n is not None and request.n != 1:
        rendering.lose("n", "Ollama gives one answer")
    for name, why in LOST.items():
        if getattr(request, name) is not None:
            rendering.lose(name, why)


def render_offer(request: ChatRequest, built: dict[str, Any], rendering: Rendering) -> None:
    """Put the tools into `built`. Ollama leaves the choice to the model: none of them is said by offering none."""
    tools, choice = request.tools, request.tool_choice
    if request.parallel_tool_calls is False:
        rendering.lose("parallel_tool_calls", "Ollama can't ask for one call at a time")
    if choice is not None and (choice.mode != "auto" or choice.names):
        rendering.lose("tool_choice", "Ollama leaves the choice to the model")
    else:
        name_choice_rest(choice, rendering)
    if tools is None:
        return
    if choice is not None and choice.mode == "none" and not rendering.same:
        rendering.lose("tools", "left out, since the choice is to call none")
        return
    if not rendering.same:
        tools = tuple([_lax(tool, f"tools[{index}]", rendering) for index, tool in enumerate(tools)])
    render_tools(tools, built, rendering)


def _lax(tool: Tool, where: str, rendering: Rendering) -> Tool:
    """`tool` without what Ollama does not keep to."""
    if tool.strict is None:
        return tool
    rendering.lose(f"{where}.strict", "Ollama does not hold arguments to a schema")
    return msgspec.structs.replace(tool, strict=None)
