"""Streams, read."""

import json
from typing import Any

import pytest

from anthropic_wire import DIALECT, RESPONSE, STREAM, block_of, event, named, stream_of, told
from limen.dialects.seal import seal_proof
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.model.content import Opaque, Proof, ServerTool, Text, Thinking, ToolCall
from limen.model.events import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    Finish,
    OpaqueEvent,
    Start,
    UsageReport,
)
from openai_wire import events, frames


def read(data: bytes) -> list[Event]:
    parser = DIALECT.stream_parser()
    return [found for frame in frames(data) for found in parser.feed(frame)]


def comes_back(data: bytes) -> list[Event]:
    found = events(DIALECT, data)
    assert named(told(found)) == named(data)
    return found


def test_frames_are_events() -> None:
    """One for one; ``message_delta`` is a reason and a usage."""
    found = comes_back(STREAM)
    kinds = [type(each) for each in found]
    assert kinds[:5] == [Start, BlockStart, BlockDelta, BlockDelta, BlockStop]
    assert kinds[-2:] == [Finish, UsageReport]
    assert found[1].shell == Thinking("", extra={"signature": ""})  # type: ignore[union-attr]
    assert found[3] == BlockDelta(0, proof=Proof("anthropic", "c2ln"))
    assert [each.empty for each in found if isinstance(each, OpaqueEvent)] == [True]


def test_usage_adds_up_over_the_stream() -> None:
    """The end leaves out what the start told, such as the life of what was cached."""
    report = events(DIALECT, STREAM)[-1]
    assert isinstance(report, UsageReport)
    usage = report.usage
    buckets = (usage.input_uncached, usage.input_cache_write_5m, usage.input_cache_write_1h, usage.output_reasoning)
    assert buckets == (10, 4, 3, 8)
    assert usage.raw["output_tokens"] == 20


PAGE = {"type": "web_search_result_location", "url": "u"}


@pytest.mark.parametrize(
    ("block", "kind", "heard"),
    [
        (block_of(0, {"type": "text", "text": "a"}, {"type": "text_delta", "text": "b"}), Text, "ab"),
        (block_of(0, {"type": "text", "text": "", "citations": [PAGE]}), Text, ""),
        (block_of(0, {"type": "thinking", "thinking": "a", "signature": "s"}), Thinking, "a"),
        (block_of(0, {"type": "tool_use", "id": "i", "name": "n", "input": {"a": 1}}), ToolCall, '{"a":1}'),
        (block_of(0, {"type": "tool_use", "id": "i", "name": "n"}), ToolCall, ""),
        (block_of(0, {"type": "redacted_thinking", "data": "d"}), Thinking, ""),
        (block_of(0, {"type": "redacted_thinking"}), Opaque, ""),
        (
            block_of(
                0,
                {"type": "server_tool_use", "id": "i", "name": "n", "input": {}},
                {"type": "input_json_delta", "partial_json": "{}"},
            ),
            ServerTool,
            "{}",
        ),
        (block_of(0, {"type": "web_search_tool_result", "content": []}), ServerTool, ""),
        (block_of(0, {"type": "compaction"}, {"type": "compaction_delta", "content": "c"}), Opaque, ""),
        (block_of(0, {"type": "text", "text": ""}, {"type": "citations_delta", "citation": PAGE}), Text, ""),
        (block_of(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "x", "odd": None}), Text, "x"),
        (block_of(0, {"type": "text", "text": ""}, {"type": "thinking_delta", "thinking": "x"}), Text, ""),
        (block_of(0, {"type": "thinking", "thinking": ""}, {"type": "signature_delta", "signature": ""}), Thinking, ""),
    ],
)
def test_every_block_comes_back(block: bytes, kind: type, heard: str) -> None:
    """Also one that has its text from the start, or pieces that nobody knows; the text is told once."""
    found = comes_back(stream_of(block))
    starts = [each for each in found if isinstance(each, BlockStart)]
    assert [type(each.shell) for each in starts] == [kind]
    assert "".join([each.text for each in found if isinstance(each, BlockDelta)]) == heard


def test_a_redacted_thought_has_its_proof_in_a_piece() -> None:
    """So that every dialect's renderer sees it in one place."""
    found = comes_back(stream_of(block_of(0, {"type": "redacted_thinking", "data": "d"})))
    start = next(each for each in found if isinstance(each, BlockStart))
    assert start.shell == Thinking("", redacted=True)
    assert [each.proof for each in found if isinstance(each, BlockDelta)] == [Proof("anthropic", "d")]


def test_a_sealed_signature_is_its_issuers() -> None:
    """An upstream that is itself a gateway passes proofs of others through."""
    delta = {"type": "signature_delta", "signature": seal_proof(Proof("gemini", "g"))}
    found = comes_back(stream_of(block_of(0, {"type": "thinking", "thinking": ""}, delta)))
    assert [each.proof for each in found if isinstance(each, BlockDelta)] == [Proof("gemini", "g")]


@pytest.mark.parametrize(
    "odd",
    [
        b": a comment\n\n",
        event("ping"),
        event("new_event", x=1),
        event("message_delta", delta={}, usage=None),
        event("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 1}, more=[1]),
        event("message_delta", usage={"output_tokens": 1}),
        event("message_delta", delta={"stop_reason": "pause_turn", "container": {}}),
        event("content_block_stop", index=9),
        event("content_block_delta", index=9, delta={"type": "text_delta", "text": "x"}),
        event("content_block_start", index="0", content_block={}),
        b'data: {"type":"ping"}\n\n',
        (
            b'event: other\ndata: {"type":"content_block_start","index":5,"content_block":{"type":"text","text":""}}\n\n'
            b'data: {"type":"content_block_stop","index":5}\n\n'
        ),
        b'event: content_block_stop\ndata: {"index":7,"type":"content_block_stop","odd":1}\n\n',
    ],
)
def test_odd_frames_come_back(odd: bytes) -> None:
    """In their place, whatever they are."""
    comes_back(stream_of(odd, block_of(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "x"})))


@pytest.mark.parametrize(
    "end",
    [
        b'event: message_stop\ndata: {"type":"message_stop","amazon-bedrock-invocationMetrics":{"x":1}}\n\n',
        b'data: {"type":"message_stop"}\n\n',
        event("message_stop") + b"event: data\ndata: [DONE]\n\n",
        event("message_stop") + event("ping"),
    ],
)
def test_odd_ends_come_back(end: bytes) -> None:
    """With figures in the end itself, without a name, or with something after it."""
    message = event("message_start", message={**RESPONSE, "content": []}, more=1)
    comes_back(message + end)


def test_an_error_ends_it() -> None:
    """Told with the status that its type has."""
    data = event("error", error={"type": "overloaded_error", "message": "Overloaded"}, request_id="r")
    (failure,) = read(data)
    assert isinstance(failure, Failure)
    fault = failure.fault
    assert isinstance(fault, ProviderReply)
    assert (fault.status, fault.kind, fault.message) == (529, FaultKind.OVERLOADED, "Overloaded")


@pytest.mark.parametrize("data", [b"data: {\n\n", b"data: []\n\n", b"data: x\n\n"])
def test_what_cannot_be_read(data: bytes) -> None:
    """Bytes that are no event stop the answer."""
    with pytest.raises(MalformedReply):
        read(data)


def test_open_blocks_are_closed_at_a_cut() -> None:
    """And the stream does not pass for a whole one."""
    parser = DIALECT.stream_parser()
    start: dict[str, Any] = {"index": 3, "content_block": {"type": "text", "text": ""}}
    for frame in frames(event("message_start", message=json.loads("{}")) + event("content_block_start", **start)):
        parser.feed(frame)
    assert (parser.close(), parser.ended) == ([BlockStop(3)], False)
