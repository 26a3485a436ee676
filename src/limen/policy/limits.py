"""Limits on calls: one count for an endpoint, whatever URL, route or dialect leads to it.

A window begins with its first call, as in the system limen replaces. Counts live here, not in the snapshot: a reload that
leaves an endpoint's limit as it was leaves its count too.

The clock is an argument. The count is this process's; :class:`CallCounts` is the seam where a shared store goes.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from limen.errors import LimitExceeded


class CallLimit(Protocol):
    """What a limit says: at most `calls` in `seconds`."""

    @property
    def calls(self) -> int:
        """Calls in a window."""

    @property
    def seconds(self) -> float:
        """How long a window is."""

    @property
    def renewal_period(self) -> str:
        """The same in the file's own words."""


class Window(NamedTuple):
    """`taken`: calls counted since the window began; `ends` and the caller's `now` are on the same clock, in seconds."""

    taken: int
    ends: float


class CallCounts(Protocol):
    """Where counts are kept."""

    def take(self, key: tuple[str, float], most: int, now: float) -> Window:
        """Count one call against `key` (a name and a window's seconds); `taken` is over `most` if it must not pass."""


class LocalCounts:
    """Counts of this process. No await between look and take, so a process of one thread is exact."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, float], Window] = {}

    def take(self, key: tuple[str, float], most: int, now: float) -> Window:
        """Count one call against `key`; the `taken` is over `most` if the call must not pass."""
        window = self._windows.get(key)
        if window is None or now >= window.ends:
            window = Window(0, now + key[1])
        counted = Window(window.taken + 1, window.ends)
        if counted.taken <= most:
            self._windows[key] = counted
        return counted


class Limiter:
    """Checks the limit of an endpoint before its call is made."""

    def __init__(self, counts: CallCounts | None = None) -> None:
        self._counts: CallCounts = counts or LocalCounts()

    def take(self, endpoint: str, limit: CallLimit, now: float) -> None:
        """Count a call to `endpoint`, or raise LimitExceeded with the seconds until the window ends."""
        window = self._counts.take((endpoint, limit.seconds), limit.calls, now)
        if window.taken > limit.calls:
            raise LimitExceeded(
                f"Rate limit exceeded: {limit.calls} per {limit.renewal_period} on endpoint {endpoint!r}",
                retry_after=max(window.ends - now, 0.0),
            )
