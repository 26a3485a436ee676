"""Streams of other dialects, written."""

import json
from typing import Any

from anthropic_wire import accumulated, named, told
from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.anthropic.stream_writer import frame
from limen.dialects.seal import open_id, unseal_proof
from limen.errors import TransportFault
from limen.model.content import Audio, Opaque, Proof, Refusal, Source, Text, Thinking, ToolCall
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
from limen.model.request import ChatRequest
from limen.model.usage import Usage
from limen.wire.sse import Frame

START = Start("r", "m", "other", 1, "default", Usage(input_uncached=9, dialect="other"))
GEMINI = Proof("gemini", "g")
ASKED = ChatRequest("m", (), "anthropic")


def write(*found: Event, start: bool = True) -> tuple[Any, list[str]]:
    losses = Losses()
    return accumulated(told([START, *found] if start else list(found), losses)), list(losses)


def test_a_whole_stream() -> None:
    """Thoughts, text and a call, with the reason and the usage at the end, whichever came first."""
    usage = Usage(input_uncached=9, output_text=2, output_reasoning=1, dialect="other")
    answer, lost = write(
        BlockStart(0, Thinking("")),
        BlockDelta(0, "Hm."),
        BlockDelta(0, proof=GEMINI),
        BlockStop(0),
        BlockStart(1, Text("")),
        BlockDelta(1, "A \u2028\U0001f600"),
        BlockStop(1),
        UsageReport(usage),
        BlockStart(2, ToolCall("c", "f", "", proof=GEMINI)),
        BlockDelta(2, '{"a"'),
        BlockDelta(2, ": 1}"),
        BlockStop(2),
        Finish("stop", "stop"),
    )
    thought, text, call = answer.content
    assert (thought.thinking, unseal_proof(thought.signature)) == ("Hm.", GEMINI)
    assert text.text == "A \u2028\U0001f600"
    assert (open_id(call.id)[::2], call.name, call.input) == (("c", GEMINI), "f", {"a": 1})
    assert (answer.id, answer.stop_reason, answer.usage.service_tier) == ("r", "tool_use", "standard")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (9, 3)
    assert lost == []


def test_a_stream_without_a_beginning_or_a_reason() -> None:
    """It gets the one, and goes without the other; blocks that nobody closed are closed."""
    answer, _ = write(BlockStart(0, Text("")), BlockDelta(0, "x"), start=False)
    assert (answer.content[0].text, answer.stop_reason) == ("x", None)
    assert write(start=False)[0].content == []


def test_interleaved_blocks() -> None:
    """Each piece goes to its own, even one that comes late."""
    answer, _ = write(
        BlockStart(0, ToolCall("a", "f", "")),
        BlockStart(1, ToolCall("b", "g", "")),
        BlockDelta(0, '{"x":'),
        BlockDelta(1, "{}"),
        BlockStop(1),
        BlockDelta(0, "1"),
        BlockStop(0),
        BlockDelta(0, "}"),
        Finish("tool_calls"),
    )
    assert [(block.name, block.input) for block in answer.content] == [("f", {"x": 1}), ("g", {})]


def test_proofs_that_have_no_signature_of_their_own() -> None:
    """They are redacted thoughts: a second proof of one thought, one of a text, one that was redacted all along."""
    answer, lost = write(
        BlockStart(0, Thinking("")),
        BlockDelta(0, "a", proof=GEMINI),
        BlockDelta(0, proof=Proof("gemini", "h")),
        BlockStop(0),
        BlockStart(1, Text("")),
        BlockDelta(1, "t", proof=Proof("gemini", "i")),
        BlockStop(1),
        BlockStart(2, Thinking("", redacted=True)),
        BlockDelta(2, proof=Proof("gemini", "j")),
        BlockStop(2),
        BlockDelta(1, proof=Proof("gemini", "k")),
        Finish("stop"),
    )
    assert [block.type for block in answer.content] == [
        "thinking",
        "redacted_thinking",
        "text",
        "redacted_thinking",
        "redacted_thinking",
        "redacted_thinking",
    ]
    proofs = [unseal_proof(block.data) for block in answer.content if block.type == "redacted_thinking"]
    assert [proof and proof.value for proof in proofs] == ["h", "i", "j", "k"]
    assert lost == []


def test_what_has_no_place_is_named() -> None:
    """Further answers, sound, blocks and events of others, log probabilities, citations of files."""
    _, lost = write(
        BlockStart(0, Audio(Source(data=""))),
        BlockDelta(0, "x"),
        BlockStop(0),
        BlockStart(1, Opaque("other", {})),
        BlockStart(0, Text(""), choice=1),
        BlockDelta(0, "y", choice=1),
        BlockStop(0, choice=1),
        BlockStart(2, Refusal("")),
        BlockDelta(2, "No.", logprobs={}, citation={"type": "file"}),
        OpaqueEvent("other", {}, "odd"),
        OpaqueEvent("other", {}, "quiet", empty=True),
        Finish("stop"),
        Finish("stop", choice=1),
    )
    assert lost == ["content[0]", "content[1]", "choices[1]", "content[2]", "logprobs", "content.citations", "odd"]


def test_a_web_page_is_cited() -> None:
    """With the part of the text that was said so far."""
    page = {"url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 2}}
    answer, lost = write(BlockStart(0, Text("")), BlockDelta(0, "Yes"), BlockDelta(0, citation=page), Finish("stop"))
    assert [(each.url, each.cited_text) for each in answer.content[0].citations] == [("u", "Ye")]
    assert lost == []


def test_a_failure_is_the_last_word() -> None:
    """No end marker follows it."""
    found = named(told([START, Failure(TransportFault("reset"))]))
    assert [name for name, _ in found] == ["message_start", "error"]
    assert json.loads(found[1][1])["error"] == {"type": "api_error", "message": "reset"}


def test_half_an_emoji_is_written_as_it_came() -> None:
    """Some servers cut a stream inside one."""
    assert b"\\ud83d" in told([START, BlockStart(0, Text("")), BlockDelta(0, "\ud83d"), Finish("stop")])


def test_a_frame_without_a_name() -> None:
    """Only data."""
    assert frame({"a": 1}, None) == b'data: {"a":1}\n\n'


def test_an_odd_block_may_grow_by_its_input() -> None:
    """A call whose name is no text is kept whole, and what its deltas have beside their own comes back."""
    begin = {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "name": 1, "input": {}}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}}
    odd = {**delta, "more": 1}
    parser, renderer = AnthropicMessages().stream_parser(), AnthropicMessages().stream_renderer(ASKED, Losses())
    said = b""
    for value in ({"type": "message_start", "message": {"content": []}}, begin, odd):
        data = json.dumps(value).encode()
        for event in parser.feed(Frame(data, b"", str(value["type"]))):
            said += renderer.render(event)
    assert json.loads(said.split(b"data: ")[-1]) == odd
