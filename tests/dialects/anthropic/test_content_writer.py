"""Blocks of other dialects, written."""

import json
from typing import Any

from limen.dialects.anthropic.content_writer import render_block
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.dialects.seal import open_id, unseal_proof
from limen.model.content import (
    Audio,
    Block,
    CacheMark,
    Image,
    Opaque,
    Proof,
    Refusal,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from limen.model.losses import Losses

GEMINI = Proof("gemini", "c2ln")
OWN = Proof("anthropic", "c2ln")


def write(block: Block, *, answer: bool = False) -> tuple[Any, list[str]]:
    losses = Losses()
    built = render_block(block, Rendering("anthropic", "other", losses, answer=answer), "b")
    return json.loads(encode(built)), list(losses)


def test_a_cache_mark_of_any_dialect_is_written() -> None:
    """Lost, the user pays the whole prompt again (LiteLLM #41424)."""
    assert write(Text("x", cache=CacheMark("1h"))) == (
        {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        [],
    )


def test_arguments_must_be_an_object() -> None:
    """Anything else stands in one, by name; none at all is an empty one."""
    assert write(ToolCall("i", "n", ' {"a": 1.0} '))[0]["input"] == {"a": 1.0}
    assert write(ToolCall("i", "n", ""))[0]["input"] == {}
    assert write(ToolCall("i", "n", '{"a": ')) == (
        {"type": "tool_use", "id": "i", "name": "n", "input": {"arguments": '{"a": '}},
        ["b.arguments"],
    )
    assert write(ToolCall("i", "n", "{}", kind="custom")) == (None, ["b"])


def test_a_provider_gets_only_what_anthropic_signed() -> None:
    """Thoughts without its signature, and proofs of others, are named and left out."""
    assert write(Thinking("t", OWN)) == ({"type": "thinking", "thinking": "t", "signature": "c2ln"}, [])
    assert write(Thinking("", OWN, redacted=True)) == ({"type": "redacted_thinking", "data": "c2ln"}, [])
    assert write(Thinking("t")) == (None, ["b"])
    assert write(Thinking("t", GEMINI)) == (None, ["b.proof", "b"])
    assert write(ToolCall("i", "n", "{}", proof=GEMINI))[1] == ["b.proof"]


def test_a_client_carries_every_proof() -> None:
    """Those of others sealed, and thoughts that nobody signed marked as such."""
    shown, lost = write(Thinking("t", GEMINI), answer=True)
    assert (unseal_proof(shown["signature"]), lost) == (GEMINI, [])
    hidden, _ = write(Thinking("", GEMINI, redacted=True), answer=True)
    assert (hidden["type"], unseal_proof(hidden["data"])) == ("redacted_thinking", GEMINI)
    call, lost = write(ToolCall("i", "n", "{}", proof=GEMINI), answer=True)
    assert (open_id(call["id"])[::2], lost) == (("i", GEMINI), [])
    assert unseal_proof(write(Thinking("t"), answer=True)[0]["signature"]) == Proof("", "")


def test_results() -> None:
    """A single text is a bare string, an empty one is left out, and a picture stays a picture."""
    assert write(ToolResult("a:1", (Text("r"),)))[0]["content"] == "r"
    assert write(ToolResult("a:1", (Text("r"),)))[0]["tool_use_id"] == write(ToolCall("a:1", "n", ""))[0]["id"]
    assert "content" not in write(ToolResult("a", (Text(""),)))[0]
    mixed = ToolResult("a", (Text(" "), Image(Source(data="x", media_type="image/png"))), is_error=True, name="n")
    built, lost = write(mixed)
    assert ([part["type"] for part in built["content"]], built["is_error"]) == (["image"], True)
    assert lost == ["b.content[0]", "b.name"]


def test_what_has_no_place() -> None:
    """Sound but for its transcript, a refusal but for its text, blocks of others, pictures in an answer."""
    assert write(Audio(Source(data="x"), transcript="hi")) == ({"type": "text", "text": "hi"}, ["b"])
    assert write(Audio(Source(data="x"))) == (None, ["b"])
    assert write(Refusal("no")) == ({"type": "text", "text": "no"}, ["b"])
    assert write(Opaque("other", {"x": 1})) == (None, ["b"])
    assert write(Image(Source(url="u")), answer=True) == (None, ["b"])


def test_citations_of_pages_reach_a_client_only() -> None:
    """Anthropic itself knows none but its own."""
    text = Text("Yes.", ({"url_citation": {"url": "u", "title": "t"}}, {"type": "file"}))
    built, lost = write(text, answer=True)
    assert ([each["url"] for each in built["citations"]], lost) == (["u"], ["b.citations"])
    assert write(text) == ({"type": "text", "text": "Yes."}, ["b.citations"])
