"""AWS' SDK: botocore, of which boto3 makes its clients."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sdks.client import TOOLS, Answered, Called

FINISH = {"end_turn": "stop", "tool_use": "tools", "max_tokens": "length"}
OFFERED = {
    "tools": [{"toolSpec": {"name": name, "inputSchema": {"json": parameters}}} for name, parameters in TOOLS.items()]
}


class BedrockClient:
    """Streams are put together here, as AWS' examples do; the SDK does not do it."""

    limited = ClientError
    missing = ClientError
    broken = (ClientError, BotoCoreError, EOFError)

    def __init__(self, url: str) -> None:
        self._client: Any = botocore.session.Session().create_client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def close(self) -> None:
        self._client.close()

    def user(self, text: str) -> Any:
        return {"role": "user", "content": [{"text": text}]}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        more: dict[str, Any] = {"modelId": model, "messages": messages, "inferenceConfig": {"maxTokens": 8000}}
        if tools:
            more["toolConfig"] = OFFERED
        if thinks:
            more["additionalModelRequestFields"] = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
        if stream:
            with contextlib.closing(self._client.converse_stream(**more)["stream"]) as events:
                return _collected(events)
        found = self._client.converse(**more)
        return _answered(found["output"]["message"], found["stopReason"], found["usage"])

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        if not rebuilt:
            return [answer.native]
        blocks: list[Any] = [{"text": answer.text}] if answer.text else []
        blocks += [
            {"toolUse": {"toolUseId": each.id, "name": each.name, "input": each.arguments}} for each in answer.calls
        ]
        return [{"role": "assistant", "content": blocks}]

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        blocks = [
            {"toolResult": {"toolUseId": call.id, "content": [{"text": text}]}}
            for call, text in zip(answer.calls, texts, strict=True)
        ]
        return [{"role": "user", "content": blocks}]

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, ClientError)
        headers: dict[str, str] = error.response["ResponseMetadata"]["HTTPHeaders"]
        return headers.get("retry-after")


def _answered(message: Any, finish: str, usage: Any) -> Answered:
    content = message["content"]
    calls = [block["toolUse"] for block in content if "toolUse" in block]
    thoughts = [block["reasoningContent"].get("reasoningText", {}) for block in content if "reasoningContent" in block]
    return Answered(
        "".join([block["text"] for block in content if "text" in block]),
        tuple([Called(call["toolUseId"], call["name"], call["input"]) for call in calls]),
        FINISH[finish],
        "".join([thought.get("text", "") for thought in thoughts]),
        (usage["inputTokens"], usage["outputTokens"]),
        message,
    )


def _collected(events: Any) -> Answered:
    blocks: dict[int, dict[str, Any]] = {}
    finish, usage = None, None
    for event in events:
        [(kind, told)] = event.items()
        if kind == "contentBlockStart":
            blocks[told["contentBlockIndex"]] = {"toolUse": {**told["start"]["toolUse"], "input": ""}}
        elif kind == "contentBlockDelta":
            _add(blocks.setdefault(told["contentBlockIndex"], {}), told["delta"])
        elif kind == "messageStop":
            finish = told["stopReason"]
        elif kind == "metadata":
            usage = told["usage"]
    if finish is None:
        raise EOFError("the stream has no end")
    content = [block for _, block in sorted(blocks.items())]
    for block in content:
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return _answered({"role": "assistant", "content": content}, finish, usage)


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    elif "redactedContent" in delta["reasoningContent"]:
        block["reasoningContent"] = delta["reasoningContent"]
    else:
        thought = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
        for key, value in delta["reasoningContent"].items():
            thought[key] = thought.get(key, "") + value
