"""Errors of Anthropic's API, read and written: ``{"type": "error", "error": {"type", "message"}, "request_id"}``.

What its own types leave open is read as in OpenAI's family: the words of the message, then the status.

Source: platform.claude.com, "Errors"; recordings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from limen.dialects.json_text import encode
from limen.dialects.openai.errors import parse_error as parse_any_error
from limen.errors import (
    ClientFault,
    FaultKind,
    Forbidden,
    LimenError,
    LimitExceeded,
    NotFound,
    Overloaded,
    ProviderFault,
    ProviderReply,
    TooLarge,
)

SHAPE = "anthropic"
"""What :attr:`ProviderReply.shape` is for a body in Anthropic's own."""

_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_TYPE_OF_STATUS = {status: word for word, status in _STATUS_OF_TYPE.items()}
_KIND_OF_TYPE = {
    "authentication_error": FaultKind.CREDENTIALS,
    "billing_error": FaultKind.BILLING,
    "permission_error": FaultKind.CREDENTIALS,
    "not_found_error": FaultKind.CLIENT,
    "request_too_large": FaultKind.CLIENT,
    "rate_limit_error": FaultKind.RATE_LIMITED,
    "timeout_error": FaultKind.TIMEOUT,
    "overloaded_error": FaultKind.OVERLOADED,
}
_TYPE_OF_KIND = {
    FaultKind.CONTEXT_TOO_LONG: "invalid_request_error",
    FaultKind.CONTENT_REFUSED: "invalid_request_error",
    FaultKind.BILLING: "billing_error",
    FaultKind.RATE_LIMITED: "rate_limit_error",
    FaultKind.OVERLOADED: "overloaded_error",
    FaultKind.TIMEOUT: "timeout_error",
}
_NO_MONEY = re.compile(r"credit balance is too low|specified API usage limits", re.IGNORECASE)
_TOO_LONG = "prompt is too long"


class _Told(msgspec.Struct):
    type: str = ""
    message: str = ""


class _Body(msgspec.Struct):
    type: str = ""
    error: _Told | None = None


_BODY = msgspec.json.Decoder(_Body)


def read_own(body: bytes) -> tuple[str, str] | None:
    """The type and the message of an error in Anthropic's own shape; None for any other body."""
    try:
        found = _BODY.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if found.type != "error" or found.error is None or not found.error.type:
        return None
    return found.error.type, found.error.message


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means. `status` 502 stands for an error inside a 200; its type then tells the real one."""
    reply = parse_any_error(status, headers, body)
    own = read_own(body)
    if own is None:
        return reply
    word, message = own
    reply.shape = SHAPE
    reply.kind = _KIND_OF_TYPE.get(word, reply.kind)
    if word == "invalid_request_error" and _NO_MONEY.search(message):
        reply.kind = FaultKind.BILLING
    if status == 502:
        reply.status = _STATUS_OF_TYPE.get(word, reply.status)
        if reply.kind == FaultKind.OVERLOADED and reply.status < 500:
            reply.kind = FaultKind.CLIENT
    return reply


def error_type(error: LimenError) -> str:
    """Anthropic's word for an error."""
    if isinstance(error, ProviderFault) and error.kind in _TYPE_OF_KIND:
        return _TYPE_OF_KIND[error.kind]
    for kind, word in (
        (TooLarge, "request_too_large"),
        (LimitExceeded, "rate_limit_error"),
        (Overloaded, "overloaded_error"),
        (NotFound, "not_found_error"),
        (Forbidden, "permission_error"),
    ):
        if isinstance(error, kind):
            return word
    found = _TYPE_OF_STATUS.get(error.status)
    if found is not None:
        return found
    if error.status in (503, 529):
        return "overloaded_error"
    return "invalid_request_error" if isinstance(error, ClientFault) or error.status < 500 else "api_error"


def render_error(error: LimenError) -> bytes:
    """The body for a client; a provider's own one of this shape goes back as it came.

    Clients know a conversation that has become too long by Anthropic's words for it, so these stand before another
    provider's.
    """
    if isinstance(error, ProviderReply) and read_own(error.body) is not None:
        return error.body
    message = error.message
    too_long = isinstance(error, ProviderFault) and error.kind == FaultKind.CONTEXT_TOO_LONG
    if too_long and _TOO_LONG not in message.lower():
        message = f"{_TOO_LONG}: {message}"
    return encode({"type": "error", "error": {"type": error_type(error), "message": message}})
