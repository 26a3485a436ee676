"""What is wrong with a configuration: one value a finding, with its place in the file and the way to mend it.

Must not hold a secret: whatever foreign code says about a `config:` block goes through :func:`without_secrets` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from limen.errors import ConfigError
from limen.model.secret import MASK

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]

_SHORTEST_MASKED = 4  # shorter texts are words of any sentence; a key that short guards nothing
_USER_IN_URL = re.compile(r"(?<=://)[^/\s'\"@]+(?=@)")
# Keys in the wrong place, where nobody knows that they are keys: providers mark theirs with such beginnings.
_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|pk|gsk|csk|xai|pplx|nvapi|hf|fw|key)[-_][\w-]{8,}|\bAIza[\w-]{20,}")


class Position(NamedTuple):
    """A place in the file, counted from 1."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True):
    """One finding: `message` says what is wrong, `hint` how to mend it.

    `path` is written as in ``endpoints[0].model.config.openai_api_key``; empty where the whole file, or something outside it, is
    at fault. `line` and `column` count from 1, and are None where there is no place in the file.
    """

    severity: Severity
    path: str
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether the file can't be served because of it."""
        return self.severity == "error"

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line is not None else ""
        subject = f"`{self.path}`: " if self.path else ""
        return f"{place}{subject}{self.message}{f'; {self.hint}' if self.hint else ''}"


class Mistake(ValueError):
    """Raised by validators of the schema, and turned into a :class:`Problem` with its place by those who call them."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def show_path(path: Path) -> str:
    """A path as people write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """In the order of the file, each once; what has no place in it comes first."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.column or 0))


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with the given secrets, passwords in URLs and whatever looks like a key masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_MASKED:
            text = text.replace(secret, MASK)
    return _LOOKS_LIKE_A_KEY.sub(MASK, _USER_IN_URL.sub(MASK, text))


def invalid(problems: Iterable[Problem], source: str | None, *, is_yaml: bool = True) -> ConfigError:
    """The error that refuses a file: each of its errors on a line of its own. Warnings are left out."""
    errors = [problem for problem in problems if problem.is_error]
    shown = source or "the configuration"
    if not is_yaml:
        head = f"The file at {shown} is not a valid yaml file"
    else:
        count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        head = f"The gateway configuration is invalid: {count} in {shown}"
    return ConfigError("\n  ".join([f"{head}:", *map(str, errors)]), errors)
