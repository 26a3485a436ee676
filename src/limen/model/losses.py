"""What could not be said in the target's dialect: collected while rendering, told to the client, never silent."""

from __future__ import annotations

from collections.abc import Iterator


class Losses:
    """Names of the fields that a renderer had to leave out or bend, in the order met, each once."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def note(self, name: str, why: str = "") -> None:
        """Record that `name` (a path such as ``messages[2].name``) is lost or changed, and why."""
        self._names.setdefault(name, why)

    def __bool__(self) -> bool:
        return bool(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def items(self) -> list[tuple[str, str]]:
        """Pairs of name and reason."""
        return list(self._names.items())

    def header(self) -> str:
        """The value of the `limen-dropped` header: names joined by commas, only printable ASCII, at most 1,000 characters."""
        text = ",".join(self._names)
        return "".join(ch if " " <= ch <= "~" else "?" for ch in text)[:1000]

    def __repr__(self) -> str:
        return f"Losses({list(self._names)})"
