"""OpenAI's Responses as a whole: everything that goes in comes out again, and crosses to chat completions."""

import json
from typing import Any

import pytest
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.chat import ChatCompletion
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from corpus import bodies, streams
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest, MalformedReply, ProviderReply, TransportFault
from limen.model.content import ServerTool, Thinking
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.edit import Fields
from openai_wire import chunks, collect, events, exact, frames, rendered, request_again, response_again, said
from responses_wire import DIALECT, answer, ask, body, call, datas, message, streamed, thought, written

CHAT = OpenAIChat()
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
REFUSED = {"previous_response_id", "conversation", "prompt", "background", "input"}


def accumulated(found: list[Event]) -> Response:
    """What OpenAI's own helper makes of a rendered stream; every event is valid, named and numbered."""
    state: Any = ResponseStreamState(input_tools=omit, text_format=omit)
    for number, frame in enumerate(written(found)):
        event = EVENT.validate_json(frame.data)
        assert (event.sequence_number, event.type) == (number, frame.event)
        state.handle_event(event)
        last = getattr(event, "response", None)
    response: Response = state._completed_response or last  # The helper keeps no answer that was cut short.
    return response


def test_an_answer_and_its_stream_come_back() -> None:
    """The same JSON, the same frames with the same names."""
    whole = body(answer(thought(), message(), call()))
    assert exact(response_again(DIALECT, whole)) == exact(whole)
    found = rendered(DIALECT, events(DIALECT, streamed()))
    assert chunks(found) == chunks(streamed())
    assert [frame.event for frame in frames(found)] == [frame.event for frame in frames(streamed())]


def test_a_stream_is_the_answer_in_pieces() -> None:
    """Put together, a stream has the blocks, reasons and usage of the full answer."""
    whole = DIALECT.parse_response(body(answer(thought(), message(), call())))
    found = collect(events(DIALECT, streamed()))
    assert (said(found), found.usage, found.choices[0].finish) == (said(whole), whole.usage, whole.choices[0].finish)
    assert found.choices[0].finish == "tool_calls"


def test_any_split_gives_the_same_events() -> None:
    """Whole, byte by byte, and cut anywhere."""
    stream = streamed()
    whole = events(DIALECT, stream)
    assert events(DIALECT, stream, range(1, len(stream))) == whole
    for cut in range(0, len(stream), 97):
        assert events(DIALECT, stream, [cut]) == whole


@pytest.mark.parametrize("status", [200, 400, 401])
def test_recorded_requests_come_back(status: int) -> None:
    """Every request, whoever served or refused it."""
    found = bodies("responses", "request", status=status)
    assert [name for name, sent in found if exact(request_again(DIALECT, sent)) != exact(sent)] == []


def test_recorded_answers_come_back() -> None:
    """Every full answer."""
    found = bodies("responses", "response")
    assert [name for name, sent in found if exact(response_again(DIALECT, sent)) != exact(sent)] == []


def test_recorded_streams_come_back_frame_by_frame() -> None:
    """Every streamed answer that ended, with the names of its events."""
    for name, data in streams("responses"):
        again = rendered(DIALECT, events(DIALECT, data))
        assert chunks(again) == chunks(data), name
        assert [f.event for f in frames(again) if f.data] == [f.event for f in frames(data) if f.data], name


def test_recorded_streams_collect_to_their_last_event() -> None:
    """The blocks from the events are those of the whole response at the end."""
    for name, data in streams("responses"):
        ends = [event["response"] for event in datas(frames(data)[:-1]) if event.get("type") == "response.completed"]
        if ends and ends[0].get("output"):
            whole = DIALECT.parse_response(body(ends[0]))
            assert said(collect(events(DIALECT, data))) == said(whole), name


def translated(sent: bytes) -> ChatRequest | str | None:
    """A request for other wires, or the parameter for which it was refused."""
    try:
        return DIALECT.translatable(DIALECT.parse_request(sent), Losses())
    except BadRequest as error:
        return error.param


def test_recorded_requests_cross_to_chat_completions() -> None:
    """What is refused says which parameter; all else can be sent, and no item of this wire alone is left in it."""
    for name, sent in bodies("responses", "request"):
        request = translated(sent)
        if not isinstance(request, ChatRequest):
            assert request in REFUSED, name
            continue
        losses = Losses()
        there = json.loads(CHAT.render_request(request, losses))
        assert not [block for m in request.messages for block in m.blocks if isinstance(block, ServerTool)], name
        texts = [
            b.text for m in request.messages for b in m.blocks if hasattr(b, "text") and not isinstance(b, Thinking)
        ]
        assert all(exact(body(text))[1:-1] in exact(body(there)) for text in texts), name


def test_recorded_requests_of_chat_cross_and_come_back() -> None:
    """A conversation of chat completions, sent here and read again: the same texts and calls, or a loss by name."""
    for name, sent in bodies("chat", "request"):
        losses = Losses()
        request = CHAT.parse_request(sent)
        again = DIALECT.parse_request(DIALECT.render_request(request, losses))
        before = [b.arguments for m in request.messages for b in m.blocks if hasattr(b, "arguments")]
        after = [b.arguments for m in again.messages for b in m.blocks if hasattr(b, "arguments")]
        assert after == before or losses, name
        assert (again.tools is None) == (request.tools is None), name


def test_recorded_answers_cross_both_ways() -> None:
    """Each is valid for the other's own library."""
    for _, sent in bodies("responses", "response"):
        ChatCompletion.model_validate_json(CHAT.render_response(DIALECT.parse_response(sent), Losses()))
    request = DIALECT.translatable(ask(instructions="Be brief."), Losses())
    for name, sent in bodies("chat", "response"):
        found = CHAT.parse_response(sent)
        told = DIALECT.render_answer(found, request, Losses())
        assert Response.model_validate_json(told).instructions == "Be brief."
        calls = [b.arguments for b in found.choices[0].blocks if hasattr(b, "arguments")] if found.choices else []
        back = DIALECT.parse_response(told).choices[0]
        assert [b.arguments for b in back.blocks if hasattr(b, "arguments")] == calls, name


def test_recorded_streams_cross_both_ways() -> None:
    """OpenAI's own helper accumulates what chat completions streamed; chat completions can say what was streamed here."""
    for name, data in streams("chat"):
        found = events(CHAT, data)
        before = list(said(collect(found))[:1])
        texts = "".join([one[-1] for piece in before for one in piece if one[0] == "Text"])
        assert accumulated(found).output_text == texts, name
    for _, data in streams("responses"):
        rendered(CHAT, events(DIALECT, data))


def test_what_is_relayed_must_be_worth_sending() -> None:
    """An input, or what is stored in its place."""
    for fine in ({"input": ""}, {"prompt": {"id": "p"}}, {"previous_response_id": "r", "stream": False}):
        DIALECT.validate_relay(Fields.parse(body(fine)))
    for wrong, param in (({}, "input"), ({"input": None, "stream": 1}, "stream")):
        with pytest.raises(BadRequest) as error:
            DIALECT.validate_relay(Fields.parse(body(wrong)))
        assert error.value.param == param


def test_a_relayed_answer_is_looked_at() -> None:
    """A failed response and an error in a 200 are faults; a null error is none."""
    DIALECT.check_response(body(answer(message())))
    DIALECT.check_response(body(answer(message(), error={"code": "x"})))
    with pytest.raises(MalformedReply):
        DIALECT.check_response(b"<html>")
    failure = {"code": "rate_limit_exceeded", "message": "slow down"}
    for wrong in (answer(status="failed", error=failure), {"error": failure}):
        with pytest.raises(ProviderReply) as error:
            DIALECT.check_response(body(wrong))
        assert (error.value.kind.value, error.value.message) == ("rate_limited", "slow down")


def test_an_error_without_a_renderer_is_two_events() -> None:
    """The first is what OpenAI's library raises at, the second what agents read."""
    first, last = datas(frames(DIALECT.render_error_event(TransportFault("reset"))))
    assert (first["type"], first["error"]["message"], first["message"]) == ("error", "reset", "reset")
    EVENT.validate_python(last)
    assert last["response"]["error"]["code"] == "server_error"
    assert json.loads(DIALECT.render_error(TransportFault("reset")))["error"]["message"] == "reset"


def test_an_answer_without_a_request_is_valid_too() -> None:
    """Its parameters are then the defaults."""
    found = CHAT.parse_response(body({"id": "c", "model": "m", "choices": [{"index": 0, "message": {"content": "A"}}]}))
    assert Response.model_validate_json(DIALECT.render_response(found, Losses())).output_text == "A"
    assert DIALECT.parse_error(429, (), b"{}").status == 429
