"""Frames that differ in their text alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.repeated_frame import learn
from limen.model.events import BlockDelta, Event
from limen.wire.sse import Frame

KEY = b'"content"'


def frame(content: Any, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return json.dumps({"id": "x", "choices": [choice], **more}).encode()


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_the_text_of_a_like_frame_is_found(first: str, second: str) -> None:
    """Whatever is in either."""
    known = learn(frame(first), BlockDelta(3, first, 1), KEY)
    assert known is not None
    assert known.text_of(frame(second)) == second
    assert (known.block, known.choice) == (3, 1)


@pytest.mark.parametrize(
    "other",
    [
        frame("a", usage=1),
        frame(""),
        frame(None),
        frame(["a"]),
        frame("a").replace(b'"a"', b'"a","content":"b"'),
        frame("a").replace(b'"a"', b'"a"}, "x": {"y": "b"'),
        frame("a").replace(b'"a"', b'"\\ud83d"'),
        b"[DONE]",
        b"",
    ],
)
def test_any_other_frame_is_not_like_it(other: bytes) -> None:
    """It is read the long way."""
    known = learn(frame("x"), BlockDelta(0, "x"), KEY)
    assert known is not None
    assert known.text_of(other) == ""


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (frame("x", more={"content": "y"}), BlockDelta(0, "x")),
        (frame("x"), BlockDelta(0, "x", extra={"a": 1})),
        (frame("x"), BlockDelta(0, "x", logprobs={})),
        (frame("x"), BlockDelta(0, "y")),
        (frame("x").replace(KEY, b'"refusal"'), BlockDelta(0, "x")),
    ],
)
def test_nothing_is_learnt_from_a_doubtful_frame(data: bytes, event: Event) -> None:
    """Two places for a text, or more said than a text."""
    assert learn(data, event, KEY) is None


@given(st.lists(st.sampled_from(["a", 'b"', "\u2028", "", None, {"tool": 1}, "stop"]), max_size=12))
def test_a_stream_reads_the_same_either_way(said: list[Any]) -> None:
    """With what was remembered, or without."""
    quick, slow = OpenAIChat().stream_parser(), OpenAIChat().stream_parser()
    for each in said:
        data = frame(each) if each != "stop" else frame("").replace(b"null", b'"stop"')
        expected = slow.feed(Frame(data, data))
        slow.repeated = None  # type: ignore[attr-defined]
        assert quick.feed(Frame(data, data)) == expected
