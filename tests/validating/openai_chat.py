"""OpenAI's Chat Completions, as strict as OpenAI.

Sources: the API reference; refusals quoted in openai-python issues and elsewhere ("must be followed by tool messages", "string
too long", "Unrecognized request argument").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, event, known, pieces, require

MOST_ID = 64
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
BODY = {
    "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "max_tokens",
    "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed", "user", "metadata", "response_format",
    "reasoning_effort", "service_tier", "store", "logprobs", "top_logprobs", "logit_bias", "presence_penalty",
    "frequency_penalty", "modalities", "audio", "prediction", "verbosity", "web_search_options", "safety_identifier",
    "prompt_cache_key", "functions", "function_call",
}  # fmt: skip
MESSAGE = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "audio", "tool_calls", "function_call", "annotations"},
    "tool": {"role", "content", "tool_call_id", "name"},
}
SHOWN = {"reasoning", "reasoning_content"}
"""Members that servers which show thoughts take, or pass over."""
PARTS = {"assistant": {"text", "refusal"}, "user": {"text", "image_url", "input_audio", "file"}}
USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}
FINISH = {"stop": "stop", "tools": "tool_calls", "length": "length"}


class OpenAIChat:
    """`thoughts` is the key of a message that holds thoughts, for servers that show them, asked for or not.

    OpenAI itself refuses such a key. `required`: calls must come back with thoughts, as DeepSeek demands.
    """

    content_type = "text/event-stream"

    def __init__(self, prefix: str = "call_", *, thoughts: str | None = None, required: bool = False) -> None:
        self.model = Model(prefix)
        self.thoughts = thoughts
        self.required = required

    def named(self, path: str, body: dict[str, Any]) -> str:
        return body["model"]

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream") is True

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(path.endswith("chat/completions"), f"Invalid URL (POST /{path})", 404)
        require(self.thoughts or headers.get("authorization") == "Bearer sk-test", "Incorrect API key provided.", 401)
        known(body, BODY, "Unrecognized request argument supplied: {}")
        require(body.get("stream") or "stream_options" not in body, "'stream_options' is only allowed when streaming.")
        messages = body.get("messages")
        require(messages and isinstance(messages, list), "Invalid 'messages': empty array.")
        for tool in body.get("tools") or ():
            require(NAME.fullmatch(tool["function"]["name"]), "Invalid 'tools[0].function.name': pattern.")
        for index, message in enumerate(messages):
            self._check_message(message, f"messages[{index}]")
        _check_pairs(messages)
        return _question(messages, thinks=bool(self.thoughts and body.get("reasoning_effort") != "none"))

    def _check_message(self, message: dict[str, Any], where: str) -> None:
        role = message.get("role")
        require(role in MESSAGE, f"Invalid value: '{role}'.")
        keys = MESSAGE[role] | (SHOWN if self.thoughts and role == "assistant" else set())
        known(message, keys, f"Additional properties are not allowed ('{{}}' was unexpected) - '{where}'")
        content = message.get("content")
        calls = message.get("tool_calls")
        require(calls is None or calls, f"Invalid '{where}.tool_calls': empty array.")
        empty = content is None and role == "assistant" and bool(calls or message.get("refusal"))
        require(isinstance(content, str) or content or empty, f"Invalid type for '{where}.content'.")
        for part in content if isinstance(content, list) else ():
            require(part["type"] in PARTS.get(role, {"text"}), f"Invalid value: '{part['type']}' at {where}.")
        for call in calls or ():
            require(call.get("id"), f"Missing required parameter: '{where}.tool_calls[0].id'.")
            _check_length(call["id"], f"{where}.tool_calls[0].id")
            require(call.get("type") == "function", f"Missing required parameter: '{where}.tool_calls[0].type'.")
            require(isinstance(call["function"]["arguments"], str), f"Invalid type for '{where}': expected a string.")
        if self.required and calls:
            told = f"The `{self.thoughts}` in the thinking mode must be passed back to the API."
            require(self.thoughts in message, told)
        if role == "tool":
            require(message.get("tool_call_id"), f"Missing required parameter: '{where}.tool_call_id'.")
            _check_length(message["tool_call_id"], f"{where}.tool_call_id")

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": said.text or None,
            "refusal": None,
            "annotations": [],
        }
        if said.thought and self.thoughts:
            message[self.thoughts] = said.thought
        if said.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
                for call in said.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[said.finish]}
        return {**_frame(body), "object": "chat.completion", "choices": [choice], "usage": USAGE}

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None if said.calls else "", "refusal": None}]
        deltas += [{self.thoughts: piece} for piece in pieces(said.thought) if self.thoughts]
        deltas += [{"content": piece} for piece in pieces(said.text)]
        for index, call in enumerate(said.calls):
            head = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
            deltas.append({"tool_calls": [{"index": index, **head}]})
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in pieces(call.text)
            ]
        frame = {**_frame(body), "object": "chat.completion.chunk"}
        chunks = [{**frame, "choices": [_choice(delta, None)]} for delta in deltas]
        chunks.append({**frame, "choices": [_choice({}, FINISH[said.finish])]})
        if (body.get("stream_options") or {}).get("include_usage"):
            chunks.append({**frame, "choices": [], "usage": USAGE})
        return [*map(event, chunks), b"data: [DONE]\n\n"]

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        kind = "requests" if refused.status == 429 else "invalid_request_error"
        code = "rate_limit_exceeded" if refused.status == 429 else refused.code
        return {"error": {"message": refused.message, "type": kind, "param": None, "code": code}}, {}


def _check_length(name: str, where: str) -> None:
    most = f"Expected a string with maximum length {MOST_ID}, but got a string with length {len(name)} instead."
    require(len(name) <= MOST_ID, f"Invalid '{where}': string too long. {most}", code="string_above_max_length")


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    """Calls are followed by their results, results follow their calls."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            name = message["tool_call_id"]
            require(
                name in waiting,
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            )
            waiting.discard(name)
            continue
        _all_answered(waiting)
        waiting = {call["id"] for call in message.get("tool_calls") or ()}
    _all_answered(waiting)


def _all_answered(waiting: set[str]) -> None:
    require(
        not waiting,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}",
    )


def _question(messages: list[dict[str, Any]], *, thinks: bool) -> Question:
    last = max(index for index, message in enumerate(messages) if message["role"] == "user")
    since = messages[last + 1 :]
    rounds = sum(bool(message.get("tool_calls")) for message in since)
    called = max([index for index, message in enumerate(since) if message.get("tool_calls")], default=0)
    results = tuple([text_of(message["content"]) for message in since[called:] if message["role"] == "tool"])
    return Question(text_of(messages[last]["content"]), results, rounds, thinks)


def text_of(content: Any) -> str:
    """The text of a message."""
    return content if isinstance(content, str) else "".join([part.get("text", "") for part in content])


def _choice(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _frame(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "created": 1700000000, "model": body["model"], "system_fingerprint": "fp_1"}
