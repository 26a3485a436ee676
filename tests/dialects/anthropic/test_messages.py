"""Anthropic's Messages as a whole: everything that goes in comes out again, at home and across."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from anthropic_wire import DIALECT, REQUEST, RESPONSE, STREAM, accumulated, mutated, named, sent, told
from corpus import bodies, recordings, streams
from limen.dialects.anthropic.identifiers import call_id
from limen.dialects.anthropic.models import claude
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest, MalformedReply, Overloaded, ProviderReply
from limen.model.content import Block, Document, Image, Refusal, Text, Thinking, ToolCall, ToolResult
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


def said_by(request: ChatRequest) -> Counter[tuple[str, ...]]:
    """What the turns of a request say, block by block, but for texts."""
    return Counter(
        [_said(block) for message in request.messages for block in message.blocks if not isinstance(block, Text)]
    )


def texts_of(request: ChatRequest) -> dict[str, str]:
    """The texts of each role as one, since neighbours may be joined."""
    found: dict[str, str] = {}
    for message in request.messages:
        role = {"tool": "user", "developer": "system"}.get(message.role, message.role)
        found[role] = found.get(role, "") + "".join([block.text for block in message.blocks if isinstance(block, Text)])
    return found


def _said(block: Block) -> tuple[str, ...]:
    match block:
        case ToolCall():
            return ("call", call_id(block.id), block.name, _canonical(block.arguments))
        case ToolResult():
            parts = [part.text if isinstance(part, Text) else repr(part) for part in block.content]
            return ("result", call_id(block.call_id), "".join(parts), str(bool(block.is_error)))
        case Image() | Document():
            return (type(block).__name__, repr(block.source))
        case Thinking():
            return ("thinking", block.text, repr(block.proof))
    return ("other", repr(block))


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments or "{}"), sort_keys=True)
    except ValueError:
        return arguments


# The same wish in other words: a bound that was filled in, what is meant when nothing is said.
SAME: dict[str, Any] = {"n": 1, "modalities": ("text",), "stop": (), "parallel_tool_calls": True}


def unlike(before: ChatRequest, after: ChatRequest) -> set[str]:
    """The names of what differs between two requests, as losses name it."""
    found = set()
    for key in ("n", "modalities", "stop", "parallel_tool_calls", "user", "stream", "service_tier", "metadata"):
        if getattr(before, key) not in (getattr(after, key), SAME.get(key)):
            found.add({"parallel_tool_calls": "tool_choice"}.get(key, key))
    if before.max_tokens not in (after.max_tokens, None):
        found.add("max_tokens")
    for key, value in asdict(before.sampling).items():
        if (
            value is not None
            and value != getattr(after.sampling, key)
            and not (key in ("temperature", "top_p") and value == 1)
        ):
            found.add(key)
    if before.tool_choice is not None:
        same = after.tool_choice is not None and (before.tool_choice.mode, before.tool_choice.names) == (
            after.tool_choice.mode,
            after.tool_choice.names,
        )
        found |= set() if same or (before.tool_choice.mode == "none" and not after.tools) else {"tool_choice"}
    if before.reasoning is not None and _wish(before) != _wish(after):
        found.add("reasoning")
    if before.response_format is not None and before.response_format.kind != "text":
        wanted, got = before.response_format, after.response_format
        if got is None or (wanted.schema is not None) != (got.schema is not None):
            found.add("response_format")
    names = [(tool.name, tool.description, bool(tool.strict), tool.cache) for tool in before.tools or ()]
    if names != [(tool.name, tool.description, bool(tool.strict), tool.cache) for tool in after.tools or ()]:
        found.add("tools")
    texts = texts_of(after)
    kept = all(texts.get(role, "").strip().startswith(text.strip()) for role, text in texts_of(before).items())
    if not kept or said_by(before) - said_by(after):
        found.add("messages")
    return found


def _wish(request: ChatRequest) -> Any:
    wish = request.reasoning
    if wish is None or wish.enabled is False or wish.effort == "none":
        return wish and "off"
    return wish.effort, wish.budget


def unnamed(before: ChatRequest, after: ChatRequest, losses: Losses) -> set[str]:
    """What differs without a loss that names it. A cache mark or an instruction may be named with its message, or by `system`."""
    heads = {re.split(r"[.\[]", name)[0] for name in losses}
    return unlike(before, after) - heads


def test_recorded_requests_cross_to_openai_and_back() -> None:
    """What arrives is what was sent, or each difference is named."""
    for name, body in requests(200):
        request, losses = DIALECT.parse_request(body), Losses()
        crossed = OPENAI.parse_request(OPENAI.render_request(request, losses))
        back = DIALECT.parse_request(DIALECT.render_request(crossed, losses))
        assert unnamed(request, back, losses) == set(), (name, losses.items())


@pytest.mark.parametrize(
    "model", ["claude-3-5-sonnet", "claude-sonnet-4-5", "claude-opus-4-8", "claude-opus-5-5", "kimi-k2"]
)
def test_recorded_chats_cross_to_anthropic_and_back(model: str) -> None:
    """Requests of OpenAI's family become ones that Anthropic's rules allow, and what they lose is named."""
    for name, body in bodies("chat", "request"):
        request, losses = replace(OPENAI.parse_request(body), model=model), Losses()
        built = sent(request, losses)
        obeys(built)
        back = OPENAI.parse_request(OPENAI.render_request(DIALECT.parse_request(json.dumps(built).encode()), losses))
        unasked: set[str] = {"reasoning"} if claude(model).thinks else set()
        assert unnamed(request, back, losses) - unasked == set(), (name, losses.items())


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
        assert Message.model_validate_json(answer).type == "message", name
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
