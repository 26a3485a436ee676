"""The framing of what supervisor and worker tell each other."""

from __future__ import annotations

import pytest

from limen.runner.control import ConfigFailed, Drain, Leaving, Ready, Refused, Reloaded, Serve, Unframer, frame

MESSAGES = [
    Serve(1, "endpoints: [] # é\u2028", "/etc/limen.yaml"),
    Serve(2, None, None),
    ConfigFailed("no"),
    Drain(),
    Ready("abc"),
    Reloaded(1, "abc"),
    Refused(2, "no"),
    Leaving(),
]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 10_000])
def test_messages_survive_any_split(step) -> None:
    """What goes in comes out, in order, however the bytes arrive."""
    data = b"".join(map(frame, MESSAGES))
    unframer = Unframer()
    received = [m for start in range(0, len(data), step) for m in unframer.feed(data[start : start + step])]
    assert received == MESSAGES


def test_a_large_file_passes() -> None:
    """Content of many megabytes is one message."""
    order = Serve(1, "x" * 5_000_000, None)
    assert Unframer().feed(frame(order)) == [order]
