"""Errors of OpenAI's family, read and written.

What comes from a provider is classified from the most telling to the least: the words of its code or type, the words of its
message where the code is silent (most servers report a context that is too long in prose only), then the status.

Must not: decide what happens next; that is for whoever reads :class:`FaultKind`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from limen.dialects.json_text import NotJson, decode, encode
from limen.errors import (
    ClientFault,
    FaultKind,
    LimenError,
    LimitExceeded,
    MalformedReply,
    Overloaded,
    ProviderReply,
)

SHAPE = "openai"
_MAX_MESSAGE = 2000
_NULL = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct):
    """The members of a full answer that tell it from an error; decoding them proves that all of it is JSON."""

    error: msgspec.Raw = _NULL
    choices: msgspec.Raw = _NULL
    data: msgspec.Raw = _NULL


_ENVELOPE = msgspec.json.Decoder(_Envelope)

# Codes and types as providers write them, lower-cased. A billing code comes with 429 at OpenAI, so it is looked at first.
_KINDS = {
    FaultKind.CONTEXT_TOO_LONG: (
        "context_length_exceeded string_above_max_length too_many_prompt_tokens context_window_exceeded "
        "exceed_context_size_error"
    ),
    FaultKind.CONTENT_REFUSED: (
        "content_filter content_policy_violation responsibleaipolicyviolation moderation_blocked "
        "data_inspection_failed content_moderation_failed safety_violation"
    ),
    FaultKind.BILLING: (
        "insufficient_quota billing_hard_limit_reached billing_not_active insufficient_balance payment_required "
        "exceeded_current_quota_error insufficient_credits account_deactivated"
    ),
    FaultKind.CREDENTIALS: (
        "invalid_api_key authentication_error invalid_authentication_error invalid_issuer invalid_organization "
        "incorrect_api_key permission_error permission_denied unauthorized forbidden access_denied "
        "unsupported_country_region_territory"
    ),
    FaultKind.RATE_LIMITED: (
        "rate_limit_exceeded rate_limit_error ratelimitreached rate_limit_reached_error too_many_requests tokens requests"
    ),
    FaultKind.OVERLOADED: (
        "overloaded overloaded_error engine_overloaded_error server_overloaded service_unavailable "
        "service_unavailable_error slow_down model_overloaded capacity_exceeded"
    ),
    FaultKind.TIMEOUT: "timeout request_timeout timeout_error gateway_timeout",
}
_KIND_OF_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}

_TOO_LONG = re.compile(
    r"maximum context length|context (?:length|window|size)\b.{0,40}\b(?:exceed|limit)|exceed\w*.{0,60}\bcontext|"
    r"prompt (?:is )?too long|(?:length of all messages|input) is too long|too many (?:input |prompt )?tokens|"
    r"input length.{0,40}exceed|exceeds the maximum number of tokens|reduce the length of",
    re.IGNORECASE | re.DOTALL,
)
_NO_MONEY = re.compile(
    r"insufficient (?:balance|credit|fund|quota)|exceeded your current quota|payment required", re.IGNORECASE
)
_REFUSED = re.compile(r"content (?:management )?policy|content[ _]filter|flagged by|safety system", re.IGNORECASE)

_KIND_OF_STATUS = {
    401: FaultKind.CREDENTIALS,
    402: FaultKind.BILLING,
    403: FaultKind.CREDENTIALS,
    408: FaultKind.TIMEOUT,
    429: FaultKind.RATE_LIMITED,
    501: FaultKind.CLIENT,
    504: FaultKind.TIMEOUT,
    522: FaultKind.TIMEOUT,
    524: FaultKind.TIMEOUT,
}
_BAD_KEY = re.compile(r"(?:incorrect|invalid) api[ -]key|api[ -]key (?:is )?(?:not valid|invalid)", re.IGNORECASE)
"""xAI and Gemini answer 400 to a key that they don't know."""
_READ_THE_PROSE = frozenset({400, 402, 403, 413, 422, 429, 500})


class Report(msgspec.Struct, frozen=True):
    """What an error body says, whichever shape it has. `shaped`: it is OpenAI's own, an object named `error`."""

    message: str
    code: str | None = None
    type: str | None = None
    param: str | None = None
    shaped: bool = False


def read_report(body: bytes) -> Report | None:
    """The report in `body`, or None if it is not JSON.

    Shapes seen: ``{"error": {…}}``, ``{"error": "text"}``, ``{"detail": …}`` (Mistral, Voyage), ``{"message", "type", "code"}``
    (Mistral, Doubleword), ``[{"error": {…}}]`` (Gemini), and a bare JSON string.
    """
    try:
        value = decode(body)
    except NotJson:
        return None
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return Report(_cut(value))
    told = value.get("error")
    if isinstance(told, dict):
        return _report(told, shaped=True)
    if isinstance(told, str) and told:
        return Report(_cut(value.get("message") or told), code=_word(value.get("code")))
    if value.get("message") is not None:
        return _report(value, shaped=False)
    return Report(_cut(value.get("detail", value)))


def _report(told: dict[str, Any], *, shaped: bool) -> Report:
    inner = told.get("innererror")
    code = _word(told.get("code"))
    if code in _VAGUE and isinstance(inner, dict):
        code = _word(inner.get("code")) or code
    message = told.get("message")
    text = _cut(message if message else told)
    return Report(text, code, _word(told.get("type")) or _word(told.get("status")), _word(told.get("param")), shaped)


_VAGUE = frozenset({None, "400", "BadRequest", "invalid_request_error"})


def _word(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" and not isinstance(value, bool) else None


def _cut(value: Any) -> str:
    text = value if isinstance(value, str) else encode(value).decode()
    return text[:_MAX_MESSAGE]


def classify(status: int, report: Report) -> FaultKind:
    """Why the provider said no."""
    for word in (report.code, report.type):
        kind = _KIND_OF_WORD.get(word.lower()) if word else None
        if kind is not None:
            return kind
    if status in _READ_THE_PROSE:
        for pattern, kind in (
            (_TOO_LONG, FaultKind.CONTEXT_TOO_LONG),
            (_NO_MONEY, FaultKind.BILLING),
            (_REFUSED, FaultKind.CONTENT_REFUSED),
            (_BAD_KEY, FaultKind.CREDENTIALS),
        ):
            if pattern.search(report.message):
                return kind
    # A 5xx that no word explains: the provider answered, so this is no transport fault; another try may well succeed.
    return _KIND_OF_STATUS.get(status, FaultKind.OVERLOADED if status >= 500 else FaultKind.CLIENT)


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means.

    `status` 502 stands for an error inside a 200, whole or streamed; the body's own numeric code then tells the real one
    (OpenRouter and llama.cpp write HTTP statuses there). A web page comes from something in front of the provider and is not
    quoted; it is believed where its status means the same whoever sends it, and else is a MALFORMED reply.
    """
    if status < 400:
        status = 502  # A redirect, say: nobody asked for it, and no client of the gateway could follow it.
    report = read_report(body)
    if report is None:
        return _not_json(status, headers, body)
    if status == 502 and report.code is not None and report.code.isdecimal() and 400 <= int(report.code) <= 599:
        status = int(report.code)
    return ProviderReply(
        report.message,
        status=status,
        kind=classify(status, report),
        body=body,
        headers=headers,
        provider_code=report.code,
        provider_type=report.type,
        param=report.param,
        shape=SHAPE if report.shaped and body.lstrip()[:1] == b"{" else "",
    )


def check_response(body: bytes) -> None:
    """Refuse a full answer that is none: MalformedReply for what is not JSON, ProviderReply for an error in it."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedReply("the provider answered with a body that is not valid JSON") from None
    if envelope.error != _NULL and envelope.choices == envelope.data == _NULL:
        raise parse_error(502, (), body)


def _not_json(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    text = body.decode("utf-8", "replace").strip()
    kind = classify(status, Report(text))
    if not is_page(headers, body):
        said = text[:_MAX_MESSAGE] or f"the provider answered {status} without a word of explanation"
        return ProviderReply(said, status=status, kind=kind, body=body, headers=headers)
    said = f"the provider answered {status} with a web page, not with an answer of its API; check its base URL"
    if status < 500 and status not in _KIND_OF_STATUS:
        return ProviderReply(said, status=502, kind=FaultKind.MALFORMED, body=body, headers=headers)
    return ProviderReply(said, status=status, kind=kind, body=body, headers=headers)


def is_page(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
    """Whether a reply is a page for people, which something in front of the provider sent."""
    declared = any(name.lower() == b"content-type" and b"html" in value.lower() for name, value in headers)
    return declared or body.lstrip()[:1] == b"<"


def error_type(error: LimenError) -> str:
    """OpenAI's word for the family of an error. Its own 401 and 403 are of type ``invalid_request_error``."""
    if isinstance(error, LimitExceeded) or error.status == 429:
        return "rate_limit_error"
    if isinstance(error, ClientFault) or 400 <= error.status < 500:
        return "invalid_request_error"
    return "service_unavailable_error" if isinstance(error, Overloaded) else "server_error"


def render_error(error: LimenError) -> bytes:
    """``{"error": {"message", "type", "param", "code"}}``; a provider's own object of that shape goes back as it came."""
    if not isinstance(error, ProviderReply):
        return _render(error.message, error_type(error), getattr(error, "param", None), error.code)
    if error.shape == SHAPE:
        return error.body
    code = error.provider_code or _CODE_OF_KIND.get(error.kind)
    return _render(error.message, error.provider_type or error_type(error), error.param, code)


# OpenAI's code for a fault that was told in another dialect's words, or in prose; client libraries look for some of these.
_CODE_OF_KIND = {
    FaultKind.CONTEXT_TOO_LONG: "context_length_exceeded",
    FaultKind.CONTENT_REFUSED: "content_filter",
    FaultKind.CREDENTIALS: "invalid_api_key",
    FaultKind.BILLING: "insufficient_quota",
    FaultKind.RATE_LIMITED: "rate_limit_exceeded",
}


def _render(message: str, kind: str, param: str | None, code: str | None) -> bytes:
    return encode({"error": {"message": message, "type": kind, "param": param, "code": code}})
