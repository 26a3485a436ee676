"""Bent answers, a few hundred for each dialect; `fuzz/answers.py` tries as many as you like."""

from __future__ import annotations

import sys
from random import Random

import pytest

from limen.dialects.base import AnyDialect
from limen.dialects.openai.chat import OpenAIChat
from limen.wire.sse import Frame
from source_tree import ROOT

sys.path.insert(0, str(ROOT))

from fuzz.answers import answers, bent_frames, check_answer, check_stream, findings, streams
from fuzz.dialects import client_dialects, one_of_each_wire

DIALECTS = client_dialects()


@pytest.mark.parametrize("source", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_bent_answer_crashes(source: AnyDialect) -> None:
    """Whatever a provider sends, whole or streamed: it is written in each dialect, or refused as malformed."""
    if not (answers(source) or streams(source)):
        pytest.skip(f"no recorded answers of {source.wire} beside the checkout")
    targets = [each for each in one_of_each_wire(DIALECTS) if each.operation is source.operation]
    assert list(findings(source, targets, 300, Random(7))) == []


def test_a_crash_is_found() -> None:
    """In a full answer and in a stream."""

    class Broken(OpenAIChat):
        def parse_response(self, body):
            raise KeyError("x")

        def stream_parser(self):
            class Parser:
                def feed(self, frame):
                    raise TypeError("y")

            return Parser()

    assert [each.kind for each in check_answer(Broken(), [], {})] == ["crash"]
    assert [each.kind for each in check_stream(Broken(), [], [Frame(b"{}", b"data: {}")])] == ["crash"]


def test_frames_are_bent_in_place() -> None:
    """The raw bytes of a frame say what its data say; the frames given are not touched."""
    frames = [Frame(b'{"a": [1, {"b": "c"}]}', b'data: {"a": [1, {"b": "c"}]}\n\n')] * 3
    for seed in range(30):
        assert all(frame.data in frame.raw for frame in bent_frames(frames, Random(seed), 3))
    assert len(frames) == 3
