"""Errors of OpenAI's Responses: OpenAI's own, and the two ways in which a stream tells of one.

A stream fails with an `error` event and then a ``response.failed``; both are written, since libraries raise at the first and
agents such as Codex read the second. Source: recorded streams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.openai import errors as openai
from limen.errors import LimenError, ProviderReply

_TOLD_APART = frozenset({"rate_limit_exceeded", "invalid_prompt", "insufficient_quota", "context_length_exceeded"})
"""Codes of a failed response that agents act on; OpenAI's word for all the rest is ``server_error``."""


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error means: a reply's body, or the data of a stream's ``error`` or ``response.failed``."""
    told = told_error(body)
    return openai.parse_error(status, headers, body if told is None else encode({"error": told}))


def told_error(body: bytes) -> Mapping[str, Any] | None:
    """The error in the data of a stream's event, or in a failed response; None for any other body."""
    try:
        value = decode(body)
    except NotJson:
        return None
    if not isinstance(value, dict):
        return None
    response = value.get("response")
    if isinstance(response, dict) and isinstance(response.get("error"), dict):
        found: dict[str, Any] = response["error"]
        return found
    if value.get("type") != "error" or isinstance(value.get("error"), dict):
        inner = value.get("error") if value.get("type") == "error" or value.get("object") == "response" else None
        return inner if isinstance(inner, dict) else None
    return {"message": value.get("message"), "type": None, "param": value.get("param"), "code": value.get("code")}


def render_failure(error: LimenError) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The members of an ``error`` event, and the `error` of a failed response."""
    told = decode(openai.render_error(error)).get("error")
    if not isinstance(told, dict):
        told = {"message": str(told), "type": None, "param": None, "code": None}
    message, code = told.get("message") or error.message, told.get("code")
    # The documented members stand at the top; what OpenAI really sends is the object, at which its libraries raise.
    event = {"code": code, "message": message, "param": told.get("param"), "error": told}
    return event, {"code": code if code in _TOLD_APART else "server_error", "message": message}
