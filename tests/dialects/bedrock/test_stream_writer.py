"""The events of a stream, written: botocore reads what is said to a client of Bedrock."""

from typing import Any

import botocore.eventstream
import botocore.parsers
import pytest
from botocore.exceptions import EventStreamError
from botocore.session import Session

from bedrock_wire import rendered
from limen.dialects.bedrock.stream_writer import render_exception
from limen.dialects.seal import open_id, unseal_proof
from limen.errors import BadRequest, FaultKind, LimenError, LimitExceeded, ProviderReply, TransportFault
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

OPERATION = Session().get_service_model("bedrock-runtime").operation_model("ConverseStream")
SHAPE = OPERATION.output_shape.members["stream"]


class _Raw:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self) -> Any:
        yield self.data


def read(data: bytes) -> list[dict[str, Any]]:
    """What boto3 gives its caller; EventStreamError for an exception."""
    parser = botocore.parsers.EventStreamJSONParser()
    return list(botocore.eventstream.EventStream(_Raw(data), SHAPE, parser, "ConverseStream"))


FOREIGN = Proof("gemini", "g")
USAGE = Usage(input_uncached=9, output_text=2, dialect="other")


def test_another_dialects_stream() -> None:
    """In Bedrock's order: the usage after the end, no beginning for a text, nothing for a block that says nothing."""
    found: list[Event] = [
        Start("id", "m", "other", usage=Usage(input_uncached=1, dialect="other")),
        BlockStart(0, Thinking("")),
        BlockDelta(0, "Hm."),
        BlockDelta(0, proof=FOREIGN),
        BlockStop(0),
        BlockStart(1, Text("")),
        BlockStop(1),
        BlockStart(2, Text("")),
        BlockDelta(2, "On\ud83d"),
        BlockDelta(2, citation={"url": "https://a.test"}),
        BlockStop(2),
        BlockStart(3, ToolCall("i", "t", "", proof=FOREIGN)),
        BlockDelta(3, '{"a":'),
        BlockDelta(3, "1}", extra={"odd": 1}),
        BlockStop(3),
        UsageReport(USAGE),
        Finish("tool_calls", "x"),
    ]
    losses = Losses()
    told = read(rendered(found, losses))
    assert not losses
    assert [next(iter(event)) for event in told] == [
        *("messageStart", "contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("contentBlockStart", "contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("messageStop", "metadata"),
    ]
    signature = told[2]["contentBlockDelta"]["delta"]["reasoningContent"]["signature"]
    assert unseal_proof(signature) == FOREIGN
    call = told[7]["contentBlockStart"]["start"]["toolUse"]
    assert open_id(call["toolUseId"]).proof == FOREIGN
    assert told[9]["contentBlockDelta"]["delta"] == {"toolUse": {"input": "1}"}}
    assert told[-2]["messageStop"]["stopReason"] == "tool_use"
    assert told[-1]["metadata"]["usage"] == {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}


def test_odd_sequences_of_events() -> None:
    """No beginning, blocks side by side, shells that say something already, pictures, hidden thoughts."""
    found: list[Event] = [
        BlockStart(0, Text("A")),
        BlockStart(1, Thinking("", FOREIGN, redacted=True)),
        BlockDelta(0, "B"),
        BlockStop(1),
        BlockStop(0),
        BlockStart(7, Image(Source(data="iVBORw0KGgo="))),
        BlockStop(7),
        BlockStart(8, Refusal("")),
        BlockDelta(8, "No."),
        BlockDelta(99, "lost"),
        Finish("stop"),
    ]
    losses = Losses()
    told = read(rendered(found, losses))
    names = [next(iter(event)) for event in told]
    assert (names[0], names[-1]) == ("messageStart", "messageStop")
    texts = [event["contentBlockDelta"]["delta"].get("text") for event in told if "contentBlockDelta" in event]
    assert [text for text in texts if text] == ["A", "B", "No."]
    assert {event["contentBlockDelta"]["contentBlockIndex"] for event in told if "contentBlockDelta" in event} == {
        0,
        1,
        2,
        3,
    }
    assert list(losses) == ["content[8]"]


def test_what_has_no_place_is_named() -> None:
    """Other answers, other dialects' events and blocks, log probabilities."""
    found: list[Event] = [
        Start("id", "m", "other"),
        BlockStart(0, Text(""), choice=1),
        BlockStart(0, Opaque("other", {})),
        BlockStart(1, ServerTool("other", {})),
        BlockStart(2, Text("", extra={"odd": 1})),
        BlockDelta(2, "a", logprobs={"x": 1}, citation={"no": "page"}),
        BlockStop(2),
        BlockStart(3, Image(Source(url="https://a.test"))),
        OpaqueEvent("other", {}, "ping"),
        OpaqueEvent("other", {}, empty=True),
        Finish("pause", "pause_turn", stop_sequence="x"),
    ]
    losses = Losses()
    read(rendered(found, losses))
    assert set(losses) == {
        "choices[1]",
        "content[0]",
        "content[1]",
        "content[2].odd",
        "logprobs",
        "citations",
        "ping",
        "finish_reason",
        "stop_sequence",
    }


def failed(error: LimenError) -> dict[str, Any]:
    with pytest.raises(EventStreamError) as told:
        read(render_exception(error))
    found: dict[str, Any] = told.value.response["Error"]
    return found


def test_botocore_raises_on_an_error_in_a_stream() -> None:
    """With the code of one of the five exceptions that a stream may hold."""
    assert failed(TransportFault("gone")) == {"Code": "internalServerException", "Message": "gone"}
    assert failed(LimitExceeded("slow", retry_after=1))["Code"] == "throttlingException"
    assert failed(BadRequest("no"))["Code"] == "validationException"
    busy = ProviderReply("busy", status=503, kind=FaultKind.OVERLOADED)
    assert failed(busy)["Code"] == "serviceUnavailableException"
    with pytest.raises(EventStreamError):
        read(rendered([Start("x", "m", "other"), Failure(TransportFault("gone"))]))


def test_the_tier_is_told_at_the_end() -> None:
    """With the usage; one that Bedrock does not have is named. A second beginning, and a missing end, are mended."""
    found: list[Event] = [
        Start("x", "m", "other", service_tier="flex"),
        Start("x", "m", "other"),
        UsageReport(Usage(output_text=1, output_reasoning=2, dialect="other")),
    ]
    losses = Losses()
    told = read(rendered(found, losses))
    assert [next(iter(event)) for event in told] == ["messageStart", "messageStop", "metadata"]
    assert told[-1]["metadata"]["serviceTier"] == {"type": "flex"}
    assert list(losses) == ["usage.output_reasoning"]
    losses = Losses()
    read(rendered([Start("x", "m", "other", service_tier="scale"), Finish("stop")], losses))
    assert list(losses) == ["service_tier"]
