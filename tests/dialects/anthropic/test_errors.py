"""Errors, read and written."""

import json

import pytest

from corpus import errors
from limen.dialects.anthropic.errors import error_type, parse_error, read_own, render_error
from limen.errors import (
    BadRequest,
    FaultKind,
    Forbidden,
    LimenError,
    LimitExceeded,
    NotFound,
    NotSupported,
    Overloaded,
    ProviderReply,
    TimeoutFault,
    TooLarge,
    TransportFault,
)


def body(word: str, message: str = "m") -> bytes:
    return json.dumps({"type": "error", "error": {"type": word, "message": message}, "request_id": "req_1"}).encode()


@pytest.mark.parametrize(
    ("word", "status", "kind"),
    [
        ("invalid_request_error", 400, FaultKind.CLIENT),
        ("authentication_error", 401, FaultKind.CREDENTIALS),
        ("billing_error", 402, FaultKind.BILLING),
        ("permission_error", 403, FaultKind.CREDENTIALS),
        ("not_found_error", 404, FaultKind.CLIENT),
        ("request_too_large", 413, FaultKind.CLIENT),
        ("rate_limit_error", 429, FaultKind.RATE_LIMITED),
        ("api_error", 500, FaultKind.OVERLOADED),
        ("timeout_error", 504, FaultKind.TIMEOUT),
        ("overloaded_error", 529, FaultKind.OVERLOADED),
    ],
)
def test_every_type_has_its_kind(word: str, status: int, kind: FaultKind) -> None:
    """By itself and in a stream, where only the type tells the status (LiteLLM #24608 hid a 529 as a 429)."""
    for given in (status, 502):
        reply = parse_error(given, (), body(word))
        assert (reply.status, reply.kind, reply.message) == (status, kind, "m")
        assert render_error(reply) == body(word)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("prompt is too long: 3333404 tokens > 200000 maximum", FaultKind.CONTEXT_TOO_LONG),
        ("input length and `max_tokens` exceed context limit: 1 + 2 > 2", FaultKind.CONTEXT_TOO_LONG),
        ("Your credit balance is too low to access the Anthropic API.", FaultKind.BILLING),
        ("You have reached your specified API usage limits.", FaultKind.BILLING),
        ("messages: text content blocks must be non-empty", FaultKind.CLIENT),
    ],
)
def test_the_words_of_a_bad_request_tell_more(message: str, kind: FaultKind) -> None:
    """Anthropic has one type for all of them."""
    assert parse_error(400, (), body("invalid_request_error", message)).kind == kind


def test_recorded_errors_have_kinds() -> None:
    """Every one of them is in Anthropic's shape and goes back as it came."""
    seen = set()
    for exchange in errors("messages") + errors("count_tokens"):
        if exchange["provider"] == "anthropic":
            text = json.dumps(exchange["response"]).encode()
            reply = parse_error(exchange["status"], (), text)
            assert read_own(text) is not None
            assert (reply.status, render_error(reply)) == (exchange["status"], text)
            seen.add(reply.kind)
    assert seen == {FaultKind.CLIENT, FaultKind.CREDENTIALS, FaultKind.CONTEXT_TOO_LONG}


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (BadRequest("m"), "invalid_request_error"),
        (Forbidden("m"), "permission_error"),
        (NotFound("m"), "not_found_error"),
        (TooLarge("m"), "request_too_large"),
        (LimitExceeded("m", retry_after=1), "rate_limit_error"),
        (Overloaded("m"), "overloaded_error"),
        (NotSupported("m"), "api_error"),
        (TransportFault("m"), "api_error"),
        (TimeoutFault("m", phase="idle"), "timeout_error"),
        (LimenError("m"), "api_error"),
        (ProviderReply("m", status=401, kind=FaultKind.CREDENTIALS), "authentication_error"),
        (ProviderReply("m", status=422, kind=FaultKind.CLIENT), "invalid_request_error"),
        (ProviderReply("m", status=402, kind=FaultKind.BILLING), "billing_error"),
        (ProviderReply("m", status=503, kind=FaultKind.OVERLOADED), "overloaded_error"),
    ],
)
def test_every_error_has_a_word(error: LimenError, word: str) -> None:
    """Of Anthropic's own."""
    assert error_type(error) == word
    assert json.loads(render_error(error)) == {"type": "error", "error": {"type": word, "message": "m"}}


def test_a_long_conversation_is_told_in_anthropics_words() -> None:
    """Clients compact a conversation when they see them."""
    error = ProviderReply(
        "maximum context length is 8", status=400, kind=FaultKind.CONTEXT_TOO_LONG, body=b'{"error":{}}'
    )
    assert json.loads(render_error(error))["error"]["message"] == "prompt is too long: maximum context length is 8"


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b"[]", b'{"error": {"type": "x"}}', b'{"type": "error", "error": "x"}']
)
def test_what_is_not_anthropics_shape(text: bytes) -> None:
    """Something in front of it, or another server: read as well as can be."""
    assert read_own(text) is None
    assert parse_error(500, (), text).status in (500, 502)
