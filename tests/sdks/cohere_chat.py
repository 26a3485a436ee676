"""Cohere's SDK, version 2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import cohere
import httpx
from cohere.core import ApiError

from sdks.client import TOOLS, Answered, Called

FINISH = {"COMPLETE": "stop", "TOOL_CALL": "tools", "MAX_TOKENS": "length"}
OFFERED: list[Any] = [{"type": "function", "function": {"name": n, "parameters": p}} for n, p in TOOLS.items()]
ONCE: Any = {"max_retries": 0}


class CohereClient:
    """Streams are put together here, as Cohere's documentation shows; the SDK does not do it."""

    limited = cohere.TooManyRequestsError
    missing = cohere.NotFoundError
    broken = (ApiError, httpx.TransportError, EOFError)

    def __init__(self, url: str) -> None:
        self._client = cohere.ClientV2(api_key="any", base_url=url, timeout=20)

    def close(self) -> None:
        self._client._client_wrapper.httpx_client.httpx_client.close()

    def user(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        more: dict[str, Any] = {"model": model, "messages": messages, "request_options": ONCE}
        if tools:
            more["tools"] = OFFERED
        if thinks:
            more["thinking"] = {"type": "enabled"}
        if not stream:
            found = self._client.chat(**more)
            return _answered(found.message, found.finish_reason, found.usage)
        return _collected(self._client.chat_stream(**more))

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return [answer.native]
        message: dict[str, Any] = {"role": "assistant"}
        if answer.calls:
            message["tool_calls"] = [
                {
                    "id": each.id,
                    "type": "function",
                    "function": {"name": each.name, "arguments": json.dumps(each.arguments)},
                }
                for each in answer.calls
            ]
            message["tool_plan"] = answer.text
        else:
            message["content"] = answer.text
        return [message]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        return [
            {"role": "tool", "tool_call_id": call.id, "content": [{"type": "document", "document": {"data": text}}]}
            for call, text in zip(answer.calls, texts, strict=True)
        ]

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, ApiError)
        return (error.headers or {}).get("retry-after")


def _answered(message: Any, finish: str, usage: Any) -> Answered:
    content = message.content or ()
    text = "".join([part.text for part in content if part.type == "text"]) or message.tool_plan or ""
    thought = "".join([part.thinking for part in content if part.type == "thinking"])
    calls = [
        Called(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()
    ]
    used = (int(usage.tokens.input_tokens), int(usage.tokens.output_tokens))
    return Answered(text, tuple(calls), FINISH[finish], thought, used, message)


def _collected(events: Any) -> Answered:
    parts: dict[int, dict[str, Any]] = {}
    calls: dict[int, dict[str, Any]] = {}
    plan, end = "", None
    for event in events:
        if event.type == "content-start":
            parts[event.index] = {"type": event.delta.message.content.type, "told": ""}
        elif event.type == "content-delta":
            content = event.delta.message.content
            parts[event.index]["told"] += content.text or content.thinking or ""
        elif event.type == "tool-plan-delta":
            plan += event.delta.message.tool_plan
        elif event.type == "tool-call-start":
            calls[event.index] = event.delta.message.tool_calls.model_dump(exclude_none=True)
        elif event.type == "tool-call-delta":
            calls[event.index]["function"]["arguments"] += event.delta.message.tool_calls.function.arguments
        elif event.type == "message-end":
            end = event.delta
    if end is None or end.finish_reason == "ERROR":
        raise EOFError("the stream has no good end")
    content = [
        {"type": part["type"], "text" if part["type"] == "text" else "thinking": part["told"]}
        for part in parts.values()
    ]
    message: dict[str, Any] = {"role": "assistant"}
    message |= {"content": content} if content else {}
    message |= {"tool_plan": plan} if plan else {}
    message |= {"tool_calls": list(calls.values())} if calls else {}
    found = cohere.AssistantMessageResponse.model_validate(message)
    return _answered(found, end.finish_reason, end.usage)
