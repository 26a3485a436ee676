"""Cohere's chat as a whole: everything that goes in comes out again, at home and across."""

import json

import cohere
import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpus
from cohere_wire import (
    COHERE,
    OPENAI,
    bodies,
    events,
    leaves_of_request,
    leaves_of_response,
    named,
    recorded,
    rendered,
    silent,
    streams,
)
from limen.errors import BadRequest, FaultKind, MalformedReply, ProviderReply
from limen.model.content import Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart, Failure, Finish, Start, UsageReport
from limen.model.losses import Losses
from limen.model.usage import Usage
from limen.wire.edit import Fields
from openai_wire import collect, exact, request_again, response_again
from openai_wire import events as openai_events

STREAM = (
    b'event: message-start\ndata: {"id":"a","type":"message-start","delta":{"message":{"role":"assistant","content":[],'
    b'"tool_plan":"","tool_calls":[],"citations":[]}}}\n\n'
    b'event: content-start\ndata: {"type":"content-start","index":0,"delta":'
    b'{"message":{"content":{"type":"text","text":""}}}}\n\n'
    b'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Caf\xc3\xa9"}}}}\n\n'
    b'event: content-end\ndata: {"type":"content-end","index":0}\n\n'
    b'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":'
    b'{"tokens":{"input_tokens":3,"output_tokens":1}}}}\n\n'
    b"data: [DONE]\n\n"
)


def test_recorded_requests_come_back() -> None:
    """Every request of version 2 that was answered."""
    lost = [name for name, body in bodies("request") if exact(request_again(COHERE, body)) != exact(body)]
    assert lost == []


def test_recorded_answers_come_back() -> None:
    """Every full answer."""
    lost = [name for name, body in bodies("response") if exact(response_again(COHERE, body)) != exact(body)]
    assert lost == []


def test_recorded_streams_come_back_frame_by_frame() -> None:
    """Every stream, with the names of its frames."""
    lost = [name for name, data in streams() if named(rendered(COHERE, events(data))) != named(data)]
    assert lost == []


def test_version_1_is_refused_or_read_without_a_crash() -> None:
    """Version 1 has other shapes: its requests are refused, its answers have no message."""
    for _, value in recorded("chat_native", "request", version="/v2/"):
        with pytest.raises(BadRequest):
            COHERE.parse_request(json.dumps(value).encode())
    for _, value in recorded("chat_native", "response", version="/v2/"):
        COHERE.parse_response(json.dumps(value).encode())


def test_any_split_gives_the_same_events() -> None:
    """Whole, byte by byte, and cut at every boundary."""
    whole = events(STREAM)
    assert events(STREAM, range(1, len(STREAM))) == whole
    assert all(events(STREAM, [cut]) == whole for cut in range(len(STREAM)))


def test_a_stream_is_the_answer_in_pieces() -> None:
    """Put together, it has the text, the reason and the usage."""
    whole = collect(events(STREAM))
    assert leaves_of_response(whole) == {
        "id": "a",
        "choices[0]": [("assistant", "Text", "Café")],
        "finish_reason": "stop",
        "usage": (3, 1, 0, 0),
    }


def test_a_cut_stream_never_looks_whole() -> None:
    """Without the last event the parser has not ended."""
    data = STREAM[: STREAM.index(b"event: message-end")]
    parser = COHERE.stream_parser()
    for frame in corpus_frames(data):
        parser.feed(frame)
    parser.close()
    assert not parser.ended


def corpus_frames(data: bytes) -> list[object]:
    framer = COHERE.stream_framer()
    return list(framer.feed(data))


def test_recorded_requests_cross_to_openai_with_nothing_silent() -> None:
    """What arrives is what was sent, or is named."""
    for name, body in bodies("request"):
        sent, losses = COHERE.parse_request(body), Losses()
        got = OPENAI.parse_request(OPENAI.render_request(sent, losses))
        assert silent(leaves_of_request(sent), leaves_of_request(got), losses) == [], name


def test_recorded_requests_cross_from_openai_with_nothing_silent() -> None:
    """The same the other way, for every chat request of any provider."""
    for name, body in corpus.bodies("chat", "request"):
        sent, losses = OPENAI.parse_request(body), Losses()
        got = COHERE.parse_request(COHERE.render_request(sent, losses))
        assert silent(leaves_of_request(sent), leaves_of_request(got), losses) == [], name


@pytest.mark.parametrize("home", [COHERE, OPENAI])
def test_recorded_answers_cross_with_nothing_silent(home: object) -> None:
    """Full answers, both ways."""
    source, target = (COHERE, OPENAI) if home is COHERE else (OPENAI, COHERE)
    for name, body in bodies("response") if home is COHERE else corpus.bodies("chat", "response"):
        sent, losses = source.parse_response(body), Losses()
        got = target.parse_response(target.render_response(sent, losses))
        assert silent(leaves_of_response(sent), leaves_of_response(got), losses) == [], name


@pytest.mark.parametrize("home", [COHERE, OPENAI])
def test_recorded_streams_cross_with_nothing_silent(home: object) -> None:
    """Streams, both ways; one that failed fails there too."""
    source, target = (COHERE, OPENAI) if home is COHERE else (OPENAI, COHERE)
    for name, data in streams() if home is COHERE else corpus.streams("chat"):
        sent = events(data) if source is COHERE else openai_events(OPENAI, data)
        losses = Losses()
        there = rendered(target, sent, losses)
        got = events(there) if target is COHERE else openai_events(OPENAI, there)
        failed = [any(isinstance(event, Failure) for event in each) for each in (sent, got)]
        assert failed[0] == failed[1], name
        if not failed[0]:
            before, after = leaves_of_response(collect(sent)), leaves_of_response(collect(got))
            assert silent(before, after, losses) == [], name


def test_relayed_bodies_are_looked_at() -> None:
    """Messages must be a list, and `stream` a boolean."""
    COHERE.validate_relay(Fields.parse(b'{"messages":[],"stream":true}'))
    for body in (b"{}", b'{"messages":{}}', b'{"messages":[],"stream":1}'):
        with pytest.raises(BadRequest):
            COHERE.validate_relay(Fields.parse(body))


def test_a_relayed_answer_that_is_an_error_is_found() -> None:
    """A 200 with Cohere's error in it, or with no JSON at all."""
    COHERE.check_response(b'{"id":"a","message":{"role":"assistant"}}')
    with pytest.raises(ProviderReply):
        COHERE.check_response(b'{"message":"no"}')
    with pytest.raises(MalformedReply):
        COHERE.check_response(b"<html>")


# What the official client makes of what is rendered.


def client(reply: bytes, kind: str = "application/json", status: int = 200) -> cohere.ClientV2:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=reply, headers={"content-type": kind}))
    return cohere.ClientV2(api_key="k", base_url="http://gateway", httpx_client=httpx.Client(transport=transport))


EVENTS = [
    Start("a", "m", "test"),
    BlockStart(0, Thinking("")),
    BlockDelta(0, "Hm."),
    BlockStart(1, Text("")),
    BlockStart(2, ToolCall("c1", "f", "")),
    BlockDelta(1, "Hello "),
    BlockDelta(2, '{"a":'),
    BlockDelta(1, "you"),
    BlockDelta(2, "1}"),
    Finish("tool_calls"),
    UsageReport(Usage(input_uncached=2, output_text=3)),
]


def test_the_official_client_reads_a_rendered_stream() -> None:
    """Blocks that overlap are told apart by their numbers, and the last event has the usage."""
    data = rendered(COHERE, EVENTS)
    got = list(
        client(data, "text/event-stream").chat_stream(model="m", messages=[{"role": "user", "content": "Hi"}])  # type: ignore[list-item]
    )
    assert [event.type for event in got if event.type.endswith(("start", "end"))] == [
        "message-start",
        "content-start",
        "content-start",
        "tool-call-start",
        "message-end",
    ]
    texts = {1: "", 0: ""}
    for event in got:
        if event.type == "content-delta":
            content = event.delta.message.content  # type: ignore[union-attr]
            texts[event.index or 0] += content.text or content.thinking or ""  # type: ignore[union-attr]
    assert texts == {0: "Hm.", 1: "Hello you"}
    assert got[-1].delta.finish_reason == "TOOL_CALL"  # type: ignore[union-attr]
    assert got[-1].delta.usage.tokens.output_tokens == 3  # type: ignore[union-attr]


def test_the_official_client_reads_every_recorded_chat_answer_of_others() -> None:
    """Answers of every provider of OpenAI's dialect, as Cohere's."""
    for name, body in corpus.bodies("chat", "response"):
        answer = OPENAI.parse_response(body)
        got = client(COHERE.render_response(answer, Losses())).chat(
            model="m", messages=[{"role": "user", "content": "Hi"}]
        )  # type: ignore[list-item]
        texts = [part.text for part in got.message.content or () if part.type == "text"]
        wanted = [block.text for block in answer.choices[0].blocks if isinstance(block, Text)] if answer.choices else []
        assert [text for text in texts if text in wanted] == wanted, name


def test_the_official_client_raises_the_errors_that_are_rendered() -> None:
    """By its status, with the message in the body."""
    error = ProviderReply("slow down", status=429, kind=FaultKind.RATE_LIMITED)
    with pytest.raises(cohere.TooManyRequestsError) as raised:
        client(COHERE.render_error(error), status=429).chat(model="m", messages=[])
    assert raised.value.body == {"message": "slow down"}


def test_the_official_client_is_told_of_an_error_in_a_stream() -> None:
    """It raises nothing there; its last event says so."""
    data = COHERE.render_error_event(ProviderReply("it broke", status=502, kind=FaultKind.OVERLOADED))
    got = list(client(data, "text/event-stream").chat_stream(model="m", messages=[]))
    assert (got[-1].delta.finish_reason, got[-1].delta.error) == ("ERROR", "it broke")  # type: ignore[union-attr]


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_odd_answers_and_frames_never_crash(value: object) -> None:
    """Whatever JSON comes where an answer or an event is due."""
    body = msgspec.json.encode({"message": value, "usage": value, "finish_reason": value})
    response_again(COHERE, body)
    parser = COHERE.stream_parser()
    for kind in (
        "content-start",
        "content-delta",
        "tool-call-start",
        "citation-start",
        "tool-plan-delta",
        "message-end",
    ):
        frame = msgspec.json.encode(
            {"type": kind, "index": 0, "delta": {"message": {"content": value, "tool_calls": value}}}
        )
        for each in corpus_frames(b"data: " + frame + b"\n\n"):
            parser.feed(each)
