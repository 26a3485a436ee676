"""What a validating provider says: decided from the user's last words, the same in every dialect.

`say …` is repeated. `loop 10` calls tools ten times, in every other round two at once, and ends with the results of the last
round. `refuse 429` is refused, `cut …` is streamed and breaks off after half of it, `long …` meets the bound on output.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

INPUT_TOKENS, OUTPUT_TOKENS = 11, 7
MISSING_MODEL = "missing"


class Refused(Exception):
    """The provider does not take the request. `code` is its own word for that, where it has one."""

    def __init__(self, message: str, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


class Question(NamedTuple):
    """What a request asks. `results` are those of the calls before it, `rounds` how often tools were called since `text`."""

    text: str
    results: tuple[str, ...] = ()
    rounds: int = 0
    thinks: bool = False


class Call(NamedTuple):
    """A call of a tool."""

    id: str
    name: str
    arguments: dict[str, Any]

    @property
    def text(self) -> str:
        """The arguments as a model writes them."""
        return json.dumps(self.arguments)


class Said(NamedTuple):
    """What the model says. `finish` is stop, tools or length; `cut` whether the stream breaks off."""

    text: str = ""
    thought: str = ""
    calls: tuple[Call, ...] = ()
    finish: str = "stop"
    cut: bool = False


def require(condition: object, message: str, status: int = 400, code: str | None = None) -> None:
    """Refuse a request of which the condition does not hold."""
    if not condition:
        raise Refused(message, status, code)


def known(value: dict[str, Any], keys: set[str], message: str) -> None:
    """Refuse unknown keys; the first of them replaces `{}` in the message."""
    for key in value:
        require(key in keys, message.replace("{}", key))


class Model:
    """Answers questions. `prefix` is what the names of its calls begin with."""

    def __init__(self, prefix: str) -> None:
        self._numbers: Iterator[int] = itertools.count(1)
        self._prefix = prefix

    def mint(self, prefix: str = "") -> str:
        """A name that was never given before."""
        return f"{prefix or self._prefix}{next(self._numbers):04d}"

    def answer(self, question: Question) -> Said:
        """What is said to a question."""
        order, _, rest = question.text.partition(" ")
        thought = f"Round {question.rounds}: I see." if question.thinks else ""
        if order == "loop" and question.rounds < int(rest):
            text = "Let me look." if question.rounds % 3 == 0 else ""
            return Said(text, thought, self._calls(question.rounds), "tools")
        if order == "refuse":
            raise Refused("Slow down, please.", int(rest))
        if order == "loop":
            return Said("Done: " + ", ".join(question.results), thought)
        return Said(rest, thought, finish="length" if order == "long" else "stop", cut=order == "cut")

    def _calls(self, rounds: int) -> tuple[Call, ...]:
        first = Call(self.mint(), "get_weather", {"city": "Paris", "day": rounds})
        second = Call(self.mint(), "get_time", {"city": "Kraków"})
        return (first, second) if rounds % 2 else (first,)


def pieces(text: str, size: int = 5) -> list[str]:
    """A text as it is streamed."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def event(data: Any, name: str | None = None) -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()
