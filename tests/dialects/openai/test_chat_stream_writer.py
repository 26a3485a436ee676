"""The deltas of a streamed chat answer, written, for events of other dialects.

Those of the same wire are written in `test_openai_chat_stream`.
"""

import json
from typing import Any

from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.seal import open_id
from limen.model.content import (
    Audio,
    Block,
    Image,
    Opaque,
    Proof,
    Refusal,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
)
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start
from limen.model.losses import Losses
from openai_wire import bare, chunks, collect, events, rendered

DIALECT = OpenAIChat()
START = Start("i", "m", "other", 7)


def block(number: int, shell: Block, *texts: str) -> list[Event]:
    return [BlockStart(number, shell), *[BlockDelta(number, text) for text in texts], BlockStop(number)]


def deltas(*found: Event, losses: Losses | None = None) -> list[Any]:
    """The deltas after the role and before the end."""
    out = chunks(rendered(DIALECT, [START, *found, Finish("stop")], losses=losses))
    return [json.loads(text)["choices"][0]["delta"] for text in out[1:-2]]


def test_calls_are_numbered_in_their_own_right() -> None:
    """Blocks are counted all together, calls alone."""
    assert deltas(
        *block(0, Text(""), "a"),
        *block(1, ToolCall("x", "f", ""), "{", "}"),
        *block(2, Thinking(""), "hm"),
        *block(3, ToolCall("y", "g", ""), "[]"),
    ) == [
        {"content": "a"},
        {"tool_calls": [{"index": 0, "id": "x", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
        {"reasoning_content": "hm"},
        {"tool_calls": [{"index": 1, "id": "y", "type": "function", "function": {"name": "g", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "[]"}}]},
    ]


def test_what_was_written_reads_as_the_same_blocks() -> None:
    """parse(render(events)) is events, extras aside."""
    found = [
        START,
        *block(0, Thinking(""), "h", "m"),
        *block(1, Text(""), "a", "", "b"),
        *block(2, ToolCall("x", "f", ""), "{", "}"),
        *block(3, ToolCall("y", "g", "")),
        *block(4, Refusal(""), "no"),
        Finish("tool_calls"),
    ]
    again = events(DIALECT, rendered(DIALECT, found))
    assert [bare(b) for b in collect(again).choices[0].blocks] == [bare(b) for b in collect(found).choices[0].blocks]
    stops = [event for event in again if isinstance(event, BlockStop)]
    assert [stop.block for stop in stops] == [0, 1, 2, 3, 4]


def test_blocks_without_a_place_are_named_and_silent() -> None:
    """Their pieces too."""
    losses = Losses()
    lost: list[Block] = [Image(Source()), Audio(Source()), ServerTool("other", {}), Opaque("other", {})]
    found = [event for number, shell in enumerate(lost) for event in block(number, shell, "x")]
    assert deltas(*found, *block(9, Text(""), "a"), losses=losses) == [{"content": "a"}]
    assert len(losses.items()) == 4


def test_proofs_travel_with_the_client() -> None:
    """Another issuer's comes in the details, with the issuer's name and the text that it proves."""
    assert deltas(
        BlockStart(0, Thinking("")), BlockDelta(0, "hm"), BlockDelta(0, proof=Proof("anthropic", "sig")), BlockStop(0)
    ) == [
        {"reasoning_content": "hm"},
        {
            "reasoning_details": [
                {
                    "type": "reasoning.text",
                    "signature": "sig",
                    "format": "limen1:anthropic",
                    "index": 0,
                    "text": "hm",
                }
            ]
        },
    ]


def test_custom_calls_have_input() -> None:
    """As OpenAI writes them."""
    assert deltas(*block(0, ToolCall("x", "note", "", kind="custom"), "free")) == [
        {"tool_calls": [{"index": 0, "id": "x", "type": "custom", "custom": {"name": "note", "input": ""}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "free"}}]},
    ]


def test_a_calls_id_carries_the_thoughts_before_it() -> None:
    """Whole, however many pieces they came in; a later call carries its own proof alone."""
    out = deltas(
        *[BlockStart(0, Thinking("")), BlockDelta(0, "h"), BlockDelta(0, "m")],
        *[BlockDelta(0, proof=Proof("anthropic", "sig")), BlockStop(0)],
        *block(1, Thinking("", Proof("anthropic", "data"), redacted=True)),
        *block(2, ToolCall("x", "f", ""), "{}"),
        *block(3, ToolCall("y", "f", "", proof=Proof("gemini", "g")), "{}"),
    )
    ids = [delta["tool_calls"][0]["id"] for delta in out if delta.get("tool_calls", [{}])[0].get("id")]
    thoughts = (Thinking("hm", Proof("anthropic", "sig")), Thinking("", Proof("anthropic", "data"), redacted=True))
    assert [open_id(name) for name in ids] == [("x", thoughts, None), ("y", (), Proof("gemini", "g"))]
