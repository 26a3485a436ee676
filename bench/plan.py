"""What one request asks of the fake provider, and the bytes that the answer is made of.

A plan travels inside the prompt, because that is the one part of a request that every gateway hands on
unchanged; headers and unknown fields are dropped by some. So the provider keeps no state, and the load
generator knows what must come back. Pure: no I/O, no clock.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

PLAN = re.compile(rb"limen-bench ([a-z0-9= ]*);")
EVENT_NUMBER = re.compile(rb"tok(\d{6})")
"""Every streamed event carries its number, so that a lost, doubled or swapped one is noticed."""

_WORDS = "the quick brown fox jumps over the lazy dog and runs along the river bank until the sun is low. "


@dataclass(frozen=True)
class Plan:
    """One answer. With `events` > 0 the answer is a stream of so many events, else one body of `size` bytes.

    `gap`: milliseconds between two events of a stream. `gather`: hold every stream after its first event
    until so many streams are open. `skip` and `cut` are faults for the tests of this tool, numbered from 1:
    leave out that event, or close the connection in its place.
    """

    size: int = 1300
    events: int = 0
    gap: int = 5
    gather: int = 0
    skip: int = 0
    cut: int = 0

    def prompt(self) -> str:
        """The plan as text for a prompt."""
        return "limen-bench " + " ".join(f"{key}={value}" for key, value in asdict(self).items()) + ";"

    @classmethod
    def read(cls, text: bytes) -> Plan:
        """The plan in `text`, the part of a prompt that `PLAN` captures. Raises ValueError, TypeError."""
        pairs = (pair.split("=", 1) for pair in text.decode().split())
        return cls(**{key: int(value) for key, value in pairs})


def request_body(plan: Plan, model: str, size: int = 0) -> bytes:
    """A chat request that carries `plan`, padded to `size` bytes when that is more than it needs."""

    def render(padding: str) -> bytes:
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": "user", "content": f"{plan.prompt()} {padding}"}],
        }
        if plan.events:
            body["stream"] = True
        return json.dumps(body, separators=(",", ":")).encode()

    return render(filler(size - len(render(""))))


def filler(length: int) -> str:
    """`length` characters of text that no JSON encoder escapes; empty when `length` is not positive."""
    return (_WORDS * (max(length, 0) // len(_WORDS) + 1))[: max(length, 0)]


def answer_content(size: int) -> bytes:
    """The assistant's text in an answer of `size` bytes: what must arrive whole at the client."""
    return filler(size - len(_answer_body(""))).encode()


def answer_body(size: int) -> bytes:
    """A chat completion of exactly `size` bytes (or the smallest possible, if that is more)."""
    return _answer_body(answer_content(size).decode())


def _answer_body(content: str) -> bytes:
    message = {"role": "assistant", "content": content, "refusal": None}
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "fake",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 200, "total_tokens": 220},
        "system_fingerprint": "fp_bench",
    }
    return json.dumps(body, separators=(",", ":")).encode()


def stream_events(plan: Plan) -> list[bytes]:
    """The events of a streamed answer as SSE, about 250 bytes each, without the closing `[DONE]`."""
    last = plan.events
    return [_event(number, number == last) for number in range(1, last + 1) if number != plan.skip]


def usage_event() -> bytes:
    """The event with the token counts, sent to whoever asks for `include_usage`."""
    return _sse({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 100, "total_tokens": 120}})


def _event(number: int, last: bool) -> bytes:
    delta = {"content": f"tok{number:06d} and"}
    if number == 1:
        delta["role"] = "assistant"
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": "stop" if last else None}
    return _sse({"choices": [choice]})


def _sse(part: dict[str, Any]) -> bytes:
    chunk = {
        "id": "chatcmpl-bench-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "fake",
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
    } | part
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"
