"""Anthropic's Messages, as strict as Anthropic: only thoughts that it signed itself come back, unchanged and in their place.

Sources: platform.claude.com, "Extended thinking", "Tool use"; the refusals quoted in anthropic-sdk-python #1598 and claude-code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, event, known, pieces, require

BODY = {
    "model", "messages", "max_tokens", "system", "tools", "tool_choice", "stream", "temperature", "top_p", "top_k",
    "stop_sequences", "metadata", "thinking", "output_config", "service_tier", "cache_control",
}  # fmt: skip
BLOCKS = {
    "text": {"type", "text", "citations", "cache_control"},
    "image": {"type", "source", "cache_control"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
    "tool_use": {"type", "id", "name", "input", "cache_control", "caller"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
}
THOUGHTS = ("thinking", "redacted_thinking")
IDENTIFIER = re.compile(r"[a-zA-Z0-9_-]+")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
FINISH = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens"}
KINDS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
USAGE = {"input_tokens": INPUT_TOKENS, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
UNSIGNED = (
    "Expected `thinking` or `redacted_thinking`, but found `{}`. When `thinking` is enabled, a final `assistant` message "
    "must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
)


class AnthropicMessages:
    """`issued` are the signatures of Claude, each with the thought that it signs; they are good on every platform."""

    content_type = "text/event-stream"

    def __init__(self, issued: dict[str, str], prefix: str = "toolu_") -> None:
        self.model = Model(prefix)
        self.issued = issued

    def named(self, path: str, body: dict[str, Any]) -> str:
        return body["model"]

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream") is True

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(path == "v1/messages", "Not found", 404)
        require(headers.get("x-api-key") == "sk-test", "invalid x-api-key", 401)
        require(headers.get("anthropic-version"), "anthropic-version: header is required")
        return self.check(body)

    def check(self, body: dict[str, Any]) -> Question:
        """Check the body alone."""
        known(body, BODY, "{}: Extra inputs are not permitted")
        require(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
        thinking = (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")
        _check_parameters(body, thinking=thinking)
        require(body.get("messages"), "messages: at least one message is required")
        turns = self._turns(body["messages"])
        require(turns[0][0] == "user", 'messages: first message must use the "user" role')
        _check_pairs(turns)
        if thinking:
            _check_thoughts(turns)
        return _question(turns, thinks=thinking)

    def _turns(self, messages: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
        """The turns: as Anthropic says, consecutive ones of the same role are taken as one."""
        turns: list[tuple[str, list[dict[str, Any]]]] = []
        for index, message in enumerate(messages):
            known(message, {"role", "content"}, f"messages.{index}.{{}}: Extra inputs are not permitted")
            role, content = message["role"], message["content"]
            require(role in ("user", "assistant"), f"messages.{index}.role: Input should be 'user' or 'assistant'")
            require(content, f"messages.{index}: all messages must have non-empty content")
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            for place, block in enumerate(blocks):
                self._check_block(block, role, f"messages.{index}.content.{place}")
            if turns and turns[-1][0] == role:
                turns[-1][1].extend(blocks)
            else:
                turns.append((role, list(blocks)))
        return turns

    def _check_block(self, block: dict[str, Any], role: str, where: str) -> None:
        kind = block.get("type")
        require(
            kind in BLOCKS, f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
        )
        known(block, BLOCKS[kind], f"{where}.{kind}.{{}}: Extra inputs are not permitted")
        if kind == "text":
            require(block["text"].strip(), f"{where}: text content blocks must contain non-whitespace text")
        elif kind == "thinking":
            require(role == "assistant", f"{where}: `thinking` blocks may only be in `assistant` messages")
            require("signature" in block, f"{where}.thinking.signature: Field required")
            signed = self.issued.get(block["signature"])
            require(signed is not None, f"{where}: Invalid `signature` in `thinking` block")
            require(signed == block["thinking"], f"{where}: `thinking` blocks cannot be modified")
        elif kind == "redacted_thinking":
            require(block["data"] in self.issued, f"{where}: Invalid `data` in `redacted_thinking` block")
        elif kind == "tool_use":
            require(role == "assistant", f"{where}: `tool_use` blocks can only be in `assistant` messages")
            require(isinstance(block["input"], dict), f"{where}.tool_use.input: Input should be a valid dictionary")
            _check_identifier(block["id"], f"{where}.tool_use.id")
        elif kind == "tool_result":
            require(role == "user", f"{where}: `tool_result` blocks can only be in `user` messages")
            _check_identifier(block["tool_use_id"], f"{where}.tool_result.tool_use_id")

    def _blocks(self, said: Said) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        if said.thought:
            signature = self.model.mint("EqRkCkYICxgC") + "=="
            self.issued[signature] = said.thought
            blocks.append({"type": "thinking", "thinking": said.thought, "signature": signature})
        if said.text:
            blocks.append({"type": "text", "text": said.text, "citations": None})
        blocks += [
            {"type": "tool_use", "id": each.id, "name": each.name, "input": each.arguments} for each in said.calls
        ]
        return blocks

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        usage = {**USAGE, "output_tokens": OUTPUT_TOKENS}
        ended = {"stop_reason": FINISH[said.finish], "stop_sequence": None}
        return {**_frame(body), "content": self._blocks(said), **ended, "usage": usage}

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        start = {**_frame(body), "content": [], "stop_reason": None, "stop_sequence": None}
        events = [_event("message_start", message={**start, "usage": {**USAGE, "output_tokens": 1}}), _event("ping")]
        texts = [call.text for call in said.calls]
        for index, block in enumerate(self._blocks(said)):
            events += _block_events(index, block, texts)
        ended = {"stop_reason": FINISH[said.finish], "stop_sequence": None}
        events.append(_event("message_delta", delta=ended, usage={"output_tokens": OUTPUT_TOKENS}))
        events.append(_event("message_stop"))
        return events

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        error = {"type": KINDS.get(refused.status, "api_error"), "message": refused.message}
        return {"type": "error", "error": error, "request_id": "req_1"}, {"request_id": "req_1"}


def _block_events(index: int, block: dict[str, Any], texts: list[str]) -> list[bytes]:
    kind = block["type"]
    if kind == "thinking":
        begun = {**block, "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    elif kind == "text":
        begun = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
    else:
        begun = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *pieces(texts.pop(0)))]
    events = [_event("content_block_start", index=index, content_block=begun)]
    events += [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
    return [*events, _event("content_block_stop", index=index)]


def _check_parameters(body: dict[str, Any], *, thinking: bool) -> None:
    thought = body.get("thinking") or {}
    if thought.get("type") == "enabled":
        budget = thought.get("budget_tokens", 0)
        require(budget >= 1024, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
        require(budget < body["max_tokens"], "`max_tokens` must be greater than `thinking.budget_tokens`.")
    forced = (body.get("tool_choice") or {}).get("type") in ("any", "tool")
    require(not (thinking and forced), "Thinking may not be enabled when tool_choice forces tool use.")
    require(
        not thinking or body.get("temperature", 1) == 1, "`temperature` may only be set to 1 when thinking is enabled."
    )
    require("tools" in body or "tool_choice" not in body, "tool_choice: may only be specified while providing tools")
    for tool in body.get("tools") or ():
        require(NAME.fullmatch(tool["name"]), "tools.0.custom.name: String should match pattern")
        require(tool["input_schema"].get("type") == "object", "tools.0.custom.input_schema.type: Field required")


def _check_identifier(name: str, where: str) -> None:
    require(IDENTIFIER.fullmatch(name), f"{where}: String should match pattern '^[a-zA-Z0-9_-]+$'")


def _check_pairs(turns: list[tuple[str, list[dict[str, Any]]]]) -> None:
    """The turn after one with calls begins with their results; there are no others."""
    seen: set[str] = set()
    before: list[str] = []
    for index, (_, blocks) in enumerate(turns):
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        lost = [name for name in results if name not in before]
        require(not lost, f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {lost}")
        first = [block.get("tool_use_id") for block in blocks[: len(before)]]
        missing = [name for name in before if name not in first]
        require(
            not missing,
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}",
        )
        before = [block["id"] for block in blocks if block["type"] == "tool_use"]
        require(len(before) == len(set(before)) and not seen & set(before), "`tool_use` ids must be unique")
        seen |= set(before)
    require(not before, f"messages.{len(turns)}: `tool_use` ids were found without `tool_result` blocks: {before}")


def _check_thoughts(turns: list[tuple[str, list[dict[str, Any]]]]) -> None:
    """While a round of tools is open, the last turn of the assistant begins with its thoughts."""
    last = next((blocks for role, blocks in reversed(turns) if role == "assistant"), [])
    if any(block["type"] == "tool_use" for block in last):
        require(last[0]["type"] in THOUGHTS, UNSIGNED.format(last[0]["type"]))


def _question(turns: list[tuple[str, list[dict[str, Any]]]], *, thinks: bool) -> Question:
    asked = [
        index
        for index, (role, blocks) in enumerate(turns)
        if role == "user" and any(b["type"] == "text" for b in blocks)
    ]
    rounds = sum(any(block["type"] == "tool_use" for block in blocks) for _, blocks in turns[asked[-1] :])
    results = [_text(block.get("content")) for block in turns[-1][1] if block["type"] == "tool_result"]
    text = next(block["text"] for block in reversed(turns[asked[-1]][1]) if block["type"] == "text")
    return Question(text, tuple(results), rounds, thinks)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join([block.get("text", "") for block in content or ()])


def _event(kind: str, **more: Any) -> bytes:
    return event({"type": kind, **more}, kind)


def _frame(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": body.get("model", "claude")}
