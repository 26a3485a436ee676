"""Cohere's errors."""

import json

import pytest

from corpus import errors as recorded_errors
from limen.dialects.cohere.errors import check_answer, parse_error, render_error, render_error_event
from limen.errors import BadRequest, FaultKind, LimitExceeded, MalformedReply, ProviderReply, TransportFault

KINDS = {401: FaultKind.CREDENTIALS, 404: FaultKind.CLIENT, 400: FaultKind.CLIENT}


@pytest.mark.parametrize("api", ["chat_native", "embeddings"])
def test_recorded_errors_have_their_kind_and_come_back(api: str) -> None:
    """A wrong key is about credentials, an unknown model about the request."""
    for each in recorded_errors(api):
        if each["provider"] != "cohere":
            continue
        body = json.dumps(each["response"]).encode()
        fault = parse_error(each["status"], (), body)
        assert (fault.kind, fault.message) == (KINDS[each["status"]], each["response"]["message"])
        assert render_error(fault) == body


def test_statuses_have_their_kind() -> None:
    """498 is Cohere's own for a bad token; a prompt that is too long says so in prose."""
    assert parse_error(498, (), b'{"message":"invalid token"}').kind is FaultKind.CREDENTIALS
    assert parse_error(429, (), b'{"message":"slow"}').kind is FaultKind.RATE_LIMITED
    long = b'{"message":"too many tokens: size limit exceeded by 5 tokens. Try using shorter or fewer inputs."}'
    assert parse_error(400, (), long).kind is FaultKind.CONTEXT_TOO_LONG


def test_the_end_of_a_stream_may_be_an_error() -> None:
    """Its message and its type are read, and it goes back as it came."""
    body = b'{"type":"message-end","delta":{"finish_reason":"ERROR","error":"bad","error_type":"T"}}'
    fault = parse_error(502, (), body)
    assert (fault.message, fault.provider_code, fault.kind) == ("bad", "T", FaultKind.OVERLOADED)
    assert render_error_event(fault) == b"event: message-end\ndata: " + body + b"\n\n"
    assert render_error(fault) == b'{"message":"bad"}'
    assert parse_error(502, (), b'{"type":"message-end"').kind is FaultKind.OVERLOADED
    assert parse_error(502, (), b'{"type":"message-end","delta":1}').kind is FaultKind.OVERLOADED


@pytest.mark.parametrize(
    "error",
    [
        BadRequest("b", param="p"),
        LimitExceeded("l", retry_after=1),
        TransportFault("t"),
        ProviderReply("o", status=500, kind=FaultKind.OVERLOADED, body=b'{"error":{"message":"o"}}'),
        ProviderReply("h", status=500, kind=FaultKind.OVERLOADED, body=b"<html>"),
    ],
)
def test_errors_of_all_kinds_are_told(error: ProviderReply) -> None:
    """As a message, and in a stream as its end."""
    assert json.loads(render_error(error)) == {"message": error.message}
    frame = json.loads(render_error_event(error).split(b"data: ")[1])
    assert (frame["type"], frame["delta"]["error"]) == ("message-end", error.message)


def test_answers_are_checked() -> None:
    """An answer has its member; an error has a message in its place."""
    check_answer(b'{"results":[]}', "results")
    check_answer(b'{"message":"x","results":[]}', "results")
    for key in ("results", "message"):
        with pytest.raises(ProviderReply):
            check_answer(b'{"message":"x"}', key)
    with pytest.raises(MalformedReply):
        check_answer(b"[]", "results")
