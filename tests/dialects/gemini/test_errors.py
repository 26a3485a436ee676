"""Google's errors."""

import json
from typing import Any

import pytest

from corpus import errors, recordings
from gemini_wire import DIALECT, dumped
from limen.dialects.gemini.errors import build_error, parse_error, render_error
from limen.errors import (
    BadRequest,
    FaultKind,
    Forbidden,
    GatewayFault,
    LimenError,
    LimitExceeded,
    MalformedReply,
    MethodNotAllowed,
    NotFound,
    NotSupported,
    Overloaded,
    ProviderReply,
    TimeoutFault,
    TooLarge,
    TransportFault,
)


def body(code: int, status: str | None, message: str = "m", *details: Any) -> bytes:
    """An error of Google's."""
    told: dict[str, Any] = {"code": code, "message": message}
    if status is not None:
        told["status"] = status
    if details:
        told["details"] = list(details)
    return dumped({"error": told})


BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
FIELD = {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    "fieldViolations": [{"field": "contents", "description": "d"}],
}


@pytest.mark.parametrize(
    ("code", "status", "message", "details", "kind"),
    [
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [BAD_KEY], FaultKind.CREDENTIALS),
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [], FaultKind.CREDENTIALS),
        (400, "INVALID_ARGUMENT", "Unknown name", [FIELD], FaultKind.CLIENT),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
            [],
            FaultKind.CONTEXT_TOO_LONG,
        ),
        (400, "FAILED_PRECONDITION", "Please enable billing on project 1", [], FaultKind.BILLING),
        (400, "FAILED_PRECONDITION", "User location is not supported", [], FaultKind.CLIENT),
        (400, "INVALID_ARGUMENT", "The prompt was blocked due to safety reasons", [], FaultKind.CONTENT_REFUSED),
        (401, "UNAUTHENTICATED", "m", [], FaultKind.CREDENTIALS),
        (402, "RESOURCE_EXHAUSTED", "Your prepay credits are depleted", [], FaultKind.BILLING),
        (403, "PERMISSION_DENIED", "m", [], FaultKind.CREDENTIALS),
        (404, "NOT_FOUND", "models/x is not found", [], FaultKind.CLIENT),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check billing.",
            [RETRY],
            FaultKind.RATE_LIMITED,
        ),
        (500, "INTERNAL", "m", [], FaultKind.OVERLOADED),
        (503, "UNAVAILABLE", "The model is overloaded.", [], FaultKind.OVERLOADED),
        (504, "DEADLINE_EXCEEDED", "m", [], FaultKind.TIMEOUT),
        (500, None, "m", [], FaultKind.OVERLOADED),
        (400, None, "m", [], FaultKind.CLIENT),
    ],
)
def test_kinds(code: int, status: str | None, message: str, details: list[Any], kind: FaultKind) -> None:
    """From the most telling to the least; in a list too, and inside a 200."""
    told = body(code, status, message, *details)
    for given, text in ((code, told), (code, b"[" + told + b"]"), (502, told)):
        found = parse_error(given, (), text)
        assert (found.kind, found.status, found.message, found.provider_type) == (kind, code, message, status)


def test_how_long_to_wait_becomes_a_header() -> None:
    """In whole seconds, unless the reply has one already."""
    told = body(429, "RESOURCE_EXHAUSTED", "m", RETRY)
    assert (b"retry-after", b"35") in parse_error(429, (), told).headers
    assert parse_error(429, ((b"Retry-After", b"7"),), told).headers == ((b"Retry-After", b"7"),)
    assert parse_error(400, (), body(400, "INVALID_ARGUMENT", "m", FIELD)).param == "contents"


def test_other_shapes_are_read_too() -> None:
    """A page, prose, or an error in OpenAI's shape from a server in front."""
    assert parse_error(503, ((b"content-type", b"text/html"),), b"<html>").kind is FaultKind.OVERLOADED
    assert parse_error(401, (), b"no").kind is FaultKind.CREDENTIALS
    assert parse_error(429, (), b'{"message": "slow down"}').kind is FaultKind.RATE_LIMITED
    assert parse_error(400, (), b'{"error": {}}').message == "{}"


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (BadRequest("m", param="contents"), 400, "INVALID_ARGUMENT"),
        (Forbidden("m"), 403, "PERMISSION_DENIED"),
        (NotFound("m"), 404, "NOT_FOUND"),
        (MethodNotAllowed("m", allow="POST"), 405, "UNIMPLEMENTED"),
        (TooLarge("m"), 413, "INVALID_ARGUMENT"),
        (LimitExceeded("m", retry_after=2.1), 429, "RESOURCE_EXHAUSTED"),
        (ProviderReply("m", status=401, kind=FaultKind.CREDENTIALS, body=b"{}"), 401, "UNAUTHENTICATED"),
        (ProviderReply("m", status=529, kind=FaultKind.OVERLOADED), 529, "UNAVAILABLE"),
        (TransportFault("m"), 502, "UNAVAILABLE"),
        (TimeoutFault("m", phase="idle"), 504, "DEADLINE_EXCEEDED"),
        (MalformedReply("m"), 502, "UNAVAILABLE"),
        (NotSupported("m"), 501, "UNIMPLEMENTED"),
        (Overloaded("m", retry_after=1), 503, "UNAVAILABLE"),
        (GatewayFault("m"), 500, "INTERNAL"),
    ],
)
def test_every_fault_has_googles_words(error: LimenError, code: int, status: str) -> None:
    """Code, message, status; details where there is more to say."""
    told = json.loads(render_error(error))["error"]
    assert (told["code"], told["message"], told["status"]) == (code, "m", status)
    assert told == json.loads(json.dumps(build_error(error)))


def test_details() -> None:
    """The field at fault, how long to wait, a key that is not taken."""
    assert build_error(BadRequest("m", param="p"))["details"][0]["fieldViolations"] == [
        {"field": "p", "description": "m"}
    ]
    assert build_error(LimitExceeded("m", retry_after=2.1))["details"][0]["retryDelay"] == "3s"
    refused = ProviderReply("m", status=401, kind=FaultKind.CREDENTIALS)
    assert build_error(refused)["details"][0]["reason"] == "API_KEY_INVALID"


def test_googles_own_error_goes_back_as_it_came() -> None:
    """From the same family of dialects; in a list it is taken out of it."""
    told = body(400, "INVALID_ARGUMENT", "m", BAD_KEY)
    assert render_error(parse_error(400, (), told)) == told
    assert json.loads(render_error(parse_error(400, (), b"[" + told + b"]")))["error"]["code"] == 400


@pytest.mark.parametrize("text", [b"", b"[]", b"<html>", b"1"])
def test_a_relayed_answer_is_an_object(text: bytes) -> None:
    """Anything else is no answer."""
    with pytest.raises(MalformedReply):
        DIALECT.check_response(text)


def test_an_error_in_a_200_is_an_error() -> None:
    """Unless it stands beside an answer."""
    with pytest.raises(ProviderReply):
        DIALECT.check_response(body(503, "UNAVAILABLE"))
    DIALECT.check_response(b'{"candidates": [], "error": {}}')


# What Google says of each recorded error; the 200s are in the other tests.
RECORDED = {
    400: {FaultKind.CREDENTIALS, FaultKind.CLIENT, FaultKind.CONTEXT_TOO_LONG},
    401: {FaultKind.CREDENTIALS},
    403: {FaultKind.CREDENTIALS},
    404: {FaultKind.CLIENT},
    429: {FaultKind.RATE_LIMITED},
}


def test_recorded_errors_have_the_kind_that_fits() -> None:
    """Every one, of each of Google's APIs."""
    found: dict[int, set[FaultKind]] = {}
    for api in ("generateContent", "predict", "count_tokens", "embeddings"):
        for exchange in errors(api):
            if exchange["provider"] in ("gemini", "vertex"):
                told = parse_error(exchange["status"], (), dumped(exchange["response"]))
                found.setdefault(exchange["status"], set()).add(told.kind)
    assert found == RECORDED
    [quota] = [each for each in recordings("error") if each["provider"] == "gemini"]
    told = parse_error(429, (), dumped(quota["response"]))
    assert (told.kind, told.headers) == (FaultKind.RATE_LIMITED, ((b"retry-after", b"35"),))
