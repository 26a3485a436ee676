"""Cohere's chat, version 2, as strict as Cohere.

Sources: docs.cohere.com, "Chat API v2", "Tool use"; its streams as recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validating.openai_chat import text_of
from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, event, known, pieces, require

BODY = {
    "model", "messages", "tools", "tool_choice", "strict_tools", "documents", "citation_options", "response_format",
    "safety_mode", "max_tokens", "stop_sequences", "temperature", "seed", "frequency_penalty", "presence_penalty", "k",
    "p", "logprobs", "stream", "thinking", "priority",
}  # fmt: skip
MESSAGE = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "tool_plan", "citations"},
    "tool": {"role", "content", "tool_call_id"},
}
PARTS = {
    "system": {"text"},
    "user": {"text", "image_url"},
    "assistant": {"text", "thinking"},
    "tool": {"text", "document"},
}
FINISH = {"stop": "COMPLETE", "tools": "TOOL_CALL", "length": "MAX_TOKENS"}
TOKENS = {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS}
USAGE = {"billed_units": TOKENS, "tokens": TOKENS}


class CohereChat:
    """Shows thoughts and a plan, and signs neither."""

    content_type = "text/event-stream"

    def __init__(self) -> None:
        self.model = Model("get_weather_")

    def named(self, path: str, body: dict[str, Any]) -> str:
        return body["model"]

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream") is True

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(path == "v2/chat", "not found", 404)
        require(headers.get("authorization") == "Bearer sk-test", "invalid api token", 401)
        known(body, BODY, "unknown field: parameter '{}' is not a valid field")
        messages = body.get("messages")
        require(messages, "invalid request: messages must not be empty.")
        require(body.get("tool_choice") in (None, "REQUIRED", "NONE"), "invalid tool_choice")
        for index, message in enumerate(messages):
            _check_message(message, index)
        _check_pairs(messages)
        require(messages[-1]["role"] in ("user", "tool"), "invalid request: last message must be from user or tool.")
        last = max(index for index, message in enumerate(messages) if message["role"] == "user")
        since = messages[last + 1 :]
        called = [index for index, message in enumerate(since) if message.get("tool_calls")]
        results = [
            _result(message["content"]) for message in since[max(called, default=0) :] if message["role"] == "tool"
        ]
        thinks = (body.get("thinking") or {}).get("type") == "enabled"
        return Question(text_of(messages[last]["content"]), tuple(results), len(called), thinks)

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        content = [{"type": "thinking", "thinking": said.thought}] if said.thought else []
        message: dict[str, Any] = {"role": "assistant"}
        if said.calls:
            message["tool_plan"] = said.text
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
                for call in said.calls
            ]
        else:
            content.append({"type": "text", "text": said.text})
        if content:
            message["content"] = content
        return {"id": "c-1", "message": message, "finish_reason": FINISH[said.finish], "usage": USAGE}

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        events = [event({"id": "c-1", "type": "message-start", "delta": {"message": begun}}, "message-start")]
        index = 0
        for kind, text in (("thinking", said.thought), ("text", "" if said.calls else said.text)):
            if text:
                events += _content(index, kind, text)
                index += 1
        if said.calls:
            events += [_event("tool-plan-delta", message={"tool_plan": piece}) for piece in pieces(said.text)]
        for place, call in enumerate(said.calls):
            head = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
            events.append(_event("tool-call-start", place, message={"tool_calls": head}))
            for piece in pieces(call.text):
                function = {"function": {"arguments": piece}}
                events.append(_event("tool-call-delta", place, message={"tool_calls": function}))
            events.append(event({"type": "tool-call-end", "index": place}, "tool-call-end"))
        return [*events, _event("message-end", finish_reason=FINISH[said.finish], usage=USAGE)]

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        return {"id": "e-1", "message": refused.message}, {}


def _check_message(message: dict[str, Any], index: int) -> None:
    role = message.get("role")
    require(role in MESSAGE, f"invalid request: invalid role in message at index {index}")
    known(message, MESSAGE[role], f"unknown field: parameter 'messages[{index}].{{}}' is not a valid field")
    content = message.get("content")
    calls = message.get("tool_calls")
    require(content or calls, f"invalid request: message at index {index} must have non-empty content or tool calls.")
    for part in content if isinstance(content, list) else ():
        require(part["type"] in PARTS[role], f"invalid request: content type {part['type']} at index {index}")
    for call in calls or ():
        known(call, {"id", "type", "function"}, "unknown field: parameter '{}' is not a valid field")
        require(call.get("id") and call.get("type") == "function", "invalid request: tool call without id or type")
        require(isinstance(call["function"]["arguments"], str), "invalid type: arguments must be a string")


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            require(
                message.get("tool_call_id") in waiting,
                "invalid request: tool_call_id not found in previous tool calls.",
            )
            waiting.discard(message["tool_call_id"])
            continue
        require(not waiting, "invalid request: all tool calls must be followed by tool results.")
        waiting = {call["id"] for call in message.get("tool_calls") or ()}
    require(not waiting, "invalid request: all tool calls must be followed by tool results.")


def _result(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join([part["text"] if part["type"] == "text" else str(part["document"]["data"]) for part in content])


def _content(index: int, kind: str, text: str) -> list[bytes]:
    start = _event("content-start", index, message={"content": {"type": kind, kind: ""}})
    deltas = [_event("content-delta", index, message={"content": {kind: piece}}) for piece in pieces(text)]
    return [start, *deltas, event({"type": "content-end", "index": index}, "content-end")]


def _event(kind: str, index: int | None = None, **delta: Any) -> bytes:
    place = {} if index is None else {"index": index}
    return event({"type": kind, **place, "delta": delta}, kind)
