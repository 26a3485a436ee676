"""Judging answers: is a body the one that was planned, did every event of a stream arrive, once, in order?

Pure: fed with body bytes by the load generator.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bench.plan import EVENT_NUMBER, Plan, answer_content

_DONE = re.compile(rb"^data: ?\[DONE\]", re.MULTILINE)


class FullAnswer:
    """One body at a time. A gateway may write the JSON anew, but the assistant's text must be whole in it."""

    __slots__ = ("_content", "_pieces")
    lost = misplaced = 0

    def __init__(self, plan: Plan) -> None:
        self._content = answer_content(plan.size)
        self._pieces: list[bytes] = []

    def feed(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self._pieces.append(piece)

    def finish(self) -> str:
        """Judge the body and forget it: what is wrong with it, or nothing."""
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self.forget()
        return "" if self._content in body else "wrong body"

    def forget(self) -> None:
        """Drop what was read: it is an error page, not an answer."""
        self._pieces.clear()


class StreamAnswer:
    """One stream at a time, counted by the number that each event carries.

    `lost` and `misplaced` (doubled or out of order) add up over all streams. `on_events(count, number)` hears
    of every read with events in it: how many, and the number of the last one.
    """

    __slots__ = ("_done", "_expects_done", "_last", "_length", "_on_events", "_tail", "lost", "misplaced")

    def __init__(self, plan: Plan, on_events: Callable[[int, int], None], *, expects_done: bool) -> None:
        self._length = plan.events
        self._on_events = on_events
        self._expects_done = expects_done
        self._tail = b""
        self._last = 0
        self._done = False
        self.lost = 0
        self.misplaced = 0

    def feed(self, piece: bytes) -> None:
        """Take a piece of the stream; only whole lines are looked at."""
        if self._tail:
            piece = self._tail + piece
        cut = piece.rfind(b"\n") + 1
        if cut == len(piece):
            self._tail = b""
        else:
            self._tail = piece[cut:]
            piece = piece[:cut]
        numbers = EVENT_NUMBER.findall(piece)
        for number in numbers:
            self._count(int(number))
        if numbers:
            self._on_events(len(numbers), self._last)
        if self._last >= self._length and _DONE.search(piece):
            self._done = True

    def _count(self, number: int) -> None:
        if number > self._last:
            self.lost += number - self._last - 1
            self._last = number
        else:
            self.misplaced += 1

    def finish(self) -> str:
        """The stream ended: what is wrong with its end, or nothing. Ready for the next stream."""
        missing = self._length - self._last
        self.lost += missing
        done = self._done or not self._expects_done
        self.forget()
        if missing:
            return "stream ended early"
        return "" if done else "stream without [DONE]"

    def forget(self) -> None:
        """Begin anew without judging what was read."""
        self._tail, self._last, self._done = b"", 0, False
