"""Ids of calls, where Gemini gives none.

Gemini pairs results with calls by the function's name and the order of parts; other dialects by id. So a call without an id
gets one here that can be made again from the same conversation, and that is left out again on the way home.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from limen.model.content import ToolCall
from limen.model.request import Message

_MADE = "gemini_call_"


def is_made(call_id: str) -> bool:
    """Whether an id was made here, and means nothing to Gemini."""
    return call_id.startswith(_MADE)


def answer_id(seed: str, position: int) -> str:
    """The id of the call that stands at `position` among those of an answer; `seed` tells the answer from others."""
    return f"{_MADE}{hashlib.blake2b(seed.encode('utf-8', 'replace'), digest_size=8).hexdigest()}_{position}"


class Pairing:
    """The calls of one conversation so far, and which of them wait for a result."""

    __slots__ = ("_count", "_open")

    def __init__(self) -> None:
        self._count = 0
        self._open: list[tuple[str, str]] = []

    def call(self, call_id: str | None, name: str) -> str:
        """The id of the next call."""
        if call_id is None:
            call_id = f"{_MADE}{self._count}"
        self._count += 1
        self._open.append((name, call_id))
        return call_id

    def result(self, call_id: str | None, name: str) -> str:
        """The id of the call that a result is for: the given one, else that of the first open call of this name."""
        for position, (known, waiting) in enumerate(self._open):
            if (known == name) if call_id is None else (waiting == call_id):
                del self._open[position]
                return waiting
        return self.call(None, name) if call_id is None else call_id


def names_of_calls(messages: Iterable[Message]) -> dict[str, str]:
    """The function's name of each call in a conversation, by id."""
    return {
        block.id: block.name
        for message in messages
        if message.role == "assistant"
        for block in message.blocks
        if isinstance(block, ToolCall)
    }
