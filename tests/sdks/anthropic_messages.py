"""Anthropic's SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anthropic
from anthropic.types import Message

from sdks.client import TOOLS, Answered, Called

FINISH = {"end_turn": "stop", "tool_use": "tools", "max_tokens": "length"}
OFFERED: list[Any] = [{"name": name, "input_schema": parameters} for name, parameters in TOOLS.items()]


class AnthropicClient:
    """Streams with the SDK's own accumulation."""

    limited = anthropic.RateLimitError
    missing = anthropic.NotFoundError
    broken = (anthropic.APIError,)

    def __init__(self, url: str) -> None:
        self._client = anthropic.Anthropic(base_url=url, api_key="any", max_retries=0)

    def close(self) -> None:
        self._client.close()

    def user(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        more: dict[str, Any] = {"model": model, "messages": messages, "max_tokens": 8000}
        if tools:
            more["tools"] = OFFERED
        if thinks:
            more["thinking"] = {"type": "enabled", "budget_tokens": 2000}
        if not stream:
            return _answered(self._client.messages.create(**more))
        with self._client.messages.stream(**more) as events:
            for _ in events:
                pass
            return _answered(events.get_final_message())

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return [{"role": "assistant", "content": answer.native.content}]
        blocks: list[Any] = [{"type": "text", "text": answer.text}] if answer.text else []
        blocks += [
            {"type": "tool_use", "id": each.id, "name": each.name, "input": each.arguments} for each in answer.calls
        ]
        return [{"role": "assistant", "content": blocks}]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        blocks = [
            {"type": "tool_result", "tool_use_id": call.id, "content": text}
            for call, text in zip(answer.calls, texts, strict=True)
        ]
        return [{"role": "user", "content": blocks}]

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, anthropic.APIStatusError)
        return error.response.headers.get("retry-after")


def _answered(message: Message) -> Answered:
    blocks = message.content
    calls = [Called(block.id, block.name, dict(block.input)) for block in blocks if block.type == "tool_use"]
    return Answered(
        "".join([block.text for block in blocks if block.type == "text"]),
        tuple(calls),
        FINISH[message.stop_reason or ""],
        "".join([block.thinking for block in blocks if block.type == "thinking"]),
        (message.usage.input_tokens, message.usage.output_tokens),
        message,
    )
