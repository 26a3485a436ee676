"""How the demo provider calls tools, and what it says to their results.

Pure and deterministic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from limen.dialects.json_text import encode
from limen.errors import BadRequest
from limen.model.content import ToolCall, ToolResult
from limen.model.request import ChatRequest, Message, Tool
from limen.providers.demo_reply import Part, digest, quote, split_tokens, words
from limen.providers.demo_schema import Instance

MOST_CALLS = 128


INSTRUCTIONS = ("system", "developer")


def tool_calls(request: ChatRequest, prompt: str, choice: int) -> tuple[Part, ...]:
    """A call of each tool that `prompt` names or the request demands, for the answer number `choice`; often none."""
    wanted = _wanted_tools(request, prompt)
    if request.parallel_tool_calls is False:
        wanted = wanted[:1]
    seed = encode([request.messages, choice])
    parts = []
    for index, tool in enumerate(wanted):
        shell = ToolCall(f"call_{digest(seed + bytes([index]))}", tool.name, "", tool.kind)
        parts.append(Part(shell, split_tokens(_arguments(tool, prompt))))
    return tuple(parts)


def _wanted_tools(request: ChatRequest, prompt: str) -> list[Tool]:
    """The tools to call: those that must be, or those that the prompt names."""
    choice, tools = request.tool_choice, list(request.tools or ())
    if choice is not None and choice.mode == "none":
        return []
    if choice is not None and choice.names:
        _require_given(choice.names, tools)
        tools = [tool for tool in tools if tool.name in choice.names]
    named = [tool for tool in tools if _names(prompt, tool.name)]
    if named or choice is None or choice.mode == "auto":
        return named[:MOST_CALLS]
    return tools[:1]


def _require_given(names: Sequence[str], tools: Sequence[Tool]) -> None:
    """Refuse a choice of a tool that is not there, as real providers do: quietly calling none would hide the mistake."""
    given = [tool.name for tool in tools]
    missing = [name for name in names if name not in given]
    if missing:
        raise BadRequest(
            f"`tool_choice` names {missing[0]!r}, which is not among the tools {given}", param="tool_choice"
        )


def _names(prompt: str, tool: str) -> bool:
    spellings = {tool.lower(), tool.lower().replace("_", " ").replace("-", " ")}
    return any(re.search(rf"(?<!\w){re.escape(spelling)}(?!\w)", prompt.lower()) for spelling in spellings)


def _arguments(tool: Tool, prompt: str) -> str:
    if tool.kind != "function":
        return prompt
    value = Instance(tool.parameters).value() if isinstance(tool.parameters, dict) else {}
    return encode(value if isinstance(value, dict) else {}).decode()


def last_said(messages: Sequence[Message]) -> Message:
    """The last message that is not one of instructions, which some agents put behind what their user said."""
    return next((each for each in reversed(messages) if each.role not in INSTRUCTIONS), Message("user", ()))


def last_results(messages: Sequence[Message]) -> list[ToolResult]:
    """The tool results that nothing was said to yet."""
    results: list[ToolResult] = []
    for message in reversed(messages):
        if message.role in INSTRUCTIONS:
            continue
        found = [block for block in message.blocks if isinstance(block, ToolResult)]
        if not found:
            break
        results = found + results
    return results


def tool_answer(results: Sequence[ToolResult]) -> str:
    """What it says when its calls were answered."""
    said = [f"{result.name or 'The tool'} answered: {quote(words(result.content))}." for result in results]
    return f"{' '.join(said)} That is all I know."
