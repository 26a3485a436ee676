"""Cohere's errors, read and written: ``{"message": …, "id": …}``, and inside a stream a ``message-end`` with `error`.

Source: https://docs.cohere.com/reference/errors, and recordings of both kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.openai.errors import parse_error as parse_any_error
from limen.errors import FaultKind, LimenError, MalformedReply, ProviderReply

_BAD_TOKEN = 498
"""Cohere's status for a token that is not valid."""
_MOST = 2000


SHAPE = "cohere"
"""What `shape` says of a reply whose body is one of Cohere's own."""


class _Told(msgspec.Struct):
    """What makes a body one of Cohere's errors."""

    message: str
    error: Any = None


_TOLD = msgspec.json.Decoder(_Told)


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means. `status` 502 stands for an error inside a 200; the end of a stream may be one."""
    found = _ended_with(body) if status == 502 else None
    if found is not None:
        return found
    fault = parse_any_error(status, headers, body)
    if fault.status == _BAD_TOKEN:
        fault.kind = FaultKind.CREDENTIALS
    try:
        if _TOLD.decode(body).error is None:
            fault.shape = SHAPE
    except (msgspec.DecodeError, RecursionError):
        pass  # It is in another dialect's shape, or in none.
    return fault


def _ended_with(body: bytes) -> ProviderReply | None:
    """The fault that a ``message-end`` tells of."""
    if b"message-end" not in body:
        return None
    try:
        frame = decode(body)
    except NotJson:
        return None
    delta = frame.get("delta") if isinstance(frame, dict) else None
    if not isinstance(delta, dict):
        return None
    told, code = delta.get("error"), delta.get("error_type")
    message = told if isinstance(told, str) and told else "the model's answer ended with an error"
    kind = FaultKind.TIMEOUT if delta.get("finish_reason") == "TIMEOUT" else FaultKind.OVERLOADED
    return ProviderReply(
        message[:_MOST], status=502, kind=kind, body=body, provider_code=code if isinstance(code, str) else None
    )


def render_error(error: LimenError) -> bytes:
    """``{"message": …}``; a provider's own object of that shape goes back as it came."""
    if isinstance(error, ProviderReply) and error.shape == SHAPE:
        return error.body
    return encode({"message": error.message})


def render_error_event(error: LimenError) -> bytes:
    """The end of a stream that has begun: there is no other place for an error in one."""
    if isinstance(error, ProviderReply) and _ended_with(error.body) is not None:
        body = error.body
    else:
        delta: dict[str, Any] = {"finish_reason": "ERROR", "error": error.message}
        code = getattr(error, "provider_code", None) or error.code
        body = encode({"type": "message-end", "delta": {**delta, "error_type": code}})
    return b"event: message-end\ndata: " + body + b"\n\n"


class _Answer(msgspec.Struct):
    """The members that an answer of one of Cohere's operations has, or an error."""

    message: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    results: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    embeddings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_ANSWER = msgspec.json.Decoder(_Answer)


def check_answer(body: bytes, key: str) -> None:
    """Refuse a 200 reply without `key`: MalformedReply if it is no JSON object, ProviderReply if it is one of Cohere's errors."""
    try:
        seen = _ANSWER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedReply("the provider answered with a body that is not valid JSON") from None
    told = seen.message
    if isinstance(told, msgspec.Raw) and bytes(told)[:1] == b'"' and (key == "message" or not _has(seen, key)):
        raise parse_error(502, (), body)


def _has(seen: _Answer, key: str) -> bool:
    return getattr(seen, key) is not msgspec.UNSET
