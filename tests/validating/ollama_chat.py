"""Ollama's own chat, as strict as its Go types. In OpenAI's dialect it is an `OpenAIChat` that shows thoughts as `reasoning`.

Sources: docs.ollama.com/api/chat; ollama's `api/types.go`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, pieces, require

ROLES = {"system", "user", "assistant", "tool"}
DONE = {
    "done": True,
    "total_duration": 5_000_000,
    "load_duration": 1_000_000,
    "prompt_eval_count": INPUT_TOKENS,
    "prompt_eval_duration": 1_000_000,
    "eval_count": OUTPUT_TOKENS,
    "eval_duration": 2_000_000,
}
REASONS = {"stop": "stop", "tools": "stop", "length": "length"}


class OllamaChat:
    """Streams unless it is told not to."""

    content_type = "application/x-ndjson"

    def __init__(self) -> None:
        self.model = Model("call_n")

    def named(self, path: str, body: dict[str, Any]) -> str:
        return body["model"]

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream", True) is True

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(path == "api/chat", "404 page not found", 404)
        messages = body.get("messages") or []
        for message in messages:
            _check_message(message)
        last = max(index for index, message in enumerate(messages) if message["role"] == "user")
        since = messages[last + 1 :]
        called = [index for index, message in enumerate(since) if message.get("tool_calls")]
        results = [message["content"] for message in since[max(called, default=0) :] if message["role"] == "tool"]
        return Question(messages[last]["content"], tuple(results), len(called), bool(body.get("think")))

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": said.text}
        if said.thought:
            message["thinking"] = said.thought
        if said.calls:
            message["tool_calls"] = _calls(said)
        return {**_frame(body), "message": message, **DONE, "done_reason": REASONS[said.finish]}

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        messages: list[dict[str, Any]] = [{"content": "", "thinking": piece} for piece in pieces(said.thought)]
        messages += [{"content": piece} for piece in pieces(said.text)]
        messages += [{"content": "", "tool_calls": [call]} for call in _calls(said)]
        lines = [{**_frame(body), "message": {"role": "assistant", **each}, "done": False} for each in messages]
        end = {"message": {"role": "assistant", "content": ""}, **DONE, "done_reason": REASONS[said.finish]}
        return [json.dumps(line).encode() + b"\n" for line in [*lines, {**_frame(body), **end}]]

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        return {"error": refused.message}, {}


def _check_message(message: dict[str, Any]) -> None:
    require(message.get("role") in ROLES, f"invalid role: {message.get('role')}")
    require(
        isinstance(message.get("content", ""), str), "json: cannot unmarshal array into Go struct field of type string"
    )
    for call in message.get("tool_calls") or ():
        require(
            isinstance(call["function"]["arguments"], dict),
            "json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments",
        )


def _calls(said: Said) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "function": {"index": index, "name": call.name, "arguments": call.arguments}}
        for index, call in enumerate(said.calls)
    ]


def _frame(body: dict[str, Any]) -> dict[str, Any]:
    return {"model": body["model"], "created_at": "2026-11-01T12:00:00.5Z"}
