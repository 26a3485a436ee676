"""Arguments of a call that arrive in pieces, each with the path of the value that it adds to.

Vertex AI streams them so where ``streamFunctionCallArguments`` is set. Source: https://docs.cloud.google.com/vertex-ai,
`FunctionCall.partialArgs`; the paths are RFC 9535's, of names and indices only.
"""

from __future__ import annotations

import re
from typing import Any

from limen.dialects.json_text import encode

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
_MOST_ITEMS = 10_000
"""A list does not grow past this, whatever index a path names."""


class PartialCall:
    """The arguments so far."""

    __slots__ = ("_args",)

    def __init__(self) -> None:
        self._args: dict[str, Any] = {}

    def add(self, call: dict[str, Any]) -> None:
        """Take in one piece of the call: whole `args`, or ``partialArgs``. What can't be placed is left out."""
        if isinstance(call.get("args"), dict):
            self._args.update(call["args"])
        pieces = call.get("partialArgs")
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict) and isinstance(piece.get("jsonPath"), str):
                steps = _steps(piece["jsonPath"])
                if steps and isinstance(steps[0], str):
                    _put(self._args, steps, _value(piece))

    def text(self) -> str:
        """The arguments as JSON text."""
        return encode(self._args).decode()


def _steps(path: str) -> list[str | int]:
    """The names and indices of a path."""
    return [
        int(match[2])
        if match[2] is not None
        else next(name for name in (match[1], match[3], match[4]) if name is not None)
        for match in _STEP.finditer(path)
    ]


def _value(piece: dict[str, Any]) -> Any:
    for key in ("stringValue", "numberValue", "boolValue"):
        if key in piece:
            return piece[key]
    return None


def _put(args: dict[str, Any], steps: list[str | int], value: Any) -> None:
    here: Any = args
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        known = _get(here, step)
        if following is not None:
            fitting = list if isinstance(following, int) else dict
            inner = known if isinstance(known, fitting) else fitting()
            if inner is not known and not _set(here, step, inner):
                return
            here = inner
        elif isinstance(value, str) and isinstance(known, str):
            _set(here, step, known + value)
        else:
            _set(here, step, value)


def _get(here: Any, step: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    return here[step] if isinstance(step, int) and step < len(here) else None


def _set(here: Any, step: str | int, value: Any) -> bool:
    if isinstance(here, dict):
        here[step] = value
        return True
    if not isinstance(step, int) or step >= _MOST_ITEMS:
        return False
    here.extend([None] * (step + 1 - len(here)))
    here[step] = value
    return True
