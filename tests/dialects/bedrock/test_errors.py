"""Errors, read and written."""

from typing import Any

import pytest

from bedrock_wire import DIALECT, text
from corpus import errors
from limen.dialects.bedrock.errors import (
    error_name,
    event_name,
    exception_body,
    not_readable,
    parse_error,
    render_error,
)
from limen.errors import (
    BadRequest,
    FaultKind,
    Forbidden,
    LimenError,
    LimitExceeded,
    MalformedReply,
    NotFound,
    NotSupported,
    Overloaded,
    ProviderReply,
    TimeoutFault,
    TransportFault,
)


def kind(status: int, name: str, message: str = "m") -> FaultKind:
    header = [(b"x-amzn-errortype", f"{name}:http://internal.amazon.com/coral/".encode())] if name else []
    return parse_error(status, header, text({"message": message})).kind


@pytest.mark.parametrize(
    ("status", "name", "wanted"),
    [
        (400, "ValidationException", FaultKind.CLIENT),
        (429, "ThrottlingException", FaultKind.RATE_LIMITED),
        (400, "ServiceQuotaExceededException", FaultKind.RATE_LIMITED),
        (403, "AccessDeniedException", FaultKind.CREDENTIALS),
        (403, "ExpiredTokenException", FaultKind.CREDENTIALS),
        (404, "ResourceNotFoundException", FaultKind.CLIENT),
        (408, "ModelTimeoutException", FaultKind.TIMEOUT),
        (429, "ModelNotReadyException", FaultKind.OVERLOADED),
        (424, "ModelErrorException", FaultKind.OVERLOADED),
        (500, "InternalServerException", FaultKind.OVERLOADED),
        (503, "ServiceUnavailableException", FaultKind.OVERLOADED),
        (403, "", FaultKind.CREDENTIALS),
        (418, "TeapotException", FaultKind.CLIENT),
    ],
)
def test_each_exception_has_its_kind(status: int, name: str, wanted: FaultKind) -> None:
    """Told by the header, whatever follows the name; without a name by the status."""
    assert kind(status, name) is wanted


@pytest.mark.parametrize(
    "message",
    [
        "Input is too long for requested model.",
        "The model returned the following errors: prompt is too long: 210000 tokens > 200000 maximum",
        "The model returned the following errors: input length and `max_tokens` exceed context limit",
        "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
    ],
)
def test_a_context_that_is_too_long_is_told_in_prose(message: str) -> None:
    """Bedrock has no exception of its own for it."""
    assert kind(400, "ValidationException", message) is FaultKind.CONTEXT_TOO_LONG


def test_the_type_may_stand_in_the_body() -> None:
    """And the message under another spelling."""
    found = parse_error(400, (), text({"__type": "com.amazon.coral#ThrottlingException", "Message": "slow"}))
    assert (found.provider_type, found.message, found.kind) == ("ThrottlingException", "slow", FaultKind.RATE_LIMITED)
    found = parse_error(502, (), exception_body("modelStreamErrorException", b'{"originalMessage":"x"}'))
    assert (found.status, found.message, found.provider_type) == (424, "x", "ModelStreamErrorException")


@pytest.mark.parametrize(
    "body", [b"", b"gone", b"[]", b"{}", b"<html>", b'{"message":null}', b'{"error":{"message":"x"}}']
)
def test_odd_bodies_are_errors_too(body: bytes) -> None:
    """Whatever something in front of Bedrock sends."""
    found = parse_error(502, [(b"content-type", b"text/html")] if body[:1] == b"<" else (), body)
    assert found.message
    assert (found.status, found.shape) == (502, "")
    assert parse_error(301, (), body).status == 502


def test_recorded_errors() -> None:
    """Each is the caller's, or one of credentials; its own body goes back to a client of Bedrock."""
    for exchange in errors("converse"):
        body, headers = text(exchange["response"]), exchange["response_headers"].items()
        pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
        found = DIALECT.parse_error(exchange["status"], pairs, body)
        assert found.kind in (FaultKind.CLIENT, FaultKind.CREDENTIALS), exchange["id"]
        assert found.message == exchange["response"]["message"]
        assert DIALECT.render_error(found) == body


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (BadRequest("x"), "ValidationException"),
        (NotFound("x"), "ResourceNotFoundException"),
        (Forbidden("x"), "AccessDeniedException"),
        (LimitExceeded("x", retry_after=1), "ThrottlingException"),
        (NotSupported("x"), "InternalServerException"),
        (Overloaded("x"), "ServiceUnavailableException"),
        (TransportFault("x"), "InternalServerException"),
        (TimeoutFault("x", phase="idle"), "ModelTimeoutException"),
        (ProviderReply("x", status=529, kind=FaultKind.OVERLOADED), "InternalServerException"),
        (ProviderReply("x", status=401, kind=FaultKind.CREDENTIALS), "AccessDeniedException"),
        (ProviderReply("x", status=400, kind=FaultKind.RATE_LIMITED), "ThrottlingException"),
        (LimenError("x"), "InternalServerException"),
    ],
)
def test_each_fault_has_an_exception(error: LimenError, name: str) -> None:
    """In the header, by which SDKs choose what to raise."""
    assert error_name(error) == name
    assert DIALECT.error_headers(error) == [(b"x-amzn-errortype", name.encode())]
    assert render_error(error) == b'{"message":"x"}'


def test_bedrocks_own_exception_keeps_its_name() -> None:
    """Also where limen has no other use for it."""
    found = parse_error(424, [(b"X-Amzn-ErrorType", b"ModelErrorException")], b'{"message":"x","resourceName":"r"}')
    assert error_name(found) == "ModelErrorException"
    assert event_name(found) == "modelStreamErrorException"
    assert render_error(found) == b'{"message":"x","resourceName":"r"}'


def test_payloads_of_exceptions() -> None:
    """Always a JSON object with the type in it."""
    cases: list[tuple[Any, bytes]] = [
        (b"", b'{"__type":"x"}'),
        (b"oh", b'{"message":"oh","__type":"x"}'),
        (b"[1]", b'{"message":"[1]","__type":"x"}'),
    ]
    for payload, wanted in cases:
        assert exception_body("x", payload) == wanted
    assert exception_body(None, b"{}") == b"{}"
    assert isinstance(not_readable("x"), MalformedReply)
