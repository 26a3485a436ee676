"""Google's SDK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from google import genai
from google.genai import errors, types

from sdks.client import TOOLS, Answered, Called

FINISH = {"STOP": "stop", "MAX_TOKENS": "length"}
OFFERED = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(name=name, parameters_json_schema=parameters) for name, parameters in TOOLS.items()
    ]
)


class GeminiClient:
    """Streams are put together part by part, as the SDK's own chats do."""

    limited = errors.ClientError
    missing = errors.ClientError
    broken = (errors.APIError, httpx.TransportError, EOFError)

    def __init__(self, url: str) -> None:
        options = types.HttpOptions(base_url=url, retry_options=types.HttpRetryOptions(attempts=1))
        self._client = genai.Client(api_key="any", http_options=options)

    def close(self) -> None:
        self._client.close()

    def user(self, text: str) -> Any:
        return types.Content(role="user", parts=[types.Part(text=text)])

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        config = types.GenerateContentConfig(
            tools=[OFFERED] if tools else None,
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=2000) if thinks else None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        more: Any = {"model": model, "contents": messages, "config": config}
        if not stream:
            return _answered([self._client.models.generate_content(**more)])
        return _answered(list(self._client.models.generate_content_stream(**more)))

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return [answer.native]
        parts = [types.Part(text=answer.text)] if answer.text else []
        parts += [
            types.Part(
                function_call=types.FunctionCall(id=call.id or None, name=call.name, args=call.arguments),
                thought_signature=signature,
            )
            for call, signature in zip(answer.calls, _signatures(answer), strict=True)
        ]
        return [types.Content(role="model", parts=parts)]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        parts = [
            types.Part(
                function_response=types.FunctionResponse(id=call.id or None, name=call.name, response={"result": text})
            )
            for call, text in zip(answer.calls, texts, strict=True)
        ]
        return [types.Content(role="user", parts=parts)]

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, errors.APIError)
        return error.response.headers.get("retry-after")


def _signatures(answer: Answered) -> list[bytes | None]:
    """Google's documentation demands that signatures come back, whoever builds the parts."""
    return [part.thought_signature for part in answer.native.parts if part.function_call]


def _answered(found: list[types.GenerateContentResponse]) -> Answered:
    parts = [part for each in found for part in (each.candidates[0].content and each.candidates[0].content.parts) or ()]
    ends = [each.candidates[0].finish_reason for each in found if each.candidates[0].finish_reason]
    if not ends:
        raise EOFError("the stream has no end")
    calls = [
        Called(part.function_call.id or "", part.function_call.name, dict(part.function_call.args or {}))
        for part in parts
        if part.function_call
    ]
    text = "".join([part.text for part in parts if part.text and not part.thought])
    thought = "".join([part.text for part in parts if part.text and part.thought])
    usage = found[-1].usage_metadata
    used = (usage.prompt_token_count, (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0))
    native = types.Content(role="model", parts=parts)
    return Answered(text, tuple(calls), "tools" if calls else FINISH[ends[-1].value], thought, used, native)
