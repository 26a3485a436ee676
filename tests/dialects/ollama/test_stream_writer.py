"""Streams, written."""

from typing import Any

import pytest

from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.ollama.generate import OllamaGenerate
from limen.dialects.seal import open_id
from limen.errors import TransportFault
from limen.model.content import Image, Opaque, Proof, Refusal, Source, Text, Thinking, ToolCall
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
from ollama_wire import HEAD, PNG, events, lines, parsed, rendered

SAID = {"role": "assistant", "content": ""}
CALL = {"id": "c", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}
LAST = {**HEAD, "done": True, "done_reason": "stop", "total_duration": 9, "prompt_eval_count": 3}
OPENED: list[Event] = [Start("id", "m", "other", 86400, usage=Usage(input_uncached=1))]
AROUND = {"model": "m", "created_at": "1970-01-02T00:00:00Z"}


@pytest.mark.parametrize(
    "line",
    [
        {**HEAD, "message": {"role": "assistant", "content": "x"}, "done": False},
        {**HEAD, "message": {**SAID, "thinking": "t", "content": "x", "odd": 1}, "done": False, "logprobs": [{"a": 1}]},
        {**HEAD, "message": {**SAID, "tool_calls": [CALL, {**CALL, "id": "d"}]}, "done": False},
        {"message": {"content": "x", "images": [PNG], "tool_calls": [7]}, "done": 0, "created_at": 7, "model": None},
        {**HEAD, "message": None, "done": False},
        {"error": "beside", "message": {"content": "x"}},
        {},
    ],
)
def test_lines_come_back(line: dict[str, Any]) -> None:
    """Each with all it had, whatever it was; so does the last one."""
    dialect = OllamaChat()
    whole = [line, line, {**LAST, "message": SAID}]
    assert rendered(dialect, events(dialect, lines(*whole))) == whole
    whole = [line, {**LAST, "message": {**SAID, "content": "x"}, "eval_count": 4}]
    assert rendered(dialect, events(dialect, lines(*whole))) == whole


def test_generated_lines_come_back() -> None:
    """Their text stands at the top."""
    dialect = OllamaGenerate()
    whole = [
        {**HEAD, "response": "", "thinking": "t", "done": False},
        {**HEAD, "response": "x", "done": False},
        {**LAST, "response": "", "context": [1, 2]},
    ]
    assert rendered(dialect, events(dialect, lines(*whole))) == whole


def test_another_dialects_events_are_lines() -> None:
    """Pieces as they come, calls whole in the order of their ends, and one last line."""
    found = [
        *OPENED,
        BlockStart(0, Thinking("")),
        BlockDelta(0, "Hm"),
        BlockStart(1, Text("")),
        BlockStart(2, ToolCall("c", "f", "")),
        BlockDelta(2, '{"a"'),
        BlockDelta(1, "x"),
        BlockDelta(2, ":1}"),
        BlockStop(2),
        Finish("tool_calls"),
        UsageReport(Usage(input_uncached=3, output_text=4)),
    ]
    losses = Losses()
    assert rendered(OllamaChat(), found, losses) == [
        {**AROUND, "message": {**SAID, "thinking": "Hm"}, "done": False},
        {**AROUND, "message": {**SAID, "content": "x"}, "done": False},
        {**AROUND, "message": {**SAID, "tool_calls": [CALL]}, "done": False},
        {
            **AROUND,
            "message": SAID,
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 3,
            "eval_count": 4,
        },
    ]
    assert not losses


def test_a_client_carries_proofs_in_the_first_calls_id() -> None:
    """Those of the thoughts before it, and its own."""
    found = [
        *OPENED,
        BlockStart(0, Thinking("")),
        BlockDelta(0, "Hm."),
        BlockDelta(0, proof=Proof("anthropic", "sig")),
        BlockStart(1, ToolCall("c", "f", "{}", proof=Proof("gemini", "own"))),
        BlockStop(1),
        BlockStart(2, ToolCall("d", "f", "")),
    ]
    losses = Losses()
    said = [line["message"] for line in rendered(OllamaChat(), found, losses)]
    opened = open_id(said[1]["tool_calls"][0]["id"])
    assert opened == ("c", (Thinking("Hm.", Proof("anthropic", "sig")),), Proof("gemini", "own"))
    assert said[2]["tool_calls"][0]["id"] == "d"
    assert not losses


def test_what_has_no_place_is_named() -> None:
    """Other choices, citations, proofs without a call, blocks and events of other dialects; a refusal is said as text."""
    found = [
        *OPENED,
        BlockStart(0, Text(""), choice=1),
        BlockDelta(0, "z", choice=1),
        BlockStart(0, Refusal("")),
        BlockDelta(0, "No.", citation={"x": 1}, logprobs={"content": [{"token": "No."}]}),
        BlockStart(1, Opaque("other", {})),
        BlockDelta(1, "y"),
        BlockStart(2, Thinking("", Proof("anthropic", "sig"), redacted=True)),
        BlockStart(3, Image(Source(data=PNG))),
        OpaqueEvent("other", {}, "ping"),
        OpaqueEvent("other", {}, empty=True),
        Finish("stop_sequence", "stop_sequence", stop_sequence="X"),
    ]
    losses = Losses()
    out = rendered(OllamaChat(), found, losses)
    assert out[0] == {**AROUND, "message": {**SAID, "content": "No."}, "logprobs": [{"token": "No."}], "done": False}
    assert out[1]["message"]["images"] == [PNG]
    assert len(out) == 3
    assert list(losses) == [
        "choices[1]",
        "choices[0].content[0].refusal",
        "choices[0].content[0].citations",
        "choices[0].content[1]",
        "ping",
        "choices[0].content[2].proof",
        "stop_sequence",
    ]


def test_a_stream_without_a_start_is_written_too() -> None:
    """And one that fails says so in its last line."""
    renderer = OllamaGenerate().stream_renderer(OllamaGenerate().parse_request(b"{}"), Losses())
    out = renderer.render(BlockStart(0, Text("a"))) + renderer.render(BlockDelta(0, "b"))
    out += renderer.render(Failure(TransportFault("gone")))
    assert [line.get("response") for line in parsed(out)] == ["a", "b", None]
    assert parsed(out)[2] == {"error": "gone"}
