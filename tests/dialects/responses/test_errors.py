"""Errors, in replies and in streams."""

import pytest

from limen.dialects.responses.errors import parse_error, render_failure, told_error
from limen.errors import FaultKind, ProviderReply, TransportFault
from responses_wire import answer, body

TOLD = {"code": "insufficient_quota", "message": "no money", "type": "insufficient_quota", "param": None}


@pytest.mark.parametrize(
    "value",
    [
        {"error": TOLD},
        {"type": "error", "sequence_number": 2, "error": TOLD},
        {"type": "error", **{key: TOLD[key] for key in ("code", "message", "param")}},
        {"type": "response.failed", "response": answer(status="failed", error=TOLD)},
        answer(status="failed", error=TOLD),
    ],
)
def test_every_way_to_tell_of_an_error_is_read(value: dict[str, object]) -> None:
    """A reply's body, either kind of event, a failed response."""
    found = parse_error(502, (), body(value))
    assert (found.kind, found.message, found.provider_code) == (FaultKind.BILLING, "no money", "insufficient_quota")


def test_other_bodies_tell_of_none() -> None:
    """They are read as any reply of OpenAI's family."""
    assert [told_error(text) for text in (b"<", b"[]", b'{"error":{"code":"x"}}', b"{}")] == [None] * 4


def test_a_failure_is_said_twice() -> None:
    """Only codes that agents act on are kept in a failed response."""
    event, failed = render_failure(ProviderReply("too long", status=400, kind=FaultKind.CONTEXT_TOO_LONG))
    assert (event["code"], failed["code"], event["error"]["code"]) == ("context_length_exceeded",) * 3
    assert render_failure(TransportFault("reset"))[1] == {"code": "server_error", "message": "reset"}
    odd = ProviderReply("x", status=500, kind=FaultKind.OVERLOADED, body=b'{"error":"text"}')
    assert render_failure(odd)[0]["message"] == "x"
