"""Across: every recording of each dialect, written in every other, says the same there, or each difference is named."""

from __future__ import annotations

import itertools

import pytest

from conformance.exchanges import names
from conformance.pairs import cross

ODD_STREAMS: dict[str, str] = {}
"""Streams that are none, and why; what other dialects make of them is not looked at."""

SAID_OTHERWISE: dict[tuple[str, str, str, str], str] = {
    (
        "stream",
        "service tier",
        "service_tier",
        "bedrock_converse",
    ): "said in the last event, which is too late for the hub's beginning of a stream",
}
"""Facts (of which kind of recording, what feature, where, for which dialect) that are neither found nor named, and why."""

REFUSED: dict[str, str] = {}
"""What a dialect refuses of another's, and why it may."""


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(names(), 2)))
def test_nothing_crosses_in_silence(source: str, target: str) -> None:
    """No crash; what a dialect can't take is refused in words; each fact arrives, or a loss tells of it."""
    pair = cross(source, target)
    assert {key: why for key, why in pair.crashed.items() if key.partition(" ")[2] not in ODD_STREAMS} == {}
    assert {key: found for key, found in pair.silent.items() if (*key, target) not in SAID_OTHERWISE} == {}
    assert {why: found for why, found in pair.refused.items() if why not in REFUSED} == {}
