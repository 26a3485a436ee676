"""Errors."""

import pytest

from limen.dialects.ollama.errors import check_response, parse_error, render_error, render_error_line
from limen.dialects.openai.errors import parse_error as parse_openai_error
from limen.errors import BadRequest, FaultKind, MalformedReply, ProviderReply


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"error":"model \'x\' not found"}', FaultKind.CLIENT),
        (401, b'{"error":"unauthorized","signin_url":"https://ollama.com/x"}', FaultKind.CREDENTIALS),
        (503, b'{"error":"server busy, please try again. maximum pending requests exceeded"}', FaultKind.OVERLOADED),
        (400, b'{"error":"the input length exceeds the context length"}', FaultKind.CONTEXT_TOO_LONG),
        (500, b'{"error":"llama runner process has terminated"}', FaultKind.OVERLOADED),
    ],
)
def test_errors_are_classified(status: int, body: bytes, kind: FaultKind) -> None:
    """By status and by prose, for Ollama has no codes; the body goes back as it came."""
    fault = parse_error(status, [], body)
    assert (fault.status, fault.kind) == (status, kind)
    assert render_error(fault) == body


def test_an_error_in_a_stream_may_tell_its_status() -> None:
    """A number beside it is believed, anything else is not."""
    assert parse_error(502, [], b'{"error":"too long","status":400}').status == 400
    assert parse_error(502, [], b'{"error":"odd","status":"bad"}').status == 502


def test_other_errors_become_one_text() -> None:
    """The gateway's own, and those of a provider of another dialect."""
    assert render_error(BadRequest("no")) == b'{"error":"no"}'
    fault = parse_openai_error(400, [], b'{"error":{"message":"no","type":"x"}}')
    assert render_error(fault) == b'{"error":"no"}'
    assert render_error_line(fault) == b'{"error":"no"}\n'


def test_an_error_in_a_whole_answer_is_found() -> None:
    """So is what is no JSON."""
    with pytest.raises(ProviderReply, match="broken"):
        check_response(b'{"error":"broken"}')
    with pytest.raises(MalformedReply):
        check_response(b"<html>")
    for body in (b'{"message":{},"error":"x"}', b'{"response":""}', b'{"embeddings":[]}', b'{"embedding":[]}'):
        check_response(body)
