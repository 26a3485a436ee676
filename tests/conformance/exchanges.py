"""What the suite runs over: every dialect of chats that limen speaks, and what was recorded in it.

A dialect that joins the package joins the suite: it is found as the fuzzer finds it.
"""

from __future__ import annotations

import base64
import functools
import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from corpus import recordings
from limen.dialects.base import AnyDialect
from limen.model.operation import Operation
from source_tree import ROOT

sys.path.insert(0, str(ROOT))

from fuzz.dialects import client_dialects, one_of_each_wire

APIS = {
    "openai_chat": ("chat",),
    "openai_completions": ("completions",),
    "openai_responses": ("responses",),
    "anthropic": ("messages", "rawPredict"),
    "gemini": ("generateContent",),
    "bedrock_converse": ("converse",),
    "cohere": ("chat_native",),
    "ollama_chat": ("chat_native",),
    "ollama_generate": ("generate_native",),
}
"""For each dialect, under which APIs exchanges in it were recorded."""


def _is_of(wire: str, exchange: dict[str, Any]) -> bool:
    """Whether `exchange`, recorded under one of the dialect's APIs, is in its wire."""
    provider, url = exchange["provider"], exchange["url"] or ""
    if wire == "cohere":
        return provider == "cohere" and "/v1/" not in url
    if wire in ("ollama_chat", "ollama_generate"):
        return bool(provider == "ollama")
    return not (wire == "openai_completions" and provider == "anthropic")


class Recording(NamedTuple):
    """One body: of which exchange, `kind` is request, response, stream or error, and which bodies are alike in structure."""

    id: str
    kind: str
    body: bytes
    shape: str
    status: int
    headers: tuple[tuple[bytes, bytes], ...]

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.body)


def dialects(operation: Operation = Operation.CHAT) -> list[AnyDialect]:
    """One dialect of each wire that was recorded."""
    return [each for each in one_of_each_wire(client_dialects()) if each.operation is operation and each.wire in APIS]


def names() -> list[str]:
    """The names of the dialects of chats, for the parameters of tests."""
    return [each.wire for each in dialects()]


def of(dialect: AnyDialect, kind: str) -> list[Recording]:
    """Every recording of `kind` in `dialect`. Skips the test where there are none beside the checkout."""
    return [each for each in _all(dialect.wire) if each.kind == kind]


def one_of_each_shape(found: list[Recording], most: int = 0) -> list[Recording]:
    """The smallest of those alike in structure; where `most` is given, so many at equal distances."""
    shapes: dict[str, Recording] = {}
    for each in sorted(found, key=lambda each: each.size):
        shapes.setdefault(each.shape, each)
    taken = list(shapes.values())
    step = max(1, -(-len(taken) // most)) if most else 1
    return taken[::step]


@functools.cache
def _all(wire: str) -> tuple[Recording, ...]:
    found: list[Recording] = []
    for api in APIS[wire]:
        for exchange in recordings(api):
            if _is_of(wire, exchange):
                found += _bodies(exchange)
    return tuple(found)


def _bodies(exchange: dict[str, Any]) -> Iterator[Recording]:
    status = exchange["status"]
    headers = tuple(
        (name.encode(), str(value).encode()) for name, value in (exchange["response_headers"] or {}).items()
    )

    def recording(kind: str, body: bytes, shape: str) -> Recording:
        return Recording(exchange["id"], kind, body, str(exchange.get(shape) or exchange["id"]), status, headers)

    if isinstance(exchange.get("request"), dict):
        kind = "request" if status == 200 else "refused request"
        yield recording(kind, json.dumps(exchange["request"], ensure_ascii=False).encode(), "req_shape")
    body, text, binary = exchange.get("response"), exchange.get("response_text"), exchange.get("response_b64")
    if status != 200:
        told = json.dumps(body, ensure_ascii=False).encode() if body is not None else (text or "").encode()
        yield recording("error", told, "resp_shape")
    elif (
        text and exchange["api"] != "converse"
    ) or binary:  # Converse streams in binary; a text is a project's own notation.
        yield recording("stream", text.encode() if text else base64.b64decode(binary), "resp_shape")
    elif isinstance(body, dict):
        yield recording("response", json.dumps(body, ensure_ascii=False).encode(), "resp_shape")
