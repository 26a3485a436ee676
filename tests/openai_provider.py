"""A scripted provider that answers as OpenAI does: chat, legacy completions and embeddings, whole and streamed.

It always says :data:`SAID`, unless tools are named in the question or a schema is asked for.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable
from typing import Any

from upstream import Asked, Wire, completion, piece

SAID = "one two three"
WEATHER = {"city": "Paris", "degrees": 21}
VECTOR = [0.25, -0.5, 0.125]
USAGE = {
    "prompt_tokens": 5,
    "completion_tokens": 3,
    "total_tokens": 8,
    "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 0},
}
SLICE = 4  # characters of a tool's arguments in one event


async def openai(asked: Asked, wire: Wire) -> None:
    """Answer one request."""
    body = asked.json
    match asked.target:
        case "/v1/chat/completions":
            await _chat(body, wire)
        case "/v1/completions":
            await _complete(body, wire)
        case "/v1/embeddings":
            await wire.reply(_embeddings(body), x_request_id="req_provider")
        case _:
            await wire.reply({"error": {"message": f"no such path: {asked.target}"}}, status=404)


async def _chat(body: dict[str, Any], wire: Wire) -> None:
    text, calls = _answer(body)
    finish = "tool_calls" if calls else "stop"
    if not body.get("stream"):
        message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        await wire.reply(completion(choices=[choice], usage=USAGE), x_request_id="req_provider")
        return
    usage = bool((body.get("stream_options") or {}).get("include_usage"))
    head = piece()
    head["choices"][0]["delta"] = {"role": "assistant", "content": None if calls else "", "refusal": None}
    events = [head, *_call_pieces(calls), *map(piece, _words(text or "")), piece(finish=finish)]
    if usage:
        events = [event | {"usage": None} for event in events]
        events.append(piece(choices=[], usage=USAGE))
    await _stream(events, wire)


def _answer(body: dict[str, Any]) -> tuple[str | None, list[dict[str, Any]]]:
    last = body["messages"][-1]
    names = [tool["function"]["name"] for tool in body.get("tools", ())]
    called = [name for name in names if last["role"] == "user" and name in str(last["content"])]
    if called:
        return None, [_call(number, name) for number, name in enumerate(called)]
    if last["role"] == "tool":
        return f"It is {last['content']}.", []
    if (body.get("response_format") or {}).get("type", "text") != "text":
        return json.dumps(WEATHER), []
    return SAID, []


def _call(number: int, name: str) -> dict[str, Any]:
    arguments = json.dumps({"city": "Paris"})
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _call_pieces(calls: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """One event with each call's head, then its arguments a few characters at a time."""
    for index, call in enumerate(calls):
        function = call["function"]
        yield _delta({"index": index, **call, "function": {"name": function["name"], "arguments": ""}})
        for start in range(0, len(function["arguments"]), SLICE):
            yield _delta({"index": index, "function": {"arguments": function["arguments"][start : start + SLICE]}})


def _delta(call: dict[str, Any]) -> dict[str, Any]:
    event = piece()
    event["choices"][0]["delta"] = {"tool_calls": [call]}
    return event


async def _complete(body: dict[str, Any], wire: Wire) -> None:
    frame = {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": body["model"]}
    if not body.get("stream"):
        await wire.reply({**frame, "choices": [_text(SAID, "stop")], "usage": USAGE})
        return
    events = [{**frame, "choices": [_text(word, None)]} for word in _words(SAID)]
    events.append({**frame, "choices": [_text("", "stop")]})
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append({**frame, "choices": [], "usage": USAGE})
    await _stream(events, wire)


def _text(text: str, finish: str | None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish}


def _embeddings(body: dict[str, Any]) -> dict[str, Any]:
    given = body["input"]
    single = isinstance(given, str) or isinstance(given[0], int)
    vector: Any = VECTOR
    if body.get("encoding_format") == "base64":
        vector = base64.b64encode(struct.pack(f"<{len(VECTOR)}f", *VECTOR)).decode()
    data = [
        {"object": "embedding", "index": index, "embedding": vector} for index in range(1 if single else len(given))
    ]
    return {
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    }


async def _stream(events: Iterable[dict[str, Any]], wire: Wire) -> None:
    await wire.start_stream()
    for event in events:
        await wire.event(event)
    await wire.event("[DONE]")
    await wire.end_stream()


def _words(text: str) -> list[str]:
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + words[-1:] if text else []
