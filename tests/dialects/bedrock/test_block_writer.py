"""Content blocks, written."""

from typing import Any

import pytest

from limen.dialects.bedrock.block_writer import BlockWriter
from limen.dialects.bedrock.models import read_model
from limen.dialects.rendering import Rendering
from limen.dialects.seal import open_id, unseal_proof
from limen.model.content import (
    Audio,
    Block,
    CacheMark,
    Document,
    Image,
    Opaque,
    Proof,
    Refusal,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from limen.model.losses import Losses


def write(
    *blocks: Block, answer: bool = False, model: str = "anthropic.claude-sonnet-5"
) -> tuple[list[Any], list[str]]:
    """Another dialect's blocks, and what is lost of them."""
    losses = Losses()
    writer = BlockWriter(Rendering("bedrock_converse", "other", losses, answer=answer), read_model(model))
    return writer.write(blocks, "c"), list(losses)


def test_blank_text_is_left_out() -> None:
    """Bedrock refuses it: an empty one says nothing, one of blanks is named."""
    assert write(Text(""), Text(" \n"), Text("a ")) == ([{"text": "a "}], ["c[1]"])


def test_a_cache_mark_is_a_block() -> None:
    """Of its own, where the model keeps caches."""
    marked = Text("a", cache=CacheMark("1h"))
    assert write(marked) == ([{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "1h"}}], [])
    assert write(marked, model="meta.llama3-8b-instruct-v1:0") == ([{"text": "a"}], ["c[0].cache_control"])


@pytest.mark.parametrize(
    "block",
    [
        Image(Source(url="https://a.test/x.png")),
        Image(Source(data="x", media_type="image/tiff")),
        Document(Source(file_id="f")),
        Audio(Source(data="x"), "midi"),
        Opaque("other", {}),
        ServerTool("other", {}),
        ToolCall("i", "t", "x", "custom"),
    ],
)
def test_what_has_no_place_is_named(block: Block) -> None:
    """Nothing stands in its place."""
    assert write(block) == ([], ["c[0]"])


def test_media_are_written() -> None:
    """With their formats; what a wish or a name loses is named."""
    picture = Image(Source(data="x", media_type="image/png"), detail="low")
    document = Document(Source(data="x", media_type="application/pdf"), "A&B.pdf")
    built, lost = write(picture, document, Audio(Source(data="x"), "wav", transcript="hi"))
    assert built == [
        {"image": {"format": "png", "source": {"bytes": "x"}}},
        {"document": {"format": "pdf", "name": "A B", "source": {"bytes": "x"}}},
        {"audio": {"format": "wav", "source": {"bytes": "x"}}},
    ]
    assert lost == ["c[0].detail", "c[1].title", "c[2].transcript"]


def test_calls_have_objects_and_ids_that_bedrock_takes() -> None:
    """Arguments that are no object are wrapped in one, and named."""
    long = "x" * 100
    built, lost = write(
        ToolCall("a", "t", '{"n": 1}'), ToolCall(long, "t", ""), ToolCall("c", "t", "[1]"), ToolCall("d", "t", "{")
    )
    calls = [block["toolUse"] for block in built]
    assert [call["input"] for call in calls] == [{"n": 1}, {}, {"arguments": "[1]"}, {"arguments": "{"}]
    assert len(calls[1]["toolUseId"]) <= 64
    assert lost == ["c[2].arguments", "c[3].arguments"]
    result, _ = write(ToolResult(long, ()))
    assert result[0]["toolResult"]["toolUseId"] == calls[1]["toolUseId"]


def test_results() -> None:
    """Failures are told; a failed one is never empty, blank text is allowed here."""
    result = ToolResult("i", (Text(""), Text("a", cache=CacheMark())), is_error=True)
    built, lost = write(result, ToolResult("j", (), is_error=True), ToolResult("k", (), name="t"))
    told = [block["toolResult"] for block in built]
    assert told[0] == {"toolUseId": "i", "content": [{"text": ""}, {"text": "a"}], "status": "error"}
    assert told[1]["content"][0]["text"]
    assert lost == ["c[0].content[1].cache_control", "c[2].tool_name"]


def test_a_provider_gets_its_own_proofs_alone() -> None:
    """A thought of another, or of nobody, is left out, and named."""
    own, foreign = Proof("bedrock_converse", "s"), Proof("gemini", "g")
    built, lost = write(
        Thinking("a", own), Thinking("b", foreign), Thinking("c"), ToolCall("i", "t", "", proof=foreign)
    )
    assert [next(iter(block)) for block in built] == ["reasoningContent", "toolUse"]
    assert lost == ["c[1]", "c[1].proof", "c[2]", "c[3].proof"]


def test_a_client_carries_others_proofs() -> None:
    """Sealed in the signature, or in the id of a call."""
    foreign = Proof("gemini", "g")
    built, lost = write(
        Thinking("a", foreign), Thinking("", foreign, redacted=True), ToolCall("i", "t", "", proof=foreign), answer=True
    )
    assert lost == []
    assert unseal_proof(built[0]["reasoningContent"]["reasoningText"]["signature"]) == foreign
    assert isinstance(built[1]["reasoningContent"]["redactedContent"], str)
    assert open_id(built[2]["toolUse"]["toolUseId"]).proof == foreign


def test_citations_of_pages_reach_a_client() -> None:
    """Others are named; a provider gets none."""
    text = Text("a", ({"url": "https://a.test"},))
    built, lost = write(text, answer=True)
    assert built[0]["citationsContent"]["content"] == [{"text": "a"}]
    assert lost == []
    assert write(text) == ([{"text": "a"}], ["c[0].citations"])
    assert write(Refusal("No.")) == ([{"text": "No."}], ["c[0]"])


def test_the_result_of_a_call_that_has_no_place_goes_with_it() -> None:
    """Bedrock refuses a result without its call."""
    call = ToolCall("i", "t", "x", "custom")
    assert write(call, ToolResult("i", (Text("1"),))) == ([], ["c[0]", "c[1]"])
