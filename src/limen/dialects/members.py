"""One JSON object, read member by member with exact types.

What is asked for is taken out; what remains in `rest` was not known. A null stays in `rest`, because it is not the same as
an absent key. A client's object is read strictly; a provider's leniently: what has an unexpected type is left in `rest`.

Must not: know which keys there are.
"""

from __future__ import annotations

from typing import Any

from limen.errors import BadRequest


class Members:
    """The members of an object at `path`, such as ``messages[2]``; a wrong type is a BadRequest that names the place."""

    __slots__ = ("path", "rest")

    def __init__(self, value: dict[str, Any], path: str = "") -> None:
        self.rest = value
        self.path = path

    def at(self, key: str) -> str:
        """The path of `key`."""
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, expected: str) -> None:
        """What happens to a value of another type than `expected`."""
        given = type_name(self.rest.get(key))
        raise BadRequest(
            f"Invalid type for '{self.at(key)}': expected {expected}, but got {given} instead.",
            param=self.at(key),
            code="invalid_type",
        )

    def _take(self, key: str, kind: type, expected: str) -> Any:
        value = self.rest.get(key)
        if value is None:
            return None
        if type(value) is not kind:
            return self.wrong(key, expected)
        return self.rest.pop(key)

    def text(self, key: str) -> str | None:
        """A string."""
        found: str | None = self._take(key, str, "a string")
        return found

    def integer(self, key: str) -> int | None:
        """A whole number."""
        found: int | None = self._take(key, int, "an integer")
        return found

    def flag(self, key: str) -> bool | None:
        """True or false."""
        found: bool | None = self._take(key, bool, "a boolean")
        return found

    def mapping(self, key: str) -> dict[str, Any] | None:
        """An object."""
        found: dict[str, Any] | None = self._take(key, dict, "an object")
        return found

    def array(self, key: str) -> list[Any] | None:
        """An array."""
        found: list[Any] | None = self._take(key, list, "an array")
        return found

    def number(self, key: str) -> float | int | None:
        """A number; whole ones stay whole."""
        value = self.rest.get(key)
        if value is None:
            return None
        if type(value) is not int and type(value) is not float:
            self.wrong(key, "a number")
            return None
        found: float | int = self.rest.pop(key)
        return found

    def texts(self, key: str) -> tuple[str, ...] | None:
        """An array of strings."""
        value = self.rest.get(key)
        if value is None:
            return None
        if type(value) is not list or not all(type(item) is str for item in value):
            self.wrong(key, "an array of strings")
            return None
        return tuple(self.rest.pop(key))


class LenientMembers(Members):
    """The same for what a provider sent: a wrong type is left where it was."""

    __slots__ = ()

    def wrong(self, key: str, expected: str) -> None:
        """Nothing: the value stays in `rest`."""


def type_name(value: Any) -> str:
    """The type of a JSON value, in the words of an error message."""
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a number",
    }
    return names.get(type(value), "null")
