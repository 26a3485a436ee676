"""Amazon Bedrock's Converse in front of Claude, as strict as both.

Sources: AWS, API reference of Bedrock Runtime; its refusals as users quote them (camel #3954, langchain-aws #141, strands #1435).
"""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from zlib import crc32

from validating.anthropic_messages import AnthropicMessages
from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, known, pieces, require

BODY = {
    "messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields",
    "additionalModelResponseFieldPaths", "promptVariables", "requestMetadata", "performanceConfig", "outputConfig", "serviceTier",
}  # fmt: skip
KINDS = {
    "text",
    "image",
    "document",
    "video",
    "toolUse",
    "toolResult",
    "guardContent",
    "cachePoint",
    "reasoningContent",
}
IDENTIFIER = re.compile(r"[a-zA-Z0-9_-]{1,64}")
FINISH = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens"}
USAGE = {"inputTokens": INPUT_TOKENS, "outputTokens": OUTPUT_TOKENS, "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS}
ERRORS = {400: "ValidationException", 404: "ResourceNotFoundException", 429: "ThrottlingException"}
Blocks = list[dict[str, Any]]


class Bedrock:
    """`issued` are the signatures of Claude, each with the thought that it signs. InvokeModel takes Anthropic's own dialect."""

    content_type = "application/vnd.amazon.eventstream"

    def __init__(self, issued: dict[str, str]) -> None:
        self.model = Model("tooluse_")
        self.issued = issued
        self._claude = AnthropicMessages(issued, "toolu_bdrk_")

    def named(self, path: str, body: dict[str, Any]) -> str:
        return unquote(path.split("/")[1])

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return path.endswith(("/converse-stream", "/invoke-with-response-stream"))

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(headers.get("authorization") == "Bearer sk-test", "The security token is invalid.", 403)
        if path.endswith(("/invoke", "/invoke-with-response-stream")):
            require(body.pop("anthropic_version", "") == "bedrock-2023-05-31", "anthropic_version: Field required")
            require(not {"model", "stream"} & body.keys(), "model: Extra inputs are not permitted")
            return self._claude.check(body)
        require(path.endswith(("/converse", "/converse-stream")), "UnknownOperationException", 404)
        known(body, BODY, "Unexpected field type: {}")
        messages = body.get("messages")
        require(messages and messages[0]["role"] == "user", "A conversation must start with a user message.")
        for index, message in enumerate(messages):
            known(message, {"role", "content"}, "Unexpected field type: {}")
            after = index == 0 or messages[index - 1]["role"] != message["role"]
            require(after, "A conversation must alternate between user and assistant roles.")
            require(message["content"], f"The content field in the Message object at messages.{index} is empty.")
            for place, block in enumerate(message["content"]):
                self._check_block(block, message["role"], f"messages.{index}.content.{place}")
        used = any("toolUse" in block or "toolResult" in block for each in messages for block in each["content"])
        told = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        require("toolConfig" in body or not used, told)
        _check_pairs([message["content"] for message in messages])
        thinking = (body.get("additionalModelRequestFields") or {}).get("thinking") or {}
        thinks = thinking.get("type") in ("enabled", "adaptive")
        if thinks:
            most = (body.get("inferenceConfig") or {}).get("maxTokens", 4096)
            require(
                1024 <= thinking.get("budget_tokens", 1024) < most, "`max_tokens` must be greater than `budget_tokens`."
            )
            _check_thoughts(messages)
        return _question(messages, thinks=thinks)

    def _check_block(self, block: dict[str, Any], role: str, where: str) -> None:
        known(block, KINDS, f"Unexpected field type {{}} at {where}")
        require(len(block) == 1, f"ContentBlock object at {where} must set one and only one key.")
        kind = next(iter(block))
        if kind == "text":
            require(block["text"].strip(), f"The text field in the ContentBlock object at {where} is blank.")
        elif kind == "toolUse":
            require(role == "assistant", f"{where}: toolUse only in the assistant's turn")
            require(isinstance(block["toolUse"]["input"], dict), "Expected type JSON Object.")
            require(IDENTIFIER.fullmatch(block["toolUse"]["toolUseId"]), f"{where}.toolUseId must satisfy the pattern.")
        elif kind == "toolResult":
            result = block["toolResult"]
            require(IDENTIFIER.fullmatch(result["toolUseId"]), f"{where}.toolUseId must satisfy the pattern.")
            require(isinstance(result["content"], list), "Expected type List.")
            for part in result["content"]:
                require(len(part) == 1 and part.get("text", "x").strip(), f"The text field at {where} is blank.")
        elif kind == "reasoningContent" and "reasoningText" in block[kind]:
            told = block[kind]["reasoningText"]
            signed = self.issued.get(told.get("signature", ""))
            require(signed is not None, f"{where}: Invalid `signature` in `thinking` block")
            require(signed == told["text"], f"{where}: `thinking` blocks cannot be modified")

    def _blocks(self, said: Said) -> Blocks:
        blocks: Blocks = []
        if said.thought:
            signature = self.model.mint("BedrockSigned+") + "=="
            self.issued[signature] = said.thought
            blocks.append({"reasoningContent": {"reasoningText": {"text": said.thought, "signature": signature}}})
        if said.text:
            blocks.append({"text": said.text})
        for call in said.calls:
            blocks.append({"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}})
        return blocks

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        if "max_tokens" in body:
            return self._claude.whole(said, body)
        message = {"role": "assistant", "content": self._blocks(said)}
        ended = {"stopReason": FINISH[said.finish], "usage": USAGE, "metrics": {"latencyMs": 5}}
        return {"output": {"message": message}, **ended}

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        if "max_tokens" in body:
            told = [line.partition(b"data: ")[2].strip() for line in self._claude.stream(said, body)]
            return [_event("chunk", {"bytes": base64.b64encode(each).decode()}) for each in told]
        events = [_event("messageStart", {"role": "assistant"})]
        for index, block in enumerate(self._blocks(said)):
            start, deltas = _deltas(block)
            if start:
                events.append(_event("contentBlockStart", {"contentBlockIndex": index, "start": start}))
            events += [_event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas]
            events.append(_event("contentBlockStop", {"contentBlockIndex": index}))
        events.append(_event("messageStop", {"stopReason": FINISH[said.finish]}))
        return [*events, _event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 5}})]

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        kind = ERRORS.get(refused.status, "ServiceUnavailableException")
        return {"message": refused.message}, {"x_amzn_errortype": kind}


def _deltas(block: dict[str, Any]) -> tuple[dict[str, Any] | None, Blocks]:
    if "text" in block:
        return None, [{"text": piece} for piece in pieces(block["text"])]
    if "toolUse" in block:
        call = block["toolUse"]
        head = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
        return head, [{"toolUse": {"input": piece}} for piece in pieces(json.dumps(call["input"]))]
    thought = block["reasoningContent"]["reasoningText"]
    deltas: Blocks = [{"reasoningContent": {"text": piece}} for piece in pieces(thought["text"])]
    return None, [*deltas, {"reasoningContent": {"signature": thought["signature"]}}]


def _event(kind: str, value: Any) -> bytes:
    """One message of an AWS event stream. Source: AWS, "Event stream encoding"."""
    told = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(text)) + text.encode()
        for name, text in told.items()
    )
    payload = json.dumps(value).encode()
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return message + struct.pack(">I", crc32(message))


def _check_pairs(turns: list[Blocks]) -> None:
    before: list[str] = []
    for index, blocks in enumerate(turns):
        results = [block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block]
        missing = [name for name in before if name not in results]
        require(not missing, f"Expected toolResult blocks at messages.{index}.content for the following Ids: {missing}")
        where = f"at messages.{index}.content exceeds the number of toolUse blocks of previous turn."
        require(len(results) == len(before), f"The number of toolResult blocks {where}")
        before = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
    require(not before, f"Expected toolResult blocks at messages.{len(turns)}.content for the following Ids: {before}")


def _check_thoughts(messages: list[dict[str, Any]]) -> None:
    last: Blocks = next((each["content"] for each in reversed(messages) if each["role"] == "assistant"), [])
    if any("toolUse" in block for block in last):
        found = next(iter(last[0]))
        require(found == "reasoningContent", f"Expected `thinking` or `redacted_thinking`, but found `{found}`.")


def _question(messages: list[dict[str, Any]], *, thinks: bool) -> Question:
    asked = [
        index
        for index, message in enumerate(messages)
        if message["role"] == "user" and any("text" in block for block in message["content"])
    ]
    since = messages[asked[-1] :]
    rounds = sum(any("toolUse" in block for block in message["content"]) for message in since)
    results = [
        "".join([part.get("text", str(part.get("json", ""))) for part in block["toolResult"]["content"]])
        for block in messages[-1]["content"]
        if "toolResult" in block
    ]
    text = next(block["text"] for block in reversed(since[0]["content"]) if "text" in block)
    return Question(text, tuple(results), rounds, thinks)
