"""Every dialect of chat that there is, found by looking through the package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import limen.dialects
from limen.dialects.base import AnyDialect, Dialect
from limen.model.operation import Operation


def chat_dialects() -> list[AnyDialect]:
    """One of each that can be made without anything, by name."""
    found: dict[str, AnyDialect] = {}
    for module in pkgutil.walk_packages(limen.dialects.__path__, "limen.dialects."):
        for kind in vars(importlib.import_module(module.name)).values():
            if not (isinstance(kind, type) and issubclass(kind, Dialect)) or inspect.isabstract(kind):
                continue
            needs = [each for each in inspect.signature(kind).parameters.values() if each.default is each.empty]
            if (
                hasattr(kind, "name")
                and not needs
                and kind.operation is Operation.CHAT
                and kind.wire != "mlflow_serving"
            ):
                found.setdefault(kind.name, kind())
    return [found[name] for name in sorted(found)]


def can_stream(dialect: AnyDialect) -> bool:
    """Whether it has streams."""
    try:
        dialect.stream_parser()
    except ValueError:
        return False
    return True
