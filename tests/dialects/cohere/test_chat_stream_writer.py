"""The frames of a streamed answer, written."""

import json
from typing import Any

from cohere_wire import COHERE, rendered
from limen.dialects.seal import open_id
from limen.errors import FaultKind, ProviderReply
from limen.model.content import Opaque, Proof, Refusal, Text, Thinking, ToolCall
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
from openai_wire import frames

BEGIN = Start("a", "m", "test")


def told(*events: Event) -> tuple[list[Any], list[str]]:
    losses = Losses()
    data = rendered(COHERE, events, losses)
    assert data.endswith(b"data: [DONE]\n\n")
    return [json.loads(each.data) for each in frames(data) if each.data != b"[DONE]"], list(losses)


def test_a_stream_without_a_beginning_is_given_one() -> None:
    """A client waits for ``message-start``."""
    said, _ = told(BlockStart(0, Text("")), BlockDelta(0, "a"), BlockStop(0), Finish("stop"))
    assert [each["type"] for each in said] == [
        *("message-start", "content-start", "content-delta", "content-end", "message-end")
    ]


def test_usage_before_the_end_is_in_the_last_frame() -> None:
    """Whenever it came."""
    said, lost = told(BEGIN, UsageReport(Usage(input_uncached=1)), Finish("length"))
    assert said[-1]["delta"]["finish_reason"] == "MAX_TOKENS"
    assert said[-1]["delta"]["usage"]["tokens"]["input_tokens"] == 1
    assert lost == []


def test_other_choices_are_named_and_left_out() -> None:
    """Cohere gives one answer."""
    said, lost = told(
        BEGIN, BlockStart(0, Text(""), 1), BlockDelta(0, "b", 1), BlockStop(0, 1), Finish("stop", choice=1)
    )
    assert [each["type"] for each in said] == ["message-start", "message-end"]
    assert lost == ["choices[1]", "finish_reason"]


def test_what_has_no_place_is_named() -> None:
    """Blocks, events, citations and probabilities of others."""
    _, lost = told(
        BEGIN,
        BlockStart(0, Opaque("other", {})),
        BlockStart(1, Refusal("")),
        BlockDelta(1, "No", citation={}, logprobs={}),
        OpaqueEvent("other", {}, "ping", empty=True),
        OpaqueEvent("other", {}, "odd"),
        Finish("content_filter"),
    )
    assert lost == ["choices[0].content[0]", "choices[0].content[1]", "citations", "logprobs", "odd", "finish_reason"]


def test_proofs_travel_in_the_first_calls_id() -> None:
    """With the whole thought."""
    proof = Proof("anthropic", "sig")
    said, lost = told(
        BEGIN,
        BlockStart(0, Thinking("")),
        BlockDelta(0, "Hm"),
        BlockDelta(0, proof=proof),
        BlockStop(0),
        BlockStart(1, ToolCall("c", "f", "")),
        Finish("tool_calls"),
    )
    name = next(each for each in said if each["type"] == "tool-call-start")["delta"]["message"]["tool_calls"]["id"]
    assert open_id(name) == ("c", (Thinking("Hm", proof),), None)
    assert lost == []


def test_a_proof_without_a_call_is_named() -> None:
    """There is no place for it."""
    _, lost = told(BEGIN, BlockStart(0, Thinking("", Proof("anthropic", "sig"))), Finish("stop"))
    assert lost == ["proof"]


def test_a_failure_ends_the_stream_as_an_error() -> None:
    """With nothing after it that looks like an end."""
    fault = ProviderReply("it broke", status=502, kind=FaultKind.OVERLOADED)
    said, _ = told(BEGIN, Failure(fault))
    assert [each["type"] for each in said] == ["message-start", "message-end"]
    assert said[-1]["delta"]["error"] == "it broke"
