"""Bedrock's errors, read and written: ``{"message"}``, with the kind in the header ``x-amzn-errortype``.

The kind may be followed by ``:http://…``, and older services write it into the body, as ``__type``. Inside a stream it is
the type of an exception, which the relay and the parser write into the body as ``__type``. Source: the API reference of
Bedrock Runtime, "Common errors" of AWS, and recordings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.openai.errors import Report, classify, is_page
from limen.errors import ClientFault, FaultKind, LimenError, LimitExceeded, MalformedReply, ProviderReply

SHAPE = "bedrock"
ERROR_TYPE = b"x-amzn-errortype"
_MAX_MESSAGE = 2000

# Each exception: the status that it comes with, and what it means; None where the message says.
_KNOWN: dict[str, tuple[int, FaultKind | None]] = {
    "ValidationException": (400, None),
    "ThrottlingException": (429, FaultKind.RATE_LIMITED),
    "TooManyRequestsException": (429, FaultKind.RATE_LIMITED),
    "ServiceQuotaExceededException": (400, FaultKind.RATE_LIMITED),
    "LimitExceededException": (400, FaultKind.RATE_LIMITED),
    "AccessDeniedException": (403, FaultKind.CREDENTIALS),
    "UnrecognizedClientException": (403, FaultKind.CREDENTIALS),
    "ExpiredTokenException": (403, FaultKind.CREDENTIALS),
    "InvalidSignatureException": (403, FaultKind.CREDENTIALS),
    "SignatureDoesNotMatch": (403, FaultKind.CREDENTIALS),
    "IncompleteSignatureException": (403, FaultKind.CREDENTIALS),
    "MissingAuthenticationTokenException": (403, FaultKind.CREDENTIALS),
    "InvalidClientTokenId": (403, FaultKind.CREDENTIALS),
    "NotAuthorized": (403, FaultKind.CREDENTIALS),
    "OptInRequired": (403, FaultKind.CREDENTIALS),
    "ResourceNotFoundException": (404, FaultKind.CLIENT),
    "UnknownOperationException": (404, FaultKind.CLIENT),
    "ConflictException": (400, FaultKind.CLIENT),
    "ModelTimeoutException": (408, FaultKind.TIMEOUT),
    "ModelNotReadyException": (429, FaultKind.OVERLOADED),
    "ModelErrorException": (424, FaultKind.OVERLOADED),
    "ModelStreamErrorException": (424, FaultKind.OVERLOADED),
    "InternalServerException": (500, FaultKind.OVERLOADED),
    "InternalFailure": (500, FaultKind.OVERLOADED),
    "ServiceUnavailableException": (503, FaultKind.OVERLOADED),
}
_BY_NAME = {name.lower(): name for name in _KNOWN}

_TOO_LONG = re.compile(
    r"input is too long|prompt is too long|too many (?:input )?tokens|input length and|context (?:length|window|limit)|"
    r"input tokens? .{0,40}exceed|exceeds? the (?:maximum|limit)|maximum number of tokens",
    re.IGNORECASE | re.DOTALL,
)

_OF_KIND = {
    FaultKind.CREDENTIALS: "AccessDeniedException",
    FaultKind.BILLING: "AccessDeniedException",
    FaultKind.RATE_LIMITED: "ThrottlingException",
    FaultKind.OVERLOADED: "ServiceUnavailableException",
    FaultKind.TIMEOUT: "ModelTimeoutException",
    FaultKind.CONTEXT_TOO_LONG: "ValidationException",
    FaultKind.CONTENT_REFUSED: "ValidationException",
    FaultKind.CLIENT: "ValidationException",
}
_OF_STATUS = {
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    504: "ModelTimeoutException",
}
# The five exceptions that a stream of Converse may hold, for all others. Source: the API reference of ConverseStreamOutput.
_IN_STREAM = {
    "ValidationException": "validationException",
    "AccessDeniedException": "validationException",
    "ResourceNotFoundException": "validationException",
    "ThrottlingException": "throttlingException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ModelTimeoutException": "modelStreamErrorException",
    "ModelErrorException": "modelStreamErrorException",
    "ModelStreamErrorException": "modelStreamErrorException",
}


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means. `status` 502 stands for an error inside a 200; its type then tells the real one."""
    if status < 400:
        status = 502
    told = _read(body)
    name = _type_of(headers, told)
    if told is None and is_page(headers, body):
        said = f"the provider answered {status} with a web page, not with an answer of its API; check its address"
        return ProviderReply(said, status=status, kind=classify(status, Report(said)), body=body, headers=headers)
    message = _message(told, body) or f"the provider answered {status} without a word of explanation"
    known_status, kind = _KNOWN.get(name or "", (status, None))
    if status == 502:
        status = known_status
    if kind is None:
        kind = _kind_of(status, message)
    return ProviderReply(
        message,
        status=status,
        kind=kind,
        body=body,
        headers=headers,
        provider_code=name,
        provider_type=name,
        shape=SHAPE if told is not None and isinstance(_text(told), str) else "",
    )


def _kind_of(status: int, message: str) -> FaultKind:
    if status in (400, 413, 422) and _TOO_LONG.search(message):
        return FaultKind.CONTEXT_TOO_LONG
    return classify(status, Report(message))


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        value = decode(body)
    except NotJson:
        return None
    return value if isinstance(value, dict) else None


def _text(told: dict[str, Any]) -> Any:
    return told.get("message") or told.get("Message") or told.get("originalMessage")


def _message(told: dict[str, Any] | None, body: bytes) -> str:
    if told is None:
        return body.decode("utf-8", "replace").strip()[:_MAX_MESSAGE]
    text = _text(told)
    inner = told.get("error")
    if text is None and isinstance(inner, dict):
        text = _text(inner)
    return (text if isinstance(text, str) else encode(told).decode() if told else "")[:_MAX_MESSAGE]


def _type_of(headers: Sequence[tuple[bytes, bytes]], told: dict[str, Any] | None) -> str | None:
    """The exception's name, in its own spelling: without what stands around it, whatever its first letter."""
    value = next((value.decode("latin-1") for name, value in headers if name.lower() == ERROR_TYPE), "")
    found = value or (told or {}).get("__type") or (told or {}).get("code") or ""
    if not isinstance(found, str) or not found:
        return None
    bare = found.partition(":")[0].rpartition("#")[2].strip()
    return _BY_NAME.get(bare.lower(), bare) or None


def error_name(error: LimenError) -> str:
    """The exception that tells a client of Bedrock about `error`."""
    if isinstance(error, ProviderReply):
        if error.shape == SHAPE and error.provider_type:
            return error.provider_type
        if error.kind in (FaultKind.RATE_LIMITED, FaultKind.TIMEOUT, FaultKind.CREDENTIALS):
            return _OF_KIND[error.kind]
    known = _OF_STATUS.get(error.status)
    if known is not None:
        return known
    if isinstance(error, ClientFault | LimitExceeded) or 400 <= error.status < 500:
        return "ValidationException"
    return "InternalServerException"


def render_error(error: LimenError) -> bytes:
    """``{"message"}``; a provider's own object of that shape goes back as it came."""
    if isinstance(error, ProviderReply) and error.shape == SHAPE and error.body:
        return error.body
    return encode({"message": error.message})


def event_name(error: LimenError) -> str:
    """The exception inside a stream."""
    return _IN_STREAM.get(error_name(error), "internalServerException")


def exception_body(name: str | None, payload: bytes) -> bytes:
    """The payload of an exception inside a stream, with its type in it, as :func:`parse_error` reads it."""
    try:
        told = decode(payload) if payload else {}
    except NotJson:
        told = {"message": payload.decode("utf-8", "replace")}
    if not isinstance(told, dict):
        told = {"message": str(told)}
    return encode({**told, "__type": name}) if name else encode(told)


def not_readable(reason: object) -> MalformedReply:
    """What a stream's event that can't be read raises."""
    return MalformedReply(f"the provider sent a stream event that can't be read: {reason}")
