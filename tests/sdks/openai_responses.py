"""OpenAI's SDK, Responses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import openai
from openai.types.responses import Response

from sdks.client import TOOLS, Answered, Called

OFFERED: list[Any] = [
    {"type": "function", "name": name, "parameters": parameters, "strict": False} for name, parameters in TOOLS.items()
]


class ResponsesClient:
    """Nothing is stored; reasoning comes back encrypted, as OpenAI's documentation shows for that."""

    limited = openai.RateLimitError
    missing = openai.NotFoundError
    broken = (openai.APIError, EOFError)

    def __init__(self, url: str) -> None:
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)

    def close(self) -> None:
        self._client.close()

    def user(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        more: dict[str, Any] = {"model": model, "input": messages, "store": False}
        if tools:
            more["tools"] = OFFERED
        if thinks:
            more |= {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
        if not stream:
            return _answered(self._client.responses.create(**more))
        end = None
        for event in self._client.responses.create(**more, stream=True):
            if event.type in ("response.completed", "response.incomplete"):
                end = event.response
            elif event.type in ("response.failed", "error"):
                raise EOFError(repr(event))
        if end is None:
            raise EOFError("the stream has no end")
        return _answered(end)

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return list(answer.native.output)
        items: list[Any] = [{"role": "assistant", "content": answer.text}] if answer.text else []
        return items + [
            {"type": "function_call", "call_id": each.id, "name": each.name, "arguments": json.dumps(each.arguments)}
            for each in answer.calls
        ]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        return [
            {"type": "function_call_output", "call_id": call.id, "output": text}
            for call, text in zip(answer.calls, texts, strict=True)
        ]

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, openai.APIStatusError)
        return error.response.headers.get("retry-after")


def _answered(found: Response) -> Answered:
    calls = [
        Called(item.call_id, item.name, json.loads(item.arguments))
        for item in found.output
        if item.type == "function_call"
    ]
    thought = "".join(
        [part.text for item in found.output if item.type == "reasoning" for part in item.summary or item.content or ()]
    )
    finish = "length" if found.status == "incomplete" else "tools" if calls else "stop"
    used = (found.usage.input_tokens, found.usage.output_tokens) if found.usage else (0, 0)
    return Answered(found.output_text, tuple(calls), finish, thought, used, found)
