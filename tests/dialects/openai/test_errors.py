"""Errors of OpenAI's family, read and written."""

import json
from typing import Any

import pytest

from corpus import errors
from limen.dialects.openai.errors import error_type, is_page, parse_error, read_report, render_error
from limen.errors import (
    BadRequest,
    FaultKind,
    GatewayFault,
    LimenError,
    LimitExceeded,
    MalformedReply,
    NotFound,
    Overloaded,
    ProviderReply,
    TimeoutFault,
)


def kind(status: int, body: Any) -> FaultKind:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_error(status, (), text).kind


def told(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, told("x", code="context_length_exceeded"), FaultKind.CONTEXT_TOO_LONG),
        (400, told("This model's maximum context length is 8192 tokens. However …"), FaultKind.CONTEXT_TOO_LONG),
        (400, told("prompt too long; exceeded max context length by 5 tokens"), FaultKind.CONTEXT_TOO_LONG),
        (400, told("x", type="exceed_context_size_error", code=400), FaultKind.CONTEXT_TOO_LONG),
        (
            400,
            told("The input token count (5) exceeds the maximum number of tokens allowed (4)."),
            FaultKind.CONTEXT_TOO_LONG,
        ),
        (500, told("the request exceeds the available context size"), FaultKind.CONTEXT_TOO_LONG),
        (400, told("x", code="content_filter"), FaultKind.CONTENT_REFUSED),
        (400, told("x", code="400", innererror={"code": "ResponsibleAIPolicyViolation"}), FaultKind.CONTENT_REFUSED),
        (403, told("Your input was flagged by the moderator", code=403), FaultKind.CONTENT_REFUSED),
        (401, told("x", code="invalid_api_key"), FaultKind.CREDENTIALS),
        (403, told("You may not"), FaultKind.CREDENTIALS),
        (400, {"code": "invalid-argument", "error": "Incorrect API key provided."}, FaultKind.CREDENTIALS),
        (
            400,
            [told("API key not valid. Please pass a valid API key.", status="INVALID_ARGUMENT")],
            FaultKind.CREDENTIALS,
        ),
        (429, told("You exceeded your current quota", code="insufficient_quota"), FaultKind.BILLING),
        (402, told("Insufficient Balance"), FaultKind.BILLING),
        (429, told("Slow down", type="tokens", code="rate_limit_exceeded"), FaultKind.RATE_LIMITED),
        (413, told("Request too large for tokens per minute", code="rate_limit_exceeded"), FaultKind.RATE_LIMITED),
        (429, b"", FaultKind.RATE_LIMITED),
        (503, told("The server is overloaded"), FaultKind.OVERLOADED),
        (529, told("x", type="overloaded_error"), FaultKind.OVERLOADED),
        (500, told("oops"), FaultKind.OVERLOADED),
        (408, b"", FaultKind.TIMEOUT),
        (504, b"upstream request timeout", FaultKind.TIMEOUT),
        (404, told("x", code="model_not_found"), FaultKind.CLIENT),
        (413, b"too large", FaultKind.CLIENT),
        (422, {"detail": [{"loc": ["body"], "msg": "x"}]}, FaultKind.CLIENT),
        (501, told("not here"), FaultKind.CLIENT),
    ],
)
def test_the_most_telling_word_decides(status: int, body: Any, expected: FaultKind) -> None:
    """A code before the prose, the prose before the status."""
    assert kind(status, body) is expected


# Every recorded error is of the kind its status says, but for these, found by id or by the words in it.
BY_STATUS = {
    400: "client",
    401: "credentials",
    403: "credentials",
    404: "client",
    429: "rate_limited",
    500: "overloaded",
    501: "client",
}
TOO_LONG = ("maximum context length", "prompt too long", "length of all messages is too long")


@pytest.mark.parametrize("api", ["chat", "completions", "embeddings"])
def test_recorded_errors_have_their_kind(api: str) -> None:
    """Every error that a provider of this family was recorded with, with the message it had."""
    for exchange in errors(api):
        body = json.dumps(exchange["response"]).encode() if exchange.get("response") is not None else b""
        fault = parse_error(exchange["status"], (), body)
        expected = (
            "context_too_long" if any(words in fault.message for words in TOO_LONG) else BY_STATUS[exchange["status"]]
        )
        assert (fault.status, fault.kind) == (exchange["status"], expected), exchange["id"]
        assert fault.message
        assert "{" not in fault.message[:1], fault.message
        assert fault.body == body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (told("m"), "m"),
        ({"error": "m", "code": "c"}, "m"),
        ({"error": {"code": 1}}, '{"code":1}'),
        ({"detail": "m"}, "m"),
        ({"detail": [1]}, "[1]"),
        ({"message": "m", "type": "t"}, "m"),
        ([told("m")], "m"),
        ("m", "m"),
        ({"odd": 1}, '{"odd":1}'),
        ([], "[]"),
    ],
)
def test_every_shape_has_a_message(body: Any, message: str) -> None:
    """Whatever JSON an error is, there is something for a person to read."""
    report = read_report(json.dumps(body).encode())
    assert report is not None
    assert report.message == message


def test_what_is_kept_of_a_reply() -> None:
    """Status, headers and body as received; code, type and field by name."""
    body = json.dumps(told("m", type="invalid_request_error", code="c", param="messages")).encode()
    fault = parse_error(422, [(b"retry-after", b"3")], body)
    assert (fault.status, fault.body, fault.headers) == (422, body, ((b"retry-after", b"3"),))
    assert (fault.provider_code, fault.provider_type, fault.param) == ("c", "invalid_request_error", "messages")


def test_an_error_inside_a_200_has_the_status_it_names() -> None:
    """502 stands for an answer that was no answer; a number in the body tells the real status."""
    assert parse_error(502, (), json.dumps(told("x", code=429)).encode()).status == 429
    assert parse_error(502, (), json.dumps(told("x", code="server_error")).encode()).status == 502
    assert parse_error(400, (), json.dumps(told("x", code=429)).encode()).status == 400


@pytest.mark.parametrize(
    ("status", "seen", "expected"),
    [
        (404, 502, FaultKind.MALFORMED),
        (400, 502, FaultKind.MALFORMED),
        (302, 502, FaultKind.OVERLOADED),
        (502, 502, FaultKind.OVERLOADED),
        (503, 503, FaultKind.OVERLOADED),
        (429, 429, FaultKind.RATE_LIMITED),
        (401, 401, FaultKind.CREDENTIALS),
        (504, 504, FaultKind.TIMEOUT),
    ],
)
def test_a_page_is_not_an_answer(status: int, seen: int, expected: FaultKind) -> None:
    """HTML is not quoted; it is believed only where its status means the same whoever sends it."""
    fault = parse_error(status, [(b"Content-Type", b"text/html")], b"<html><h1>Nope</h1>")
    assert (fault.status, fault.kind) == (seen, expected)
    assert "<" not in fault.message


def test_plain_text_is_quoted() -> None:
    """A few words of a server are better than none; a novel is cut."""
    assert parse_error(400, (), b" no such route \n").message == "no such route"
    assert len(parse_error(400, (), b"x" * 10_000).message) == 2000
    assert parse_error(500, (), b"\xff\xfe").message
    assert not is_page((), b"plain")


@pytest.mark.parametrize(
    ("error", "kind", "code", "param"),
    [
        (BadRequest("m", param="messages[0]"), "invalid_request_error", "invalid_request", "messages[0]"),
        (NotFound("m", param="model", code="model_not_found"), "invalid_request_error", "model_not_found", "model"),
        (LimitExceeded("m", retry_after=1), "rate_limit_error", "rate_limit_exceeded", None),
        (MalformedReply("m"), "server_error", "provider_malformed_reply", None),
        (TimeoutFault("m", phase="idle"), "server_error", "provider_timeout", None),
        (Overloaded("m"), "service_unavailable_error", "overloaded", None),
        (GatewayFault("m"), "server_error", "internal_error", None),
    ],
)
def test_own_errors_have_openais_shape(error: LimenError, kind: str, code: str, param: str | None) -> None:
    """The four keys are always there."""
    assert json.loads(render_error(error)) == {"error": {"message": "m", "type": kind, "param": param, "code": code}}


def test_a_providers_own_error_goes_back_as_it_came() -> None:
    """Byte for byte, where it has OpenAI's shape already."""
    body = b'{ "error" : {"message":"m","x":123456789012345678901234567890} }'
    assert render_error(parse_error(400, (), body)) == body


@pytest.mark.parametrize("body", [b'{"error":"m"}', b'{"detail":"m"}', b"m", b'[{"error":{"message":"m"}}]'])
def test_other_shapes_are_put_into_openais(body: bytes) -> None:
    """So that a client finds the message where it looks for it."""
    assert json.loads(render_error(parse_error(400, (), body)))["error"]["message"] == "m"


def test_a_kind_that_was_told_in_prose_gets_openais_code() -> None:
    """Client libraries look for these codes."""
    fault = ProviderReply("prompt is too long", status=400, kind=FaultKind.CONTEXT_TOO_LONG, body=b"prompt is too long")
    assert json.loads(render_error(fault))["error"]["code"] == "context_length_exceeded"
    assert error_type(fault) == "invalid_request_error"
