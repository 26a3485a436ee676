"""What a parser found and the hub has no field for, kept in the wire's own structure.

An :class:`Extra` mirrors the wire: ``{"function": {"x": 1}}`` beside a tool call is a key `x` inside its `function`. An
explicit null is an extra too, since the hub's None means *not said*. How a known value was spelled (a missing `type`, a
string where a list is usual) is a *mark*, beside the keys and never one of them, so that no key of a client can pose as one.

Must not: know any particular key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from limen.model.content import NOTHING

_NO_MARKS: frozenset[str] = frozenset()


class Extra(dict[str, Any]):
    """Unknown keys, and marks on how known ones were spelled. ``-name`` marks a key that the wire left out, or had null in."""

    __slots__ = ("marks",)

    def __init__(self, keys: Mapping[str, Any] = NOTHING, marks: Iterable[str] = ()) -> None:
        super().__init__(keys)
        self.marks = frozenset(marks)


def marks_of(extra: Mapping[str, Any]) -> frozenset[str]:
    """The marks of `extra`; none if it is an ordinary mapping."""
    return extra.marks if isinstance(extra, Extra) else _NO_MARKS


def extra_of(rest: dict[str, Any], *marks: str) -> Mapping[str, Any]:
    """`rest` and its marks as a block's `extra`: the shared empty mapping where there is nothing to keep."""
    if marks:
        return Extra(rest, marks)
    return rest or NOTHING


def merge(built: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Put `extra` back into `built`, in place. What the hub says wins over what was kept."""
    for mark in marks_of(extra):
        if mark[0] == "-":
            built.pop(mark[1:], None)
    for key, kept in extra.items():
        known = built.get(key)
        if isinstance(known, dict) and isinstance(kept, Mapping):
            merge(known, kept)
        elif key not in built:
            built[key] = kept
    return built


def adopt(built: dict[str, Any], extra: Mapping[str, Any], keys: Iterable[str]) -> Mapping[str, Any]:
    """Put those `keys` of another wire's `extra` into `built` that mean the same here; what is left of `extra`."""
    taken = {key: extra[key] for key in keys if extra.get(key) is not None and key not in built}
    if not taken:
        return extra
    built.update(taken)
    return {key: value for key, value in extra.items() if key not in taken}
