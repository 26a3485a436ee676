"""However the network cuts a streamed answer, it says the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from conformance.crossing import events, frames
from conformance.exchanges import dialects, names, of, one_of_each_shape
from limen.dialects.base import AnyDialect

DIALECTS = {each.wire: each for each in dialects()}
MOST_BYTES = 12_000
"""Streams that are fed byte by byte are no longer than this."""


def said(dialect: AnyDialect, data: bytes, cuts: Sequence[int] = ()) -> str:
    """The events of a stream in words, without the places in memory of what has no words."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(events(dialect, data, cuts)))


def boundaries(dialect: AnyDialect, data: bytes) -> list[int]:
    """Where frames end in `data`."""
    ends, at = [], 0
    for frame in frames(dialect, data):
        at += len(frame.raw)
        ends.append(at)
    return ends


@pytest.mark.parametrize("name", names())
def test_every_stream_is_the_same_cut_about_its_frames(name: str) -> None:
    """One byte before the end of each frame, at it, and one byte after."""
    dialect = DIALECTS[name]
    for each in of(dialect, "stream"):
        whole, ends = said(dialect, each.body), boundaries(dialect, each.body)
        for shift in (-1, 0, 1):
            cuts = [end + shift for end in ends if 0 < end + shift < len(each.body)]
            assert said(dialect, each.body, cuts) == whole, each.id


@pytest.mark.parametrize("name", names())
def test_a_stream_of_each_shape_is_the_same_byte_by_byte(name: str) -> None:
    """The smallest of those that are alike in structure."""
    dialect = DIALECTS[name]
    for each in one_of_each_shape(of(dialect, "stream")):
        if each.size <= MOST_BYTES:
            assert said(dialect, each.body, range(1, each.size)) == said(dialect, each.body), each.id
