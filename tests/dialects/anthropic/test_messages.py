"""Anthropic's Messages as a whole: everything that goes in comes out again, at home and across."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from anthropic_wire import DIALECT, EVENTS, REQUEST, RESPONSE, STREAM, accumulated, mutated, named, sent, told
from corpus import bodies, recordings, streams
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest, MalformedReply, Overloaded, ProviderReply
from limen.model.content import Refusal, Text, Thinking, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.edit import Fields
from openai_wire import collect, events, exact, request_again, response_again, said

OPENAI = OpenAIChat()
APIS = ("messages", "rawPredict")
# Requests that Anthropic refused, in the same place as they are refused here.
MALFORMED = {"tools[0].input_schema"}


def requests(status: int) -> list[tuple[str, bytes]]:
    """Recorded requests of this shape: Anthropic's own, and Claude's at Bedrock and Vertex."""
    found = [pair for api in APIS for pair in bodies(api, "request", status=status)]
    return found + [
        (name, body) for name, body in bodies("invoke", "request", status=status) if b"anthropic_version" in body
    ]


def answers() -> list[tuple[str, bytes]]:
    found = [pair for api in APIS for pair in bodies(api, "response")]
    return found + [(name, body) for name, body in bodies("invoke", "response") if b'"type": "message"' in body]


def test_a_request_and_an_answer_come_back() -> None:
    """Parsed and rendered they are the same JSON."""
    for body, again in ((REQUEST, request_again), (RESPONSE, response_again)):
        text = json.dumps(body).encode()
        assert exact(again(DIALECT, text)) == exact(text)


def test_a_stream_comes_back_frame_by_frame() -> None:
    """So does each frame of a stream, with its name."""
    assert named(told(events(DIALECT, STREAM))) == named(STREAM)


def test_a_stream_is_the_answer_in_pieces() -> None:
    """Put together, a stream has the blocks, the reason and the usage of the full answer."""
    whole = DIALECT.parse_response(json.dumps(RESPONSE).encode())
    streamed = collect(events(DIALECT, STREAM))
    assert [type(block) for block in streamed.choices[0].blocks] == [Thinking, Text, ToolCall]
    assert json.loads(streamed.choices[0].blocks[2].arguments) == {"x": 1}  # type: ignore[union-attr]
    assert [(c.finish, c.raw_finish) for c in streamed.choices] == [(c.finish, c.raw_finish) for c in whole.choices]
    assert (streamed.id, streamed.model) == (whole.id, whole.model)
    assert replace(streamed.usage, raw={}) == replace(whole.usage, raw={})  # type: ignore[type-var]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, len(STREAM) - 1), max_size=12))
def test_any_split_gives_the_same_events(cuts: set[int]) -> None:
    """Cut anywhere, a stream says the same."""
    assert events(DIALECT, STREAM, cuts) == events(DIALECT, STREAM)


def test_byte_by_byte_gives_the_same_events() -> None:
    """The smallest pieces there are."""
    assert events(DIALECT, STREAM, range(1, len(STREAM))) == events(DIALECT, STREAM)


def test_a_cut_stream_never_looks_whole() -> None:
    """Whatever its last frame was, without ``message_stop`` it did not end."""
    for end in range(0, len(STREAM) - 40, 31):
        parser = DIALECT.stream_parser()
        framer = DIALECT.stream_framer()
        for frame in framer.feed(STREAM[:end]):
            parser.feed(frame)
        parser.close()
        assert not parser.ended


def test_recorded_requests_come_back() -> None:
    """Every request that was answered, whoever served it."""
    lost = [name for name, body in requests(200) if exact(request_again(DIALECT, body)) != exact(body)]
    assert lost == []


def test_recorded_requests_that_were_refused_come_back_or_are_refused_here() -> None:
    """Nothing is lost of what Anthropic would not take, and what is malformed has its place named."""
    refused = set()
    for status in (400, 401, 404):
        for name, body in requests(status):
            try:
                DIALECT.parse_request(body)
            except BadRequest as error:
                refused.add(error.param)
            else:
                assert exact(request_again(DIALECT, body)) == exact(body), name
    assert refused == MALFORMED


def test_recorded_answers_come_back() -> None:
    """Every full answer."""
    assert [name for name, body in answers() if exact(response_again(DIALECT, body)) != exact(body)] == []


def test_recorded_streams_come_back_frame_by_frame() -> None:
    """Every streamed answer, with the names of its events."""
    found = [pair for api in APIS for pair in streams(api)]
    assert [name for name, data in found if named(told(events(DIALECT, data))) != named(data)] == []


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Each text and number in a value of the hub, with where it stands."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f"{path}.{key}")]
    if isinstance(value, list | tuple):
        return [leaf for inner in value for leaf in leaves(inner, path)]
    if hasattr(value, "__struct_fields__"):
        return [leaf for key in value.__struct_fields__ for leaf in leaves(getattr(value, key), f"{path}.{key}")]
    return [(path, value)] if isinstance(value, str | int | float) and not isinstance(value, bool) else []


def said_by(request: ChatRequest) -> list[str]:
    """What the turns of a request say: texts, calls and results, in order; neighbours' texts as one."""
    found = []
    for message in request.messages:
        for block in message.blocks:
            if isinstance(block, Text) and block.text.strip():
                found.append(block.text)
            elif isinstance(block, ToolCall):
                found.append(f"{block.name} {json.dumps(json.loads(block.arguments or '{}'))}")
            elif isinstance(block, ToolResult):
                found += [part.text for part in block.content if isinstance(part, Text)]
    return sorted("".join(found))  # type: ignore[return-value]


def test_recorded_requests_cross_to_openai_and_back() -> None:
    """Texts, calls and results arrive; where anything of them does not, a loss is named."""
    for name, body in requests(200):
        request, losses = DIALECT.parse_request(body), Losses()
        crossed = OPENAI.parse_request(OPENAI.render_request(request, losses))
        back = DIALECT.parse_request(DIALECT.render_request(crossed, losses))
        assert said_by(back) == said_by(request) or losses, name
        assert (back.max_tokens, back.stop, back.user) == (request.max_tokens, request.stop, request.user) or losses
        assert [tool.name for tool in back.tools or ()] == [tool.name for tool in request.tools or ()] or losses, name


def test_recorded_chats_cross_to_anthropic_and_back() -> None:
    """Requests of OpenAI's family become ones that Anthropic's rules allow, and what they lose is named."""
    for name, body in bodies("chat", "request"):
        request, losses = replace(OPENAI.parse_request(body), model="claude-sonnet-4-5"), Losses()
        built = sent(request, losses)
        obeys(built)
        back = DIALECT.parse_request(json.dumps(built).encode())
        assert said_by(back) == said_by(request) or losses, name


def obeys(body: dict[str, Any]) -> None:
    """The rules by which Anthropic refuses a request."""
    assert body["messages"]
    assert body["max_tokens"] >= 1
    calls: set[str] = set()
    previous = ""
    for turn in body["messages"]:
        assert turn["role"] in ("user", "assistant")
        assert turn["role"] != previous
        previous = turn["role"]
        content = turn["content"] if isinstance(turn["content"], list) else [{"type": "text", "text": turn["content"]}]
        assert content
        assert all(block["text"].strip() for block in content if block["type"] == "text")
        results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        assert set(results) == calls
        assert [block["type"] for block in content[: len(results)]] == ["tool_result"] * len(results)
        assert len(set(results)) == len(results)
        calls = {block["id"] for block in content if block["type"] == "tool_use"}
        assert all(name.replace("_", "").replace("-", "").isalnum() for name in calls)
    assert not calls


def test_recorded_answers_of_openai_satisfy_anthropics_types() -> None:
    """Full and streamed answers of OpenAI's family are ones to Anthropic's SDK."""
    for name, body in bodies("chat", "response"):
        answer = DIALECT.render_response(OPENAI.parse_response(body), Losses())
        Message.model_validate_json(answer), name
    for _, data in streams("chat"):
        accumulated(told(events(OPENAI, data)))


def test_streams_of_openai_say_what_their_events_say() -> None:
    """Put together by Anthropic's SDK, a stream of another dialect has the texts and the calls of its events."""
    for name, data in streams("chat"):
        found = events(OPENAI, data)
        answer = accumulated(told(found))
        blocks = [block for choice in collect(found).choices if choice.index == 0 for block in choice.blocks]
        texts = [block.text for block in blocks if isinstance(block, Text | Refusal)]
        assert [block.text for block in answer.content if block.type == "text"] == texts, name
        calls = [block.name for block in blocks if isinstance(block, ToolCall) and block.kind == "function"]
        assert [block.name for block in answer.content if block.type == "tool_use"] == calls, name


def test_recorded_answers_cross_to_openai_and_back() -> None:
    """An answer to a client of OpenAI's dialect has the texts, the calls and the usage, or names what it lost."""
    for name, body in answers():
        response, losses = DIALECT.parse_response(body), Losses()
        crossed = OPENAI.parse_response(OPENAI.render_response(response, losses))
        assert said(crossed) == said(response) or losses, name
        if response.usage is not None and crossed.usage is not None:
            assert crossed.usage.total == response.usage.total
            assert crossed.usage.output_reasoning == response.usage.output_reasoning


def test_rendered_recordings_satisfy_anthropics_types() -> None:
    """What comes back at home passes Anthropic's own types wherever the recording itself does."""
    for exchange in recordings("messages"):
        if exchange["status"] == 200 and isinstance(exchange.get("response"), dict):
            body = json.dumps(exchange["response"]).encode()
            if _passes(body):
                assert _passes(response_again(DIALECT, body)), exchange["id"]


def _passes(body: bytes) -> bool:
    try:
        Message.model_validate_json(body)
    except ValueError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([REQUEST, RESPONSE]), st.randoms(use_true_random=False))
def test_mutations_come_back_or_are_refused(value: dict[str, Any], random: Any) -> None:
    """Whatever is wrong with a body: it is kept to the last key, or refused in words, and another wire loses it by name."""
    body = json.dumps(mutated(mutated(value, random), random)).encode()
    is_request = value is REQUEST
    try:
        parsed: Any = DIALECT.parse_request(body) if is_request else DIALECT.parse_response(body)
    except (BadRequest, MalformedReply):
        return
    again = request_again if is_request else response_again
    assert exact(again(DIALECT, body)) == exact(body)
    render: Any = DIALECT.render_request if is_request else DIALECT.render_response
    render(replace(parsed, dialect="other"), Losses())


def test_an_error_event_is_what_anthropics_sdk_raises_on() -> None:
    """The SDK, reading a stream that breaks, raises; it does not end quietly."""
    broken = STREAM[: STREAM.index(b"event: ping")] + DIALECT.render_error_event(Overloaded("too much"))
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=broken)
    )
    with anthropic.Anthropic(api_key="k", http_client=httpx2.Client(transport=transport), max_retries=0) as client:
        message = {"role": "user", "content": "x"}
        with pytest.raises(anthropic.APIStatusError, match="too much"):
            list(client.messages.create(model="m", max_tokens=1, messages=[message], stream=True))  # type: ignore[call-overload]


def test_a_silent_stream_is_kept_alive_by_a_ping() -> None:
    """The event that Anthropic itself sends, which its clients skip."""
    assert named(DIALECT.keep_alive) == [("ping", '{"type": "ping"}')]
    assert DIALECT.carried == (b"anthropic-version", b"anthropic-beta")
    assert EVENTS is not None


@pytest.mark.parametrize(
    ("body", "param"),
    [(b'{"messages":{}}', "messages"), (b'{"model":"m"}', "messages"), (b'{"messages":[],"stream":1}', "stream")],
)
def test_a_relayed_body_must_have_messages(body: bytes, param: str) -> None:
    """What no provider could make sense of is not sent."""
    with pytest.raises(BadRequest) as refused:
        DIALECT.validate_relay(Fields.parse(body))
    assert refused.value.param == param
    DIALECT.validate_relay(Fields.parse(b'{"messages" : [1],"stream": false}'))


def test_a_relayed_answer_must_be_one() -> None:
    """An error in a 200 is an error, and what is not JSON is no answer."""
    DIALECT.check_response(b'{"type": "message"}')
    DIALECT.check_response(b"{}")
    with pytest.raises(MalformedReply):
        DIALECT.check_response(b"<html>")
    with pytest.raises(ProviderReply) as told_error:
        DIALECT.check_response(b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')
    assert told_error.value.status == 529
