"""What an answer repeats of its request: OpenAI's responses hold the parameters that they were made with.

Must not: guess. What the client left out is the documented default where there is one that holds anywhere, else null.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import marks_of
from limen.dialects.rendering import Rendering
from limen.dialects.responses.request import INSTRUCTIONS, render_format, render_reasoning
from limen.dialects.responses.tools import render_choice, render_tools
from limen.dialects.responses.translation import original_of
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest

_REPEATED = ("max_tool_calls", "prompt_cache_key", "prompt_cache_retention", "safety_identifier")


def echo_request(request: ChatRequest | None, wire: str) -> dict[str, Any]:
    """The parameters of `request`, which a client of this wire sent; the defaults for any other."""
    built: dict[str, Any] = {
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": None,
        "truncation": "disabled",
        "user": None,
    }
    if request is None or original_of(request).dialect != wire:
        return built
    _repeat(original_of(request), built, Rendering(wire, wire, Losses()))
    return built


def _repeat(request: ChatRequest, built: dict[str, Any], same: Rendering) -> None:
    sampling, first = request.sampling, request.messages[0] if request.messages else None
    if first is not None and INSTRUCTIONS in marks_of(first.extra) and isinstance(first.blocks[0], Text):
        built["instructions"] = first.blocks[0].text
    said = {
        "max_output_tokens": request.max_tokens,
        "metadata": request.metadata,
        "parallel_tool_calls": request.parallel_tool_calls,
        "temperature": sampling.temperature,
        "tools": None if request.tools is None else _complete(render_tools(request.tools, same)),
        "top_logprobs": sampling.top_logprobs,
        "top_p": sampling.top_p,
        "user": request.user,
        **{key: request.extra.get(key) for key in _REPEATED},
    }
    built.update({key: value for key, value in said.items() if value is not None})
    if request.tool_choice is not None:
        built["tool_choice"] = render_choice(request.tool_choice, request.tools or (), same)
    if request.response_format is not None:
        built["text"] = {"format": render_format(request.response_format, same)}
    verbosity = request.extra.get("text")
    if isinstance(verbosity, dict):
        built["text"] = {**built["text"], **verbosity}
    if request.reasoning is not None:
        built["reasoning"] = {**built["reasoning"], **render_reasoning(request.reasoning, same)}


def _complete(tools: list[Any]) -> list[Any]:
    """Functions with the members that OpenAI's own types require."""
    wanted = {"parameters": None, "strict": True}
    return [{**wanted, **tool} if tool.get("type") == "function" else tool for tool in tools]
