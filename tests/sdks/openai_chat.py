"""OpenAI's SDK, Chat Completions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import openai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion

from sdks.client import TOOLS, Answered, Called

FINISH = {"stop": "stop", "tool_calls": "tools", "length": "length"}
OFFERED: list[Any] = [{"type": "function", "function": {"name": n, "parameters": p}} for n, p in TOOLS.items()]


class OpenAIChatClient:
    """Usage in streams is asked for; an answer that is streamed is put together by the SDK."""

    limited = openai.RateLimitError
    missing = openai.NotFoundError
    broken = (openai.APIError,)

    def __init__(self, url: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)

    def close(self) -> None:
        self._client.close()

    def user(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        more: dict[str, Any] = {}
        if tools:
            more["tools"] = OFFERED
        if thinks:
            more["reasoning_effort"] = "low"
        if stream:
            more |= {"stream": True, "stream_options": {"include_usage": True}}
        found: Any = self._client.chat.completions.create(model=model, messages=messages, **more)
        return _answered(_collected(found) if stream else found)

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return [answer.native]
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
        if answer.calls:
            message["tool_calls"] = [
                {
                    "id": each.id,
                    "type": "function",
                    "function": {"name": each.name, "arguments": json.dumps(each.arguments)},
                }
                for each in answer.calls
            ]
        return [message]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        return [
            {"role": "tool", "tool_call_id": call.id, "content": text}
            for call, text in zip(answer.calls, texts, strict=True)
        ]

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, openai.APIStatusError)
        return error.response.headers.get("retry-after")


def _collected(chunks: Any) -> ChatCompletion:
    state = ChatCompletionStreamState()
    for chunk in chunks:
        state.handle_chunk(chunk)
    return state.current_completion_snapshot  # The final one would not be given for an answer that met its bound.


def _answered(found: ChatCompletion) -> Answered:
    choice = found.choices[0]
    calls = [
        Called(call.id, call.function.name, json.loads(call.function.arguments))
        for call in choice.message.tool_calls or ()
    ]
    thought = getattr(choice.message, "reasoning_content", None) or getattr(choice.message, "reasoning", None) or ""
    used = (found.usage.prompt_tokens, found.usage.completion_tokens) if found.usage else (0, 0)
    text = choice.message.content or ""
    return Answered(text, tuple(calls), FINISH[choice.finish_reason], thought, used, choice.message)
