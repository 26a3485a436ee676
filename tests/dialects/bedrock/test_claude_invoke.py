"""Claude at Bedrock in its own words."""

import base64
import json
from functools import partial
from typing import Any

import pytest

from bedrock_wire import exact, text
from corpus import recordings
from limen.dialects.bedrock.claude_invoke import ClaudeInvoke, UnwrappingFramer, put_envelope, with_betas
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.model.content import Text
from limen.model.events import Failure
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from limen.wire.edit import Fields
from limen.wire.event_stream import encode_event, encode_exception

DIALECT = ClaudeInvoke()
EVENTS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": []},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "One."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 1}},
]


def wrapped(event: Any) -> bytes:
    return encode_event("chunk", text({"bytes": base64.b64encode(text(event)).decode(), "p": "abc"}))


DATA = b"".join(map(wrapped, EVENTS))
SSE = b"".join([f"event: {event['type']}\ndata: ".encode() + text(event) + b"\n\n" for event in EVENTS])


@pytest.mark.parametrize("step", [1, 13, len(DATA)])
def test_a_stream_is_unwrapped(step: int) -> None:
    """A client of Anthropic's gets the events of Anthropic's own stream, in any split."""
    tap = DIALECT.stream_tap(partial(DIALECT.parse_error, 502, ()))
    assert b"".join([tap.feed(DATA[at : at + step]) for at in range(0, len(DATA), step)]) + tap.close() == SSE
    assert (tap.started, tap.ended, tap.fault) == (True, True, None)


def test_a_cut_stream_does_not_look_whole() -> None:
    """Between messages, or inside one."""
    for data in (DATA[:-1], b"".join(map(wrapped, EVENTS[:-1]))):
        tap = DIALECT.stream_tap(partial(DIALECT.parse_error, 502, ()))
        tap.feed(data)
        with pytest.raises(MalformedReply):
            tap.close()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttlingException", FaultKind.RATE_LIMITED),
        ("serviceUnavailableException", FaultKind.OVERLOADED),
        ("validationException", FaultKind.CLIENT),
    ],
)
def test_an_exception_is_a_fault(name: str, kind: FaultKind) -> None:
    """For the tap and for the parser."""
    data = encode_exception(name, b'{"message":"no"}')
    tap = DIALECT.stream_tap(partial(DIALECT.parse_error, 502, ()))
    assert tap.feed(data) == b""
    assert isinstance(tap.fault, ProviderReply)
    assert (tap.fault.kind, tap.fault.message) == (kind, "no")
    parser = DIALECT.stream_parser()
    (failure,) = [event for frame in DIALECT.stream_framer().feed(data) for event in parser.feed(frame)]
    assert isinstance(failure, Failure)
    assert failure.fault.kind is kind


@pytest.mark.parametrize(
    "payload", [b"{}", b"x", b'{"bytes":"!"}', b'{"bytes":"e30="}', b'{"bytes":"eyJ0eXBlIjoiYSBiIn0="}']
)
def test_what_wraps_no_event_is_refused(payload: bytes) -> None:
    """Nothing that could pose as another event goes to a client."""
    with pytest.raises(MalformedReply):
        UnwrappingFramer().feed(encode_event("chunk", payload))


def test_a_relayed_body_gets_its_envelope() -> None:
    """No model, no stream, a version; betas of the header beside those of the body."""
    fields = Fields.parse(b'{"model":"m","stream":true,"messages":[],"anthropic_beta":["a"]}')
    put_envelope(fields)
    body = with_betas(fields.encode(), [(b"anthropic-version", b"2023-06-01"), (b"anthropic-beta", b"b, a,c")])
    assert json.loads(body) == {
        "messages": [],
        "anthropic_beta": ["a", "b", "c"],
        "anthropic_version": "bedrock-2023-05-31",
    }
    assert with_betas(b"{}", ()) == b"{}"


def test_a_translated_body_has_it_too() -> None:
    """The dialect is Anthropic's but for that."""
    request = ChatRequest("anthropic.claude-sonnet-4-5", (Message("user", (Text("hi"),)),), "other", stream=True)
    told = json.loads(DIALECT.render_request(request, Losses()))
    assert told["anthropic_version"] == "bedrock-2023-05-31"
    assert not {"model", "stream"} & told.keys()


def test_errors_are_bedrocks() -> None:
    """And Anthropic's own, inside a stream; a client gets Anthropic's shape."""
    fault = DIALECT.parse_error(429, [(b"x-amzn-errortype", b"ThrottlingException")], b'{"message":"slow"}')
    assert fault.kind is FaultKind.RATE_LIMITED
    assert json.loads(DIALECT.render_error(fault))["error"]["message"] == "slow"
    own = DIALECT.parse_error(502, (), b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}')
    assert own.kind is FaultKind.OVERLOADED


def test_recorded_exchanges_come_back() -> None:
    """Requests and answers of Claude 3 and later, and their streams read to their end."""
    for exchange in recordings("invoke"):
        asked = exchange["request"]
        if exchange["status"] != 200 or not isinstance(asked, dict) or "anthropic_version" not in asked:
            continue
        body = text(asked)
        assert exact(DIALECT.render_request(DIALECT.parse_request(body), Losses())) == exact(body), exchange["id"]
        if isinstance(exchange.get("response"), dict):
            body = text(exchange["response"])
            assert exact(DIALECT.render_response(DIALECT.parse_response(body), Losses())) == exact(body), exchange["id"]
        elif exchange.get("response_b64"):
            framer, parser = DIALECT.stream_framer(), DIALECT.stream_parser()
            for frame in framer.feed(base64.b64decode(exchange["response_b64"])):
                parser.feed(frame)
            framer.close()
            assert parser.ended, exchange["id"]
