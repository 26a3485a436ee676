"""OpenAI's Responses, as strict as OpenAI: outputs have their calls, reasoning is its own and stands before what it led to.

Sources: the API reference; the refusals quoted in vercel/ai #7099, TanStack/ai #1212, continue #10092.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, event, known, pieces, require

BODY = {
    "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "store",
    "include", "reasoning", "text", "max_output_tokens", "temperature", "top_p", "truncation", "metadata", "user",
    "service_tier", "previous_response_id", "prompt_cache_key", "safety_identifier", "background", "max_tool_calls",
    "top_logprobs",
}  # fmt: skip
ITEMS = {
    "message": {"type", "role", "content", "id", "status", "phase"},
    "function_call": {"type", "id", "call_id", "name", "arguments", "status", "namespace"},
    "function_call_output": {"type", "id", "call_id", "output", "status"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content", "status"},
}
PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
MOST_ID = 64
USAGE = {
    "input_tokens": INPUT_TOKENS,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": OUTPUT_TOKENS,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}


class Responses:
    """`issued` are the encrypted contents of its reasoning; `led` the reasoning before each of its calls."""

    content_type = "text/event-stream"

    def __init__(self, prefix: str = "call_r", *, key: str | None = "sk-test") -> None:
        self.key = key
        self.model = Model(prefix)
        self.issued: dict[str, str] = {}
        self.led: dict[str, str] = {}

    def named(self, path: str, body: dict[str, Any]) -> str:
        return body["model"]

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream") is True

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(
            self.key is None or headers.get("authorization") == f"Bearer {self.key}", "Incorrect API key provided.", 401
        )
        known(body, BODY, "Unknown parameter: '{}'.")
        given = body["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        require(items, "Invalid 'input': empty array.")
        for index, item in enumerate(items):
            self._check_item(item, f"input[{index}]")
        _check_pairs(items)
        self._check_reasoning(items)
        last = max(index for index, item in enumerate(items) if item.get("role") == "user")
        return _question(items, last, thinks=bool((body.get("reasoning") or {}).get("effort")))

    def _check_item(self, item: dict[str, Any], where: str) -> None:
        kind = item.get("type", "message")
        require(kind in ITEMS, f"Invalid value: '{kind}'. Supported values are: {', '.join(ITEMS)}.")
        known(item, ITEMS[kind], f"Unknown parameter: '{where}.{{}}'.")
        prefix, name = PREFIXES.get(kind), item.get("id")
        if prefix and name is not None:
            require(
                name.startswith(prefix), f"Invalid '{where}.id': '{name}'. Expected an ID that begins with '{prefix}'."
            )
        if "call_id" in ITEMS[kind]:
            require(0 < len(item.get("call_id") or "") <= MOST_ID, f"Invalid '{where}.call_id': string too long.")
        if kind == "function_call":
            require(isinstance(item.get("arguments"), str), f"Invalid type for '{where}.arguments'.")
        if kind == "reasoning":
            require("summary" in item, f"Missing required parameter: '{where}.summary'.")
            sealed = item.get("encrypted_content")
            own = self.issued.get(sealed) if sealed else name
            require(
                own == name and name in self.issued.values(),
                f"The encrypted content for item {name} could not be verified.",
            )

    def _check_reasoning(self, items: list[dict[str, Any]]) -> None:
        for index, item in enumerate(items):
            if item.get("type") == "reasoning":
                after = items[index + 1].get("type", "message") if index + 1 < len(items) else None
                follows = after in ("function_call", "reasoning") or (
                    after == "message" and items[index + 1].get("role") == "assistant"
                )
                told = f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
                require(follows, told)
            thought = self.led.get(item.get("id") or "")
            if item.get("type") == "function_call" and thought is not None:
                told = f"Item '{item['id']}' was provided without its required 'reasoning' item: '{thought}'."
                require(any(each.get("id") == thought for each in items[:index]), told)

    def _output(self, said: Said) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        thought = None
        if said.thought:
            thought, sealed = self.model.mint("rs_"), self.model.mint("gAAAA")
            self.issued[sealed] = thought
            summary = [{"type": "summary_text", "text": said.thought}]
            items.append({"type": "reasoning", "id": thought, "summary": summary, "encrypted_content": sealed})
        if said.text:
            content = [{"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}]
            items.append(
                {
                    "type": "message",
                    "id": self.model.mint("msg_"),
                    "role": "assistant",
                    "status": "completed",
                    "content": content,
                }
            )
        for call in said.calls:
            item = {"type": "function_call", "id": self.model.mint("fc_"), "call_id": call.id, "status": "completed"}
            items.append({**item, "name": call.name, "arguments": call.text})
            if thought is not None:
                self.led[items[-1]["id"]] = thought
        return items

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        return self._response(body, self._output(said), said.finish)

    def _response(self, body: dict[str, Any], output: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
        status = "in_progress" if finish is None else "incomplete" if finish == "length" else "completed"
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1700000000,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if finish == "length" else None,
            "instructions": None,
            "metadata": {},
            "model": body["model"],
            "output": output,
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": body.get("tools") or [],
            "top_p": 1.0,
            "usage": None if finish is None else USAGE,
        }

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        output = self._output(said)
        begun = self._response(body, [], None)
        told: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
        told.append({"type": "response.in_progress", "response": begun})
        for index, item in enumerate(output):
            told += _item_events(index, item)
        end = "response.incomplete" if said.finish == "length" else "response.completed"
        told.append({"type": end, "response": self._response(body, output, said.finish)})
        return [event({**each, "sequence_number": number}, each["type"]) for number, each in enumerate(told)]

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        kind = "requests" if refused.status == 429 else "invalid_request_error"
        return {"error": {"message": refused.message, "type": kind, "param": None, "code": refused.code}}, {}


def _item_events(index: int, item: dict[str, Any]) -> list[dict[str, Any]]:
    at = {"item_id": item["id"], "output_index": index}
    inner: list[dict[str, Any]] = []
    if item["type"] == "reasoning":
        part, where = item["summary"][0], {**at, "summary_index": 0}
        begun = {**item, "summary": []}
        name, text = "response.reasoning_summary_text", part["text"]
        open_, close = "response.reasoning_summary_part.added", "response.reasoning_summary_part.done"
        empty, done = {"type": "summary_text", "text": ""}, {"text": text}
    elif item["type"] == "message":
        part, where = item["content"][0], {**at, "content_index": 0}
        begun = {**item, "content": [], "status": "in_progress"}
        name, text = "response.output_text", part["text"]
        open_, close = "response.content_part.added", "response.content_part.done"
        empty, done = {**part, "text": ""}, {"text": text, "logprobs": []}
    else:
        begun = {**item, "arguments": "", "status": "in_progress"}
        name, text, where = "response.function_call_arguments", item["arguments"], at
        open_, close, part, empty = "", "", None, None
        done = {"arguments": text, "name": item["name"]}
    more = {"logprobs": []} if name == "response.output_text" else {}
    if open_:
        inner.append({"type": open_, **where, "part": empty})
    inner += [{"type": f"{name}.delta", **where, "delta": piece, **more} for piece in pieces(text)]
    inner.append({"type": f"{name}.done", **where, **done})
    if close:
        inner.append({"type": close, **where, "part": part})
    added = {"type": "response.output_item.added", "output_index": index, "item": begun}
    return [added, *inner, {"type": "response.output_item.done", "output_index": index, "item": item}]


def _check_pairs(items: list[dict[str, Any]]) -> None:
    """Outputs come after their calls, and each call has one."""
    calls: dict[str, bool] = {}
    for item in items:
        if item.get("type") == "function_call":
            calls[item["call_id"]] = False
        elif item.get("type") == "function_call_output":
            name = item["call_id"]
            require(name in calls, f"No tool call found for function call output with call_id {name}.")
            calls[name] = True
    open_calls = [name for name, answered in calls.items() if not answered]
    require(not open_calls, f"No tool output found for function call {', '.join(open_calls)}.")


def _question(items: list[dict[str, Any]], last: int, *, thinks: bool) -> Question:
    since = items[last + 1 :]
    rounds, before, results = 0, "", []
    for item in since:
        kind = item.get("type", "message")
        if kind == "function_call" and before != "function_call":
            rounds, results = rounds + 1, []
        if kind == "function_call_output":
            results.append(_text(item["output"]))
        before = kind
    return Question(_text(items[last]["content"]), tuple(results), rounds, thinks)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join([part.get("text", "") for part in content])
