"""Google's errors, read and written: ``{"error": {"code", "message", "status", "details"}}``, or a list of one of them.

`status` is the name of a gRPC code; `details` may say more: an `ErrorInfo` its reason, a `RetryInfo` how long to wait.
Source: https://google.aip.dev/193, https://ai.google.dev/gemini-api/docs/troubleshooting.

Must not: decide what happens next; that is for whoever reads :class:`FaultKind`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.openai.errors import Report, classify, is_page
from limen.dialects.openai.errors import parse_error as parse_any_error
from limen.errors import (
    BadRequest,
    ClientFault,
    FaultKind,
    Forbidden,
    LimenError,
    LimitExceeded,
    MethodNotAllowed,
    NotFound,
    NotSupported,
    Overloaded,
    ProviderReply,
)

SHAPE = "google"
_MAX_MESSAGE = 2000
_KIND_OF_REASON = {
    "API_KEY_INVALID": FaultKind.CREDENTIALS,
    "API_KEY_EXPIRED": FaultKind.CREDENTIALS,
    "API_KEY_SERVICE_BLOCKED": FaultKind.CREDENTIALS,
    "API_KEY_HTTP_REFERRER_BLOCKED": FaultKind.CREDENTIALS,
    "API_KEY_IP_ADDRESS_BLOCKED": FaultKind.CREDENTIALS,
    "CREDENTIALS_MISSING": FaultKind.CREDENTIALS,
    "ACCESS_TOKEN_EXPIRED": FaultKind.CREDENTIALS,
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": FaultKind.CREDENTIALS,
    "SERVICE_DISABLED": FaultKind.CREDENTIALS,
    "CONSUMER_INVALID": FaultKind.CREDENTIALS,
    "BILLING_DISABLED": FaultKind.BILLING,
    "RATE_LIMIT_EXCEEDED": FaultKind.RATE_LIMITED,
    "RESOURCE_QUOTA_EXCEEDED": FaultKind.RATE_LIMITED,
}
_KIND_OF_STATUS = {
    "UNAUTHENTICATED": FaultKind.CREDENTIALS,
    "PERMISSION_DENIED": FaultKind.CREDENTIALS,
    "RESOURCE_EXHAUSTED": FaultKind.RATE_LIMITED,
    "UNAVAILABLE": FaultKind.OVERLOADED,
    "INTERNAL": FaultKind.OVERLOADED,
    "UNKNOWN": FaultKind.OVERLOADED,
    "DEADLINE_EXCEEDED": FaultKind.TIMEOUT,
}
_TOO_LONG = re.compile(
    r"token count .{0,40}exceeds the maximum number of tokens|exceeds the maximum.{0,30}tokens", re.I
)
_NO_MONEY = re.compile(r"enable billing|billing account|prepa(?:y|id) credit|credits? (?:is|are) depleted", re.I)
_BAD_KEY = re.compile(r"api key (?:not valid|not found|expired|is invalid)|pass a valid api key", re.I)
_BLOCKED = re.compile(r"blocked (?:due to|by)|prohibited (?:content|use)|safety (?:filter|polic|reason)", re.I)
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def read_error(body: bytes) -> dict[str, Any] | None:
    """The object under `error` in `body`, in a list or not; None if there is none."""
    try:
        value = decode(body)
    except NotJson:
        return None
    if isinstance(value, list) and value:
        value = value[0]
    told = value.get("error") if isinstance(value, dict) else None
    return told if isinstance(told, dict) else None


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means. `status` 502 stands for an error inside a 200; the error's own `code` then tells the real one.

    A `RetryInfo` becomes a ``retry-after`` header, in whole seconds, where the reply has none.
    """
    told = None if is_page(headers, body) else read_error(body)
    if told is None:
        return parse_any_error(status, headers, body)
    code, word = told.get("code"), told.get("status")
    if (status == 502 or status < 400) and type(code) is int and 400 <= code <= 599:
        status = code
    message = told.get("message")
    text = (message if isinstance(message, str) and message else encode(told).decode())[:_MAX_MESSAGE]
    details = [each for each in told.get("details") or () if isinstance(each, dict)]
    reason = next((each["reason"] for each in details if isinstance(each.get("reason"), str)), None)
    return ProviderReply(
        text,
        status=status if status >= 400 else 502,
        kind=_classify(status, word, reason, text),
        body=body,
        headers=_with_retry(headers, details),
        provider_code=reason or (str(code) if code is not None else None),
        provider_type=word if isinstance(word, str) else None,
        param=_field(details),
        shape=SHAPE if body.lstrip()[:1] == b"{" and isinstance(word, str) and type(code) is int else "",
    )


def _classify(status: int, word: Any, reason: str | None, text: str) -> FaultKind:
    """From the most telling to the least: the reason, the prose where the status is vague, the status."""
    kind = _KIND_OF_REASON.get(reason or "")
    if kind is not None:
        return kind
    if status == 402 or (
        _NO_MONEY.search(text) and word in ("FAILED_PRECONDITION", "RESOURCE_EXHAUSTED") and status != 429
    ):
        return FaultKind.BILLING
    if word in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", None):
        for pattern, found in (
            (_BAD_KEY, FaultKind.CREDENTIALS),
            (_TOO_LONG, FaultKind.CONTEXT_TOO_LONG),
            (_BLOCKED, FaultKind.CONTENT_REFUSED),
        ):
            if pattern.search(text):
                return found
    if isinstance(word, str) and word in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[word]
    return classify(status, Report(text)) if word is None or status >= 500 else FaultKind.CLIENT


def retry_delay(details: Sequence[Mapping[str, Any]]) -> float | None:
    """Seconds to wait, where a `RetryInfo` says so."""
    for each in details:
        delay = each.get("retryDelay")
        found = _SECONDS.fullmatch(delay) if isinstance(delay, str) else None
        if found:
            return float(found[1])
    return None


def _with_retry(
    headers: Sequence[tuple[bytes, bytes]], details: Sequence[Mapping[str, Any]]
) -> Sequence[tuple[bytes, bytes]]:
    delay = retry_delay(details)
    if delay is None or any(name.lower() == b"retry-after" for name, _ in headers):
        return headers
    return [*headers, (b"retry-after", str(ceil(delay)).encode())]


def _field(details: Sequence[Mapping[str, Any]]) -> str | None:
    """The field at fault, where a `BadRequest` among the details names one."""
    for each in details:
        for violation in each.get("fieldViolations") or ():
            if isinstance(violation, dict) and isinstance(violation.get("field"), str):
                return str(violation["field"])
    return None


def render_error(error: LimenError) -> bytes:
    """``{"error": {"code", "message", "status", "details"}}``; a provider's own object of that shape goes back as it came."""
    if isinstance(error, ProviderReply) and error.shape == SHAPE:
        return error.body
    return encode({"error": build_error(error)})


def build_error(error: LimenError) -> dict[str, Any]:
    """The object under `error`."""
    built: dict[str, Any] = {"code": error.status, "message": error.message, "status": _status(error)}
    details: list[dict[str, Any]] = []
    if isinstance(error, ProviderReply) and error.kind is FaultKind.CREDENTIALS:
        details.append(_info("API_KEY_INVALID"))
    if isinstance(error, ClientFault) and error.param is not None:
        violation = {"field": error.param, "description": error.message}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    if isinstance(error, LimitExceeded | Overloaded):
        delay = f"{ceil(error.retry_after)}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    if details:
        built["details"] = details
    return built


def _info(reason: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}


def _status(error: LimenError) -> str:
    match error:
        case LimitExceeded():
            return "RESOURCE_EXHAUSTED"
        case NotFound():
            return "NOT_FOUND"
        case Forbidden():
            return "PERMISSION_DENIED"
        case MethodNotAllowed() | NotSupported():
            return "UNIMPLEMENTED"
        case BadRequest():
            return "INVALID_ARGUMENT"
    known = _WORDS.get(error.status)
    if known is not None:
        return known
    return "INVALID_ARGUMENT" if error.status < 500 else "UNAVAILABLE"
