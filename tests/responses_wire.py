"""What the tests of OpenAI's Responses share: an answer, its stream, and short ways to parse and render."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from limen.dialects.responses.responses import OpenAIResponses
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.sse import Frame
from openai_wire import frames

DIALECT = OpenAIResponses()
WIRE = DIALECT.wire


def body(value: Any) -> bytes:
    """`value` as JSON."""
    return json.dumps(value).encode()


def ask(*items: Any, **more: Any) -> ChatRequest:
    """The hub's request of a client that sends `items`, or a bare question where there are none."""
    return DIALECT.parse_request(body({"model": "m", "input": list(items) or "Hi", **more}))


def message(text: str = "Hello", **more: Any) -> dict[str, Any]:
    """An answer's message."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return {**item, **more}


def thought(**more: Any) -> dict[str, Any]:
    """A reasoning item with a summary and a proof."""
    summary = [{"type": "summary_text", "text": "Hm."}]
    return {"id": "rs_1", "type": "reasoning", "summary": summary, "encrypted_content": "gAAAA", **more}


def call(**more: Any) -> dict[str, Any]:
    """A call of a function."""
    item = {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "add"}
    return {**item, "arguments": '{"a":1}', **more}


def answer(*output: Any, **more: Any) -> dict[str, Any]:
    """A full answer."""
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 16,
    }
    head = {"id": "resp_1", "object": "response", "created_at": 7, "model": "gpt-5", "status": "completed"}
    return {**head, "error": None, "temperature": 1.0, "output": list(output), "usage": usage, **more}


def sse(*events: dict[str, Any]) -> bytes:
    """Named server-sent events."""
    return b"".join([b"event: " + event["type"].encode() + b"\ndata: " + body(event) + b"\n\n" for event in events])


def told(kind: str, **members: Any) -> dict[str, Any]:
    """One event of a stream."""
    return {"type": kind, **members}


def streamed() -> bytes:
    """A whole stream: a thought, a text and a call."""
    text = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    add = {"item_id": "fc_1", "output_index": 2}
    think = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    events = [
        told("response.created", response=answer(status="in_progress", usage=None)),
        told("response.in_progress", response=answer(status="in_progress", usage=None)),
        told("response.output_item.added", output_index=0, item={"id": "rs_1", "type": "reasoning", "summary": []}),
        told("response.reasoning_summary_part.added", **think, part={"type": "summary_text", "text": ""}),
        told("response.reasoning_summary_text.delta", **think, delta="Hm"),
        told("response.reasoning_summary_text.delta", **think, delta="."),
        told("response.reasoning_summary_text.done", **think, text="Hm."),
        told("response.reasoning_summary_part.done", **think, part={"type": "summary_text", "text": "Hm."}),
        told("response.output_item.done", output_index=0, item=thought()),
        told("response.output_item.added", output_index=1, item=message(status="in_progress", content=[])),
        told("response.content_part.added", **text, part=empty),
        told("response.output_text.delta", **text, delta="Hel", logprobs=[], obfuscation="xx"),
        told("response.output_text.delta", **text, delta="lo", logprobs=[], obfuscation="yy"),
        told("response.output_text.done", **text, text="Hello", logprobs=[]),
        told("response.content_part.done", **text, part={**empty, "text": "Hello"}),
        told("response.output_item.done", output_index=1, item=message()),
        told("response.output_item.added", output_index=2, item=call(arguments="", status="in_progress")),
        told("response.function_call_arguments.delta", **add, delta='{"a"'),
        told("response.function_call_arguments.delta", **add, delta=":1}"),
        told("response.function_call_arguments.done", **add, arguments='{"a":1}'),
        told("response.output_item.done", output_index=2, item=call()),
        told("response.completed", response=answer(thought(), message(), call())),
    ]
    return sse(*[{**event, "sequence_number": number} for number, event in enumerate(events)])


def written(events: Sequence[Event], request: ChatRequest | None = None, losses: Losses | None = None) -> list[Frame]:
    """The frames of a stream in this dialect."""
    renderer = DIALECT.stream_renderer(request or ask(), losses if losses is not None else Losses())
    return frames(b"".join([renderer.render(event) for event in events]) + renderer.end())


def datas(found: Sequence[Frame]) -> list[dict[str, Any]]:
    """What frames say."""
    return [json.loads(frame.data) for frame in found if frame.data]
