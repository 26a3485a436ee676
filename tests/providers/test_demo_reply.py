"""Answers cut into tokens, bounded and stopped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.model.content import Image, Source, Text, ToolCall, ToolResult
from limen.model.request import CompletionRequest
from limen.providers.demo_reply import Part, Reply, bounded, digest, echoed, quote, split_tokens, text_reply, words


def request(max_tokens: int | None = None, *stop: str) -> CompletionRequest:
    return CompletionRequest("m", ("x",), "openai_completions", max_tokens=max_tokens, stop=stop or None)


@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    """Splitting loses nothing."""
    assert "".join(split_tokens(text)) == text


def test_tokens_are_words_or_less() -> None:
    """A long word is more than one token, a mark is one, a blank belongs to what follows."""
    assert split_tokens("Hello, extraordinary  world\n") == ("Hello", ",", " extraord", "inary", "  world", "\n")


def test_a_part_is_a_block_again() -> None:
    """Tokens become the text of the block that they belong to."""
    assert Part(Text(""), ("a", " b")).block() == Text("a b")
    assert Part(ToolCall("1", "f", ""), ("{", "}")).block() == ToolCall("1", "f", "{}")


@pytest.mark.parametrize(("limit", "kept"), [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1])])
def test_a_bound_holds_across_blocks(limit: int, kept: list[int]) -> None:
    """What is over the bound is cut off, whichever block it is in."""
    reply = Reply((Part(Text(""), ("a", "b")), Part(ToolCall("1", "f", ""), ("{", "}"))), "tool_calls")
    cut = bounded(reply, request(limit))
    assert [len(part.tokens) for part in cut.parts] == kept
    assert (cut.count, cut.finish) == (limit, "length")
    assert bounded(reply, request(4)) is reply
    assert bounded(reply, request(None, "a")) is reply


def test_a_stop_sequence_comes_before_a_bound() -> None:
    """The first one in the text ends it; if that is within the bound, the bound is not what ended it."""
    cut = bounded(text_reply("one two three"), request(5, "three", "two"))
    assert ("".join(cut.parts[0].tokens), cut.finish, cut.stop_sequence) == ("one ", "stop_sequence", "two")
    assert bounded(text_reply("one two three"), request(1, "three")).finish == "length"


def test_an_echo() -> None:
    """The prompt stands before the answer; without a prompt nothing changes."""
    reply = text_reply("b")
    assert echoed(reply, "a ").parts[0].block() == Text("a b")
    assert echoed(reply, "") is reply


def test_words_and_quotes() -> None:
    """Everything that has words in it gives them; a quote is one line, and not too long."""
    blocks = [Text("a"), ToolResult("1", (Text("b"),)), ToolCall("1", "f", "{}"), Image(Source(url="u"))]
    assert words(blocks) == "a\nb\n{}"
    assert quote(" a\n b ") == "“a b”"
    assert len(quote("x" * 1000)) == 403


def test_names_are_stable() -> None:
    """The same data has the same name."""
    assert digest(b"a") == digest(b"a") != digest(b"b")
    assert len(digest(b"a", 4)) == 8
