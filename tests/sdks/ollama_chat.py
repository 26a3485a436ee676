"""Ollama's SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import ollama

from sdks.client import TOOLS, Answered, Called

OFFERED: list[Any] = [{"type": "function", "function": {"name": n, "parameters": p}} for n, p in TOOLS.items()]


class OllamaClient:
    """Its calls have no ids: results follow them in order, with the tool's name."""

    limited = ollama.ResponseError
    missing = ollama.ResponseError
    broken = (ollama.ResponseError, httpx.TransportError, EOFError)

    def __init__(self, url: str) -> None:
        self._client = ollama.Client(host=url)

    def close(self) -> None:
        self._client.close()

    def user(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        offered = OFFERED if tools else None
        found: Any = self._client.chat(model, messages, tools=offered, think=thinks or None, stream=stream)
        return _collected(found) if stream else _answered(found.message, found)

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return [answer.native]
        calls = [{"function": {"name": each.name, "arguments": each.arguments}} for each in answer.calls]
        return [{"role": "assistant", "content": answer.text, "tool_calls": calls}]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        return [
            {"role": "tool", "tool_name": call.name, "content": text}
            for call, text in zip(answer.calls, texts, strict=True)
        ]

    def retry_after(self, error: Exception) -> str | None:
        """The SDK keeps no headers, only the status."""
        assert isinstance(error, ollama.ResponseError)
        return "3" if error.status_code == 429 else None


def _answered(message: Any, last: Any) -> Answered:
    calls = [Called("", call.function.name, dict(call.function.arguments)) for call in message.tool_calls or ()]
    finish = "tools" if calls else last.done_reason
    used = (last.prompt_eval_count or 0, last.eval_count or 0)
    return Answered(message.content or "", tuple(calls), finish, message.thinking or "", used, message)


def _collected(pieces: Any) -> Answered:
    text, thought, calls, last = "", "", [], None
    for piece in pieces:
        text += piece.message.content or ""
        thought += piece.message.thinking or ""
        calls += piece.message.tool_calls or ()
        last = piece
    if last is None or not last.done:
        raise EOFError("the stream has no end")
    message = ollama.Message(role="assistant", content=text, thinking=thought or None, tool_calls=calls or None)
    return _answered(message, last)
