"""What the tests of Anthropic's dialects share: a request of another dialect sent, an answer told, streams rendered and read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from limen.dialects.anthropic.messages import AnthropicMessages
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.sse import Frame
from openai_wire import frames

DIALECT = AnthropicMessages()
EVENTS: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 64,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "messages": [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Look.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "ZGF0YQ=="},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome", "days": 1.0}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny", "is_error": False},
                {"type": "text", "text": "And?"},
            ],
        },
    ],
    "tools": [{"name": "weather", "description": "Tells it.", "input_schema": {"type": "object", "properties": {}}}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "stop_sequences": ["END"],
    "metadata": {"user_id": "u"},
    "stream": False,
}
RESPONSE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "text", "text": "Yes."},
        {"type": "tool_use", "id": "toolu_2", "name": "f", "input": {"x": 1}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 10,
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 3},
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 8},
        "service_tier": "standard",
    },
}


def event(kind: str, **more: Any) -> bytes:
    """One frame as Anthropic writes it."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def block_of(index: int, shell: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """The frames of one block."""
    start = event("content_block_start", index=index, content_block=shell)
    pieces = [event("content_block_delta", index=index, delta=delta) for delta in deltas]
    return b"".join([start, *pieces, event("content_block_stop", index=index)])


def stream_of(*blocks: bytes, reason: str = "end_turn", **usage: Any) -> bytes:
    """A whole stream."""
    message = {**RESPONSE, "content": [], "stop_reason": None}
    end = {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 20, **usage}}
    return b"".join(
        [event("message_start", message=message), *blocks, event("message_delta", **end), event("message_stop")]
    )


STREAM = stream_of(
    block_of(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm."},
        {"type": "signature_delta", "signature": "c2ln"},
    ),
    event("ping"),
    block_of(
        1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Ye"}, {"type": "text_delta", "text": "s."}
    ),
    block_of(
        2,
        {"type": "tool_use", "id": "toolu_2", "name": "f", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"x": 1}'},
    ),
    reason="tool_use",
    output_tokens_details={"thinking_tokens": 8},
)
"""The answer RESPONSE, in pieces."""


def sent(request: ChatRequest, losses: Losses | None = None) -> dict[str, Any]:
    """What a provider gets for a request of the hub."""
    body: dict[str, Any] = json.loads(DIALECT.render_request(request, losses if losses is not None else Losses()))
    return body


def parsed(**changes: Any) -> ChatRequest:
    """A small request of this dialect, read."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}], **changes}
    return DIALECT.parse_request(json.dumps({key: value for key, value in body.items() if value is not ...}).encode())


def told(found: Sequence[Event], losses: Losses | None = None) -> bytes:
    """Events as a stream for a client."""
    renderer = DIALECT.stream_renderer(parsed(), losses if losses is not None else Losses())
    return b"".join([renderer.render(each) for each in found]) + renderer.end()


def named(data: bytes, cuts: Iterable[int] = ()) -> list[tuple[str | None, Any]]:
    """What a stream says, frame by frame: the event's name and its data in one canonical spelling."""
    found: list[Frame] = [each for each in frames(data, cuts) if each.data]
    return [(each.event, _exact(each.data)) for each in found]


def _exact(data: bytes) -> str:
    return data.decode() if data.strip() == b"[DONE]" else json.dumps(json.loads(data), sort_keys=True)


def accumulated(data: bytes) -> Message:
    """The answer that Anthropic's own SDK puts together from a stream, each event of which passes its types."""
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for name, text in named(data):
        if name == "ping":
            continue
        value = json.loads(text)
        assert name == value["type"]
        checked: Any = EVENTS.validate_python(value)
        snapshot = accumulate_event(event=checked, current_snapshot=snapshot, json_bufs=buffers)
    return Message.model_validate(snapshot.to_dict())


ODD: list[Any] = [None, True, 0, -1.5, "", "x", [], {}, [1], [None], [{}], {"type": "text"}, {"id": "c"}, 10**30]


def mutated(value: Any, random: Random) -> Any:
    """`value` with something in it changed, taken out or put in."""
    inside = random.random() < 0.8
    if inside and isinstance(value, dict) and value:
        key, rest = random.choice(sorted(value)), dict(value)
        way = random.randrange(8)
        if way == 0:
            del rest[key]
        elif way == 1:
            rest["zz"] = random.choice(ODD)
        else:
            rest[key] = mutated(value[key], random)
        return rest
    if inside and isinstance(value, list) and value:
        place = random.randrange(len(value))
        put = [] if random.random() < 0.15 else [mutated(value[place], random)]
        return [*value[:place], *put, *value[place + 1 :]]
    return random.choice(ODD)
