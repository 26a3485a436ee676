"""Chunks, written."""

from typing import Any

import pytest

from corpus import streams
from gemini_wire import DIALECT, chunk, parsed, rendered, said, streamed
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import TransportFault
from limen.model.content import Image, Opaque, Proof, Refusal, ServerTool, Source, Text, Thinking, ToolCall
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
from limen.model.losses import Losses
from limen.model.usage import Usage
from openai_wire import collect
from openai_wire import events as openai_events
from openai_wire import rendered as openai_rendered
from openai_wire import said as blocks_of

USAGE = Usage(input_uncached=3, output_text=2, dialect="other")


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"text": "a"}), chunk({"text": "b"}, finishReason="STOP")],
        [chunk({"text": "a", "thoughtSignature": "s"}), chunk({"text": "b"}), chunk(finishReason="STOP")],
        [chunk({"text": "h", "thought": True}, {"text": "a", "new": 1}), chunk({"text": ""}, finishReason=1)],
        [chunk({"text": "", "thought_signature": "s"}), chunk({"text": "h", "thought": True, "thoughtSignature": "t"})],
        [chunk({"functionCall": {"name": "f", "args": {"a": 1.5}}, "thoughtSignature": "s"}), chunk({"text": ""})],
        [chunk({"executableCode": {"code": "1"}}), chunk({"inlineData": {"mimeType": "image/png", "data": "A"}})],
        [chunk({"text": ""}, {"text": "a"}, {}, {"text": "", "x": 1}), chunk(1, {"text": "b"})],
        [{"candidates": [{"content": {"role": "model"}, "index": 0}]}, {"candidates": []}, {"usageMetadata": {"x": 1}}],
        [{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}],
        [
            chunk({"text": "a"}, safetyRatings=[{"category": 1}]),
            chunk({"text": "b"}),
            {**chunk({"text": "c"}), "createTime": "x"},
        ],
        [
            chunk({"functionCall": {"name": "f", "willContinue": True}}),
            chunk({"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": True}}),
            chunk({"functionCall": {}}),
        ],
    ],
)
def test_streams_come_back_chunk_by_chunk(chunks: list[Any]) -> None:
    """With everything that stood around the parts."""
    losses = Losses()
    assert said(rendered(parsed(streamed(*chunks)), losses=losses)) == chunks
    assert not losses


def test_recorded_streams_come_back_chunk_by_chunk() -> None:
    """Every one."""
    for name, data in streams("generateContent"):
        assert said(rendered(parsed(data))) == said(data), name


FOREIGN: list[Event] = [
    Start("msg_1", "m", "other", 1767323045, service_tier="x", usage=USAGE),
    BlockStart(0, Thinking("")),
    BlockDelta(0, "Hm."),
    BlockDelta(0, proof=Proof("anthropic", "p")),
    BlockStop(0),
    BlockStart(1, Text("")),
    BlockStart(2, ToolCall("c", "f", "")),
    BlockDelta(1, "A \u2028"),
    BlockDelta(2, '{"a": '),
    BlockDelta(1, "b", citation={"x": 1}, logprobs=[1]),
    BlockDelta(2, "1}"),
    BlockStop(2),
    BlockStop(1),
    BlockStart(3, Refusal("")),
    BlockDelta(3, "no"),
    BlockStop(3),
    UsageReport(USAGE),
    Finish("tool_calls", "tool_use", stop_sequence="X"),
]


def test_another_dialects_events_are_chunks_of_their_own() -> None:
    """A call goes out when it is complete, the reason with the usage at the end; what has no place is named."""
    losses = Losses()
    found = said(rendered(FOREIGN, losses=losses))
    around = {"modelVersion": "m", "responseId": "msg_1", "createTime": "2026-01-02T03:04:05Z"}
    assert all(each.items() >= around.items() for each in found)
    parts = [each["candidates"][0]["content"]["parts"] for each in found]
    sealed = parts[1][0].pop("thoughtSignature")
    assert parts == [
        [{"text": "Hm.", "thought": True}],
        [{"text": "", "thought": True}],
        [{"text": "A \u2028"}],
        [{"text": "b"}],
        [{"functionCall": {"name": "f", "args": {"a": 1}, "id": "c"}}],
        [{"text": "no"}],
        [{"text": ""}],
    ]
    assert found[-1]["candidates"][0]["finishReason"] == "STOP"
    assert found[-1]["usageMetadata"] == {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}
    assert list(losses) == ["service_tier", "citations", "logprobs", "choices[0].content[3]", "stop_sequence"]
    again = parsed(streamed(chunk({"text": "", "thought": True, "thoughtSignature": sealed})))
    assert [event.proof for event in again if isinstance(event, BlockDelta)] == [Proof("anthropic", "p")]


def test_any_legal_sequence_is_taken() -> None:
    """No start, a call that never stops, several choices, blocks that only their own dialect has."""
    losses = Losses()
    found = said(
        rendered(
            [
                BlockStart(0, ToolCall("c", "f", "{}"), choice=1),
                BlockDelta(9, "lost"),
                BlockStart(0, Image(Source(data="AA", media_type="image/png"))),
                BlockStart(1, ServerTool("other", {})),
                BlockStart(2, Opaque("other", {})),
                BlockStart(3, Text("said at once")),
                OpaqueEvent("other", {}, "ping", empty=True),
                OpaqueEvent("other", {}, "strange"),
                Finish("stop", choice=1),
                Finish("length", choice=0),
            ],
            losses=losses,
        )
    )
    assert [each["candidates"][0]["index"] for each in found] == [0, 0, 1, 0]
    assert [each["finishReason"] for each in found[-1]["candidates"]] == ["MAX_TOKENS", "STOP"]
    assert list(losses) == ["choices[0].content[1]", "choices[0].content[2]", "strange"]
    assert rendered([]) == b""


def test_a_failure_is_told_in_band() -> None:
    """As Google tells it."""
    [told] = said(rendered([Failure(TransportFault("the connection was reset"))]))
    assert told == {"error": {"code": 502, "message": "the connection was reset", "status": "UNAVAILABLE"}}


def test_half_a_surrogate_pair_is_written() -> None:
    """Some servers cut a stream inside an emoji."""
    found = [Start("x", "m", "other"), BlockStart(0, Text("")), BlockDelta(0, "\ud83d")]
    assert b"\\ud83d" in rendered(found)


def test_recorded_streams_cross_to_openai_and_back() -> None:
    """The blocks of a stream are the same blocks in the other dialect's stream."""
    for name, data in streams("generateContent"):
        here = collect(parsed(data))
        there = collect(openai_events(OpenAIChat(), openai_rendered(OpenAIChat(), parsed(data))))
        for ours, theirs in zip(here.choices, there.choices, strict=True):
            for kind in (Text, Thinking):
                assert text_of(ours, kind) == text_of(theirs, kind), name
            assert calls_of(ours) == calls_of(theirs), name


def test_openais_recorded_streams_cross_to_gemini() -> None:
    """And the other way."""
    for name, data in streams("chat"):
        here = collect(openai_events(OpenAIChat(), data))
        there = collect(parsed(rendered(openai_events(OpenAIChat(), data))))
        for ours in here.choices:
            theirs = next((choice for choice in there.choices if choice.index == ours.index), None)
            if theirs is None:
                assert blocks_of(here)[0] == [], name
                continue
            assert text_of(ours, Text) == text_of(theirs, Text), name
            assert [call[0] for call in calls_of(ours)] == [call[0] for call in calls_of(theirs)], name
        assert there.usage is None or here.usage is None or there.usage.total == here.usage.total, name


def text_of(choice: Any, kind: type) -> str:
    """All text of one kind, and what a refusal says."""
    kinds = (kind, Refusal) if kind is Text else (kind,)
    return "".join([block.text for block in choice.blocks if isinstance(block, kinds)])


def calls_of(choice: Any) -> list[tuple[str, str]]:
    """Names and arguments of the calls."""
    return [(block.name, block.arguments) for block in choice.blocks if isinstance(block, ToolCall)]


def test_the_renderer_is_the_dialects() -> None:
    """Server-sent events, ended as Google ends its lines."""
    assert rendered(FOREIGN).endswith(b"\r\n\r\n")
    assert DIALECT.stream_content_type.startswith(b"text/event-stream")
