"""How Gemini's keys are spelled, and what of a spelling must be remembered for the way home.

Google's servers read each key in camelCase and in snake_case, and take one object where a list is meant; clients do both.
Here a known key is read under its camelCase name whatever it was written as. A mark ``_name`` beside the object's `extra`
says how it was written.

Must not: know which keys there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from limen.dialects.extra import Extra, marks_of
from limen.dialects.rendering import Rendering
from limen.model.content import NOTHING

WIRE = "gemini"
ONE = "one:"
"""Mark, followed by a key: one object stood where a list is meant."""


class Kept(Extra):
    """An `extra` that also remembers how known values were written, where the hub holds them in another form."""

    __slots__ = ("original",)

    def __init__(
        self, keys: Mapping[str, Any] = NOTHING, marks: Iterable[str] = (), original: Mapping[str, Any] = NOTHING
    ) -> None:
        super().__init__(keys, marks)
        self.original = original


def original_of(extra: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `extra` remembers as written; empty for an ordinary one."""
    return extra.original if isinstance(extra, Kept) else NOTHING


def camel(key: str) -> str:
    """`key` in camelCase: ``top_k`` is topK, ``_responseJsonSchema`` is responseJsonSchema."""
    head, *rest = key.strip("_").split("_")
    return head + "".join([word[:1].upper() + word[1:] for word in rest])


def respell(value: dict[str, Any], known: frozenset[str]) -> list[str]:
    """Give the `known` keys of `value` their camelCase names, in place; the marks of those that were written otherwise."""
    marks: list[str] = []
    for key in [key for key in value if "_" in key]:
        name = camel(key)
        if name in known and name not in value:
            value[name] = value.pop(key)
            marks.append(f"_{key}")
    return marks


def spell_back(built: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Write the keys of `built` as the marks of `extra` say they were written, in place."""
    for mark in marks_of(extra):
        if mark[0] == "_":
            name = camel(mark[1:])
            if name in built:
                built[mark[1:]] = built.pop(name)
        elif mark.startswith(ONE):
            values = built.get(mark.removeprefix(ONE))
            if isinstance(values, list) and len(values) == 1:
                built[mark.removeprefix(ONE)] = values[0]
    return built


def keep(built: dict[str, Any], extra: Mapping[str, Any], rendering: Rendering, where: str) -> dict[str, Any]:
    """`built` with `extra` back in it and in its old spelling, in place; or with each of its keys named as a loss."""
    rendering.keep(built, extra, where)
    if rendering.same:
        built.update(original_of(extra))
        spell_back(built, extra)
    return built


def take_list(value: dict[str, Any], key: str, marks: list[str]) -> list[Any] | None:
    """The list under `key`, taken out; one object counts as a list of one. None, with `key` left, for anything else."""
    found = value.get(key)
    if isinstance(found, dict):
        marks.append(ONE + key)
        return [value.pop(key)]
    if isinstance(found, list):
        del value[key]
        return found
    return None


def take_text(value: dict[str, Any], key: str) -> str | None:
    """The string under `key`, taken out; None, with `key` left, for anything else."""
    found = value.get(key)
    if not isinstance(found, str):
        return None
    del value[key]
    return found
