"""Converse as a whole: everything that goes in comes out again, and crosses to OpenAI's dialect with each loss named."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_wire import (
    ANSWER,
    DIALECT,
    REQUEST,
    STREAM,
    encoded,
    events,
    exact,
    messages,
    problems,
    recorded_streams,
    rendered,
    said,
    text,
)
from corpus import bodies
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.seal import seal_id, seal_proof
from limen.errors import BadRequest, MalformedReply, ProviderReply
from limen.model.content import Proof, Thinking
from limen.model.losses import Losses
from limen.wire.edit import Fields
from openai_wire import collect

OPENAI = OpenAIChat()
DATA = encoded(STREAM)


def again(body: bytes, *, answer: bool = False) -> bytes:
    losses = Losses()
    if answer:
        DIALECT.check_response(body)
        out = DIALECT.render_response(DIALECT.parse_response(body), losses)
    else:
        out = DIALECT.render_request(DIALECT.parse_request(body), losses)
    assert not losses, losses
    return out


def test_a_request_comes_back() -> None:
    """Parsed and rendered, it is the same JSON: marks, unknown blocks and keys, big numbers."""
    assert exact(again(text(REQUEST))) == exact(REQUEST)


def test_an_answer_comes_back() -> None:
    """So is a full answer."""
    assert exact(again(text(ANSWER), answer=True)) == exact(ANSWER)


def test_a_stream_comes_back() -> None:
    """And each message of a stream."""
    assert said(rendered(events(DATA))) == said(DATA)


def test_recorded_requests_come_back() -> None:
    """Every request that was answered."""
    lost = [name for name, body in bodies("converse", "request") if exact(again(body)) != exact(body)]
    assert lost == []


def test_recorded_answers_come_back() -> None:
    """Every full answer."""
    lost = [name for name, body in bodies("converse", "response") if exact(again(body, answer=True)) != exact(body)]
    assert lost == []


def test_recorded_streams_come_back() -> None:
    """Every stream, message by message."""
    lost = [name for name, data in recorded_streams() if said(rendered(events(data))) != said(data)]
    assert lost == []


def test_recorded_requests_cross_to_openai_and_back() -> None:
    """What comes back is valid for Bedrock, says the same texts, and what is missing was named."""
    for name, body in bodies("converse", "request"):
        losses = Losses()
        crossed = OPENAI.parse_request(OPENAI.render_request(DIALECT.parse_request(body), losses))
        back = json.loads(DIALECT.render_request(crossed, losses))
        assert problems(back) == "", name
        if not losses:
            assert texts(back["messages"]) == texts(json.loads(body)["messages"]), name


def test_recorded_requests_of_openai_cross_to_bedrock() -> None:
    """Each becomes one that botocore finds valid and whose turns alternate, or is refused in words."""
    for name, body in bodies("chat", "request"):
        request = OPENAI.parse_request(body)
        back = json.loads(DIALECT.render_request(request, Losses()))
        assert problems(back) == "", name
        roles = [turn["role"] for turn in back["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2), name
        DIALECT.parse_request(text(back))


def test_recorded_answers_cross_to_openai_and_back() -> None:
    """The same texts, calls and reason; what is missing was named."""
    for name, body in bodies("converse", "response"):
        losses, here = Losses(), DIALECT.parse_response(body)
        crossed = OPENAI.parse_response(OPENAI.render_response(here, losses))
        assert crossed.choices[0].finish in (here.choices[0].finish, "stop"), name
        assert crossed.usage is not None, name
        assert here.usage is not None, name
        assert crossed.usage.total == here.usage.total, name
        back = json.loads(DIALECT.render_response(crossed, losses))
        if not losses:
            assert texts([back["output"]["message"]]) == texts([json.loads(body)["output"]["message"]]), name


def test_recorded_streams_cross_to_openai() -> None:
    """A stream put together on the other side says what it said here."""
    for name, data in recorded_streams():
        found = events(data)
        whole = collect(found)
        out = OPENAI.stream_renderer(DIALECT.parse_request(text(REQUEST)), Losses())
        sent = b"".join([out.render(event) for event in found]) + out.end()
        there = b"".join([json.dumps(block).encode() for block in _contents(sent)])
        for block in whole.choices[0].blocks if whole.choices else ():
            assert json.dumps(getattr(block, "name", "")).strip('"') in there.decode(), name


def _contents(sent: bytes) -> list[Any]:
    lines = [line[6:] for line in sent.split(b"\n") if line.startswith(b"data: {")]
    return [json.loads(line) for line in lines]


def texts(turns: list[dict[str, Any]]) -> list[str]:
    return ["".join([block.get("text", "") for block in turn["content"] if "text" in block]) for turn in turns]


def test_a_stream_is_the_answer_in_pieces() -> None:
    """Put together, a stream has the blocks, the reason and the usage of the full answer."""
    whole, streamed = DIALECT.parse_response(text(ANSWER)), collect(events(DATA))
    assert [type(block).__name__ for block in streamed.choices[0].blocks] == ["Thinking", "Text", "ToolCall"]
    assert streamed.choices[0].blocks[1:] == whole.choices[0].blocks[1:]
    assert (streamed.choices[0].finish, streamed.usage) == (whole.choices[0].finish, whole.usage)


def test_any_split_gives_the_same_events() -> None:
    """Byte by byte, and cut at every boundary."""
    whole = events(DATA)
    assert events(DATA, range(1, len(DATA))) == whole
    for cut in range(0, len(DATA), 5):
        assert events(DATA, [cut]) == whole


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(1, len(DATA) - 1), max_size=9))
def test_random_splits_give_the_same_events(cuts: set[int]) -> None:
    """Several cuts at once, anywhere."""
    assert events(DATA, cuts) == events(DATA)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": [1]}, "messages[0]"),
        ({"messages": [{"content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": []}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "hi"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"text": 1}]}]}, "messages[0].content[0].text"),
        ({"system": "x"}, "system"),
        ({"inferenceConfig": {"maxTokens": "1"}}, "inferenceConfig.maxTokens"),
        ({"toolConfig": {"tools": [{"toolSpec": {}}]}}, "toolConfig.tools[0].toolSpec.name"),
    ],
)
def test_what_is_malformed_is_refused_in_its_place(change: dict[str, Any], param: str) -> None:
    """The place is named as Bedrock's clients know it."""
    with pytest.raises(BadRequest) as told:
        DIALECT.parse_request(text({**REQUEST, **change}))
    assert told.value.param == param


def test_a_relayed_body_has_a_list_of_messages_or_none() -> None:
    """A prompt of Bedrock's own takes the place of messages."""
    DIALECT.validate_relay(Fields.parse(b'{"promptVariables":{}}'))
    DIALECT.validate_relay(Fields.parse(b'{"messages":[]}'))
    with pytest.raises(BadRequest):
        DIALECT.validate_relay(Fields.parse(b'{"messages":{}}'))


def test_a_full_answer_is_told_from_an_error() -> None:
    """An error in a 200, and what is no JSON, are no answers."""
    DIALECT.check_response(text(ANSWER))
    for body in (b"<html>", b"[]"):
        with pytest.raises(MalformedReply):
            DIALECT.check_response(body)
    unknown = {"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"}
    for told in (unknown, {"message": "no"}, {"__type": "ThrottlingException"}):
        with pytest.raises(ProviderReply):
            DIALECT.check_response(text(told))


def test_a_sealed_request_comes_home() -> None:
    """What another dialect's provider sealed is opened: nothing of it reaches Bedrock."""
    proof = Proof("anthropic", "abc")
    name = seal_id("toolu_1", [Thinking("Hm.", proof)], None)
    turns = [
        {"role": "user", "content": [{"text": "hi"}]},
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": seal_proof(proof)}}},
                {"toolUse": {"toolUseId": name, "name": "t", "input": {}}},
            ],
        },
        {"role": "user", "content": [{"toolResult": {"toolUseId": name, "content": []}}]},
    ]
    request = DIALECT.parse_request(text({"messages": turns}))
    assert request.messages[1].blocks[0] == Thinking("Hm.", proof)
    assert len(request.messages[1].blocks) == 2
    losses = Losses()
    out = json.loads(DIALECT.render_request(request, losses))
    assert out["messages"][1]["content"] == [{"toolUse": {"toolUseId": "toolu_1", "name": "t", "input": {}}}]
    assert out["messages"][2]["content"][0]["toolResult"]["toolUseId"] == "toolu_1"
    assert "messages[1].content[0].proof" in losses


def test_streams_have_no_keep_alive() -> None:
    """AWS's framing has nothing that says nothing."""
    assert DIALECT.keep_alive == b""
    assert messages(DATA)[0].event == "messageStart"
