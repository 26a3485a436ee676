"""Keys that no model knows: found by walking the data along the models' fields, so that each can be reported with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from limen.config.problems import Path

Models = tuple[type[BaseModel], ...]


def unknown_keys(models: Models, data: object, path: Path = ()) -> Iterator[tuple[Path, list[str]]]:
    """The path of each key in `data` that none of `models` knows, with the keys that may stand in its place."""
    if not isinstance(data, Mapping):
        return
    fields = [pair for model in models for pair in _fields(model)]
    known = {name for name, _ in fields}
    takes_any = any(model.model_config.get("extra") == "allow" for model in models)
    for name, value in data.items():
        if name not in known:
            if not takes_any:
                yield (*path, name), sorted(known)
            continue
        for field_name, field in fields:
            if field_name == name:
                yield from _inside(field.annotation, value, (*path, name))


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        aliases = field.validation_alias or field.alias or name
        for alias in aliases.choices if isinstance(aliases, AliasChoices) else (aliases,):
            if isinstance(alias, str):
                yield alias, field
        if model.model_config.get("populate_by_name") and field.alias:
            yield name, field


def _inside(annotation: Any, value: object, path: Path) -> Iterator[tuple[Path, list[str]]]:
    """Look into what a field holds: a model, one of several models, or a list or mapping of such."""
    args = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from unknown_keys((annotation,), value, path)
    elif get_origin(annotation) in (list, tuple) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(args[0], item, (*path, index))
    elif get_origin(annotation) in (dict, Mapping) and isinstance(value, Mapping):
        for name, item in value.items():
            yield from _inside(args[-1], item, (*path, name))
    elif args and get_origin(annotation) not in (list, tuple, dict, Mapping):
        models = tuple(arg for arg in args if isinstance(arg, type) and issubclass(arg, BaseModel))
        yield from unknown_keys(models, value, path) if models else ()
        for arg in args:
            if arg not in models:
                yield from _inside(arg, value, path)
