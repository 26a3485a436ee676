"""Chunks, read."""

from typing import Any

import msgspec
import pytest

from corpus import recordings, streams
from gemini_wire import DIALECT, chunk, parsed, said, streamed
from limen.dialects.gemini.stream import is_told
from limen.errors import FaultKind, MalformedReply, ProviderReply
from limen.model.content import Proof, Text, Thinking, ToolCall
from limen.model.events import BlockDelta, BlockStart, BlockStop, Failure, Finish, OpaqueEvent, Start, UsageReport
from openai_wire import collect
from openai_wire import frames as frames_of
from openai_wire import said as blocks_of

THOUGHT = {"text": "hm", "thought": True}
CALL = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "s"}
USAGE = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
STREAM = streamed(
    chunk(THOUGHT),
    {**chunk({"text": "A "}), "usageMetadata": USAGE},
    chunk({"text": "\u2028 b"}),
    chunk(CALL, CALL),
    {**chunk({"text": "", "thoughtSignature": "t"}, finishReason="STOP"), "usageMetadata": USAGE},
)


def plain(events: list[Any]) -> list[Any]:
    """Events without the envelope of their wire."""
    return [msgspec.structs.replace(event, extra={}) if hasattr(event, "extra") else event for event in events]


def test_chunks_become_blocks() -> None:
    """Text goes on with its own kind, everything else begins anew; the reason closes what is open."""
    events = plain(parsed(STREAM))
    found = [type(event) for event in events if not isinstance(event, UsageReport)]
    block = [BlockStart, BlockDelta, BlockStop]
    assert found == [Start, *block, BlockStart, BlockDelta, BlockDelta, BlockStop, *block, *block, *block, Finish]
    answer = collect(parsed(STREAM))
    assert [[entry[0] for entry in choice] for choice in blocks_of(answer)] == [
        ["Thinking", "Text", "ToolCall", "ToolCall", "Thinking"]
    ]
    assert (answer.id, answer.model, answer.choices[0].finish) == ("r1", "gemini-x", "tool_calls")
    assert answer.usage is not None
    assert answer.usage.total == 3


def test_proofs_arrive_with_their_blocks() -> None:
    """A call's at its start, a thought's in a piece of its own."""
    events = parsed(STREAM)
    shells = [event.shell for event in events if isinstance(event, BlockStart)]
    assert [shell.proof for shell in shells if isinstance(shell, ToolCall)] == [Proof("gemini", "s")] * 2
    assert [event.proof for event in events if isinstance(event, BlockDelta) and event.proof] == [Proof("gemini", "t")]
    last = shells[-1]
    assert isinstance(last, Thinking)
    assert last.redacted


def test_any_split_gives_the_same_events() -> None:
    """Whole, byte by byte, and cut at every boundary."""
    whole = parsed(STREAM)
    assert parsed(STREAM, range(1, len(STREAM))) == whole
    for cut in range(len(STREAM)):
        assert parsed(STREAM, [cut]) == whole


def test_a_call_in_pieces_is_one_block() -> None:
    """Its arguments are told when they are complete."""
    pieces = [
        {"functionCall": {"name": "f", "willContinue": True}, "thoughtSignature": "s"},
        {"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": True}},
        {"functionCall": {"willContinue": True}},
        {"functionCall": {}},
    ]
    stream = streamed(*[chunk(piece) for piece in pieces], chunk(finishReason="STOP"))
    [choice] = collect(parsed(stream)).choices
    [call] = choice.blocks
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments, call.proof, choice.finish) == (
        "f",
        '{"a":"x"}',
        Proof("gemini", "s"),
        "tool_calls",
    )


def test_empty_text_begins_nothing() -> None:
    """Many streams end with it."""
    stream = streamed(chunk({"text": ""}), chunk(CALL), chunk({"text": ""}, finishReason="STOP"))
    [choice] = collect(parsed(stream)).choices
    assert [type(block) for block in choice.blocks] == [ToolCall]
    assert isinstance(parsed(stream)[1], OpaqueEvent)


def test_candidates_are_choices() -> None:
    """Each with blocks of its own; the stream is whole when all have ended."""
    both = chunk({"text": "a"})
    both["candidates"].append({**chunk({"text": "b"})["candidates"][0], "index": 1})
    parser = DIALECT.stream_parser()
    [frame] = frames_of(streamed(both))
    events = parser.feed(frame)
    assert [event.choice for event in events if isinstance(event, BlockDelta)] == [0, 1]
    parser.close()
    assert not parser.ended
    done = chunk(finishReason="STOP")
    done["candidates"].append({"finishReason": "STOP", "index": 1})
    answer = collect(parsed(streamed(both, done)))
    assert [choice.finish for choice in answer.choices] == ["stop", "stop"]


def test_a_refused_prompt_ends_a_stream() -> None:
    """With a reason, though there was no candidate."""
    stream = streamed({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": USAGE})
    events = parsed(stream)
    assert [event.reason for event in events if isinstance(event, Finish)] == ["content_filter"]


def test_an_error_is_a_failure() -> None:
    """In an object, or in a list."""
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    for stream in (streamed(error), streamed([error])):
        [failure] = parsed(stream)
        assert isinstance(failure, Failure)
        assert isinstance(failure.fault, ProviderReply)
        assert (failure.fault.kind, failure.fault.status) == (FaultKind.OVERLOADED, 503)


@pytest.mark.parametrize("data", [b"data: {\n\n", b"data: 1\n\n", b"data: []\n\n", b'data: "a"\n\n'])
def test_what_can_not_be_read_is_malformed(data: bytes) -> None:
    """Anything but an object."""
    with pytest.raises(MalformedReply):
        parsed(data)


def test_a_cut_stream_never_looks_whole() -> None:
    """Wherever it was cut before the reason to finish."""
    frames = STREAM.split(b"\r\n\r\n")
    for count in range(len(frames) - 1):
        parser = DIALECT.stream_parser()
        for frame in frames_of(b"\r\n\r\n".join(frames[:count]) + b"\r\n\r\n"):
            parser.feed(frame)
        parser.close()
        assert not parser.ended


def test_what_is_told() -> None:
    """A block of text begins and ends unsaid."""
    assert [is_told(event) for event in (BlockStart(0, Text("")), BlockStop(0), Start("", "", "gemini"))] == [False] * 3
    assert is_told(BlockDelta(0, "x"))


def test_recorded_streams_collect_to_what_was_sent() -> None:
    """The text of each kind is what the parts add up to, and every stream came to its end."""
    for name, data in recorded():
        parser = DIALECT.stream_parser()
        frames = frames_of(data)
        events = [event for frame in frames for event in parser.feed(frame)] + parser.close()
        assert parser.ended, name
        sums = {True: "", False: ""}
        for each in said(data):
            for candidate in each.get("candidates") or ():
                for part in candidate.get("content", {}).get("parts") or ():
                    sums[bool(part.get("thought"))] += part.get("text") or ""
        blocks = [block for choice in collect(events).choices for block in choice.blocks]
        assert "".join([block.text for block in blocks if isinstance(block, Text)]) == sums[False], name
        assert "".join([block.text for block in blocks if isinstance(block, Thinking)]) == sums[True], name


def recorded() -> list[tuple[str, bytes]]:
    """Every recorded stream, those too that came as one array."""
    arrays = [
        (exchange["id"], streamed(*exchange["response"]))
        for exchange in recordings("generateContent")
        if exchange["status"] == 200 and isinstance(exchange.get("response"), list)
    ]
    return streams("generateContent") + arrays
