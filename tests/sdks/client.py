"""What a test asks of an SDK, and what it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

TOOLS: dict[str, dict[str, Any]] = {
    "get_weather": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "day": {"type": "integer"}},
        "required": ["city"],
    },
    "get_time": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
"""The tools on offer, each with its parameters."""


@dataclass(frozen=True)
class Called:
    """One call that the SDK shows."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """One answer as the SDK shows it. `finish` is stop, tools or length; `native` what the SDK gave."""

    text: str
    calls: tuple[Called, ...] = ()
    finish: str = ""
    thought: str = ""
    used: tuple[int, int] = (0, 0)
    native: Any = field(default=None, repr=False)


class Client(Protocol):
    """One SDK. `limited` and `missing` are what it raises for 429 and 404, `broken` for a stream that breaks off."""

    limited: type[Exception]
    missing: type[Exception]
    broken: tuple[type[Exception], ...]

    def user(self, text: str) -> Any:
        """A message of the user."""

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        """Ask for an answer."""

    def back(self, answer: Answered, *, rebuilt: bool) -> list[Any]:
        """The answer as a part of the next request: the SDK's own object, or made anew from its text and calls alone."""

    def results(self, answer: Answered, texts: Sequence[str]) -> list[Any]:
        """The results of the answer's calls."""

    def retry_after(self, error: Exception) -> str | None:
        """The Retry-After that the error has."""

    def close(self) -> None:
        """End its connections."""
