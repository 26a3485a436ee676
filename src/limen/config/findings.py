"""Collects the problems of one file, with their places, and puts pydantic's errors into words for whoever wrote it."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from limen.config.document import Document
from limen.config.problems import Mistake, Path, Position, Problem, Severity, in_order, show_path, without_secrets
from limen.config.schema import nearest
from limen.config.unknown_keys import Models, unknown_keys

ModelT = TypeVar("ModelT", bound=BaseModel)

_SCALARS = {str: "a text", bool: "true or false", int: "a number", float: "a number", type(None): "empty"}

_BOUNDS = {
    "greater_than": ("gt", "this must be more than {}"),
    "greater_than_equal": ("ge", "this must be {} or more"),
    "less_than": ("lt", "this must be less than {}"),
    "less_than_equal": ("le", "this must be {} or less"),
}


class Findings:
    """The problems found so far in `document`. With `strict`, an unknown key is an error."""

    def __init__(self, document: Document, *, strict: bool = False) -> None:
        self._document = document
        self._strict = strict
        self._problems = list(document.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(in_order(self._problems))

    @property
    def has_errors(self) -> bool:
        """Whether the file can't be served."""
        return any(problem.is_error for problem in self._problems)

    def error(self, path: Path, message: str, hint: str = "") -> None:
        """Add an error about what is, or should be, at `path`."""
        self._add("error", path, self._document.at(path), message, hint)

    def warning(self, path: Path, message: str, hint: str = "") -> None:
        """Add a warning about what is at `path`."""
        self._add("warning", path, self._document.at(path), message, hint)

    def outside(self, name: str, message: str, hint: str = "", severity: Severity = "error") -> None:
        """Add a problem of something that is not in the file, such as an environment variable."""
        self._problems.append(Problem(severity, name, message, hint))

    def line(self, path: Path) -> int | None:
        """The line that `path` is on."""
        place = self._document.at(path)
        return place.line if place else None

    def unknown_keys(self, models: Models, data: object, path: Path, ignore: Collection[str] = ()) -> None:
        """Add each key below `path` that none of `models` knows."""
        for inner, known in unknown_keys(models, data, path):
            if inner[-1] not in ignore:
                severity: Severity = "error" if self._strict else "warning"
                message = f"unknown key `{inner[-1]}`" + ("" if self._strict else ", which has no effect")
                hint = nearest(inner[-1], known).replace("write one of", "the keys here are")
                self._add(severity, inner, self._document.at_key(inner), message, hint or "take it out")

    def validated(
        self, model: type[ModelT], data: object, path: Path, *, secrets: Collection[str] = ()
    ) -> ModelT | None:
        """`data` as a `model`, or None, with an error for each thing that is wrong in it."""
        if not isinstance(data, Mapping):
            self.error(path, *_not_a_mapping(data))
            return None
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                self._add_detail(detail, data, path, secrets)
            return None

    def _add_detail(self, detail: Any, data: object, path: Path, secrets: Collection[str]) -> None:
        is_missing = detail["type"] == "missing"
        inner, value = _follow(data, detail["loc"], is_missing=is_missing)
        where = (*path, *inner)
        if any(known.path == show_path(where) and known.is_error for known in self._problems):
            return  # Another branch of a union, or said already by someone who knows more.
        message, hint = _in_words(detail, value)
        self.error(where, without_secrets(message, secrets), without_secrets(hint, secrets))

    def _add(self, severity: Severity, path: Path, place: Position | None, message: str, hint: str) -> None:
        self._problems.append(Problem(severity, show_path(path), message, hint, *(place or (None, None))))


def _follow(data: object, loc: tuple[str | int, ...], *, is_missing: bool) -> tuple[Path, object]:
    """The part of pydantic's location that is in the file, and what is there: unions put names of their own into it."""
    path: Path = ()
    for number, part in enumerate(loc, 1):
        inside = isinstance(data, Mapping) and part in data
        if inside or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            path, data = (*path, part), data[part]  # type: ignore[index]  # both have been looked at
        elif is_missing and number == len(loc):
            return (*path, part), None
    return path, data


def _in_words(detail: Any, value: object) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, ValueError | AssertionError):
        return str(cause), cause.hint if isinstance(cause, Mistake) else ""
    if kind == "missing":
        return "this key is missing: Field required", f"add `{detail['loc'][-1]}:`"
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type", "dataclass_type"):
        return _not_a_mapping(value)
    if kind in ("list_type", "tuple_type"):
        return f"this must be a list, and is {_name(value)}", "write each entry on a line of its own, after `- `"
    if kind in ("string_type", "secret_type"):
        return _not_a_text(value)
    if kind.startswith(("int_", "float_", "decimal_")):
        whole = "whole number" if kind.startswith("int_") else "number"
        return f"this must be a {whole}, and is {_name(value)}", ""
    if kind.startswith("bool_"):
        return f"this must be true or false, and is {_name(value)}", ""
    if kind in ("literal_error", "enum"):
        return f"this must be {context.get('expected')}", ""
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        bound = context[name]
        return words.format(int(bound) if isinstance(bound, float) and bound.is_integer() else bound), ""
    message: str = detail["msg"]
    return message.replace("Input should be", "this must be", 1), ""


def _name(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, datetime.date):
        return "a date"
    return _SCALARS.get(type(value), "something else")


def _not_a_mapping(value: object) -> tuple[str, str]:
    hint = "write `key: value` lines"
    if isinstance(value, list):
        hint = "take out the dash before its first key" if len(value) == 1 else "only one is possible here"
    return f"this must be a mapping, and is {_name(value)}", hint


def _not_a_text(value: object) -> tuple[str, str]:
    if value is None:
        return "this must be a text, and is empty", "write a value, or take the key out"
    mend = "put quotes round it" if not isinstance(value, list | Mapping) else ""
    return f"this must be a text, and YAML reads it as {_name(value)}", mend
