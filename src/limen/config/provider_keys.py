"""The keys in a provider's `config:` block, looked up before the block is validated.

Which fields those are, the provider's CONFIG_TYPE says: their type is :class:`~limen.model.secret.Secret`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from limen.config.findings import Findings
from limen.config.problems import Mistake, Path
from limen.config.secrets import ReadFile, looks_like_path, looks_like_reference, resolve
from limen.model.secret import Secret
from limen.providers.base import BaseProvider

# Stands in for a key that could not be had, so that the rest of its block can still be checked.
_PLACEHOLDER = Secret("unresolved")


class ProviderKeys:
    """Looks keys up; every mistake becomes a finding. `found` holds their texts, so that no message repeats one."""

    def __init__(self, findings: Findings, environ: Mapping[str, str], read_file: ReadFile) -> None:
        self._findings = findings
        self._environ = environ
        self._read_file = read_file
        self.found: set[str] = set()

    def looked_up(self, provider: type[BaseProvider], raw: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """`raw`, the block at `path`, with a Secret for each key."""
        return self._inside(provider, provider.CONFIG_TYPE, raw, path)

    def _inside(
        self, provider: type[BaseProvider], model: type[BaseModel], raw: Mapping[str, Any], path: Path
    ) -> dict[str, Any]:
        data = dict(raw)
        for name, field in fields(model):
            value, where = data.get(name), (*path, name)
            if is_key(field):
                if name not in data and field.is_required():
                    hint = f"add `{name}: ${variable(provider, name)}`, or the path of a file that holds the key"
                    self._findings.error(where, "this key is missing: Field required", hint)
                    data[name] = _PLACEHOLDER
                elif name in data and not (value is None and _has(field.annotation, type(None))):
                    data[name] = self._look_up(value, where)
            elif isinstance(value, Mapping):
                for inner in _nested_models(field.annotation):
                    data[name] = self._inside(provider, inner, data[name], where)
            elif looks_like_reference(value):
                hint = f"write the value itself; only keys such as `{provider.KEY_FIELD or 'api_key'}` are looked up"
                self._findings.warning(where, "the `$` is taken as it stands", hint)
        return data

    def _look_up(self, value: object, path: Path) -> Secret:
        if isinstance(value, Secret):
            return value  # Looked up already, for another of the models that the block may be.
        try:
            secret = resolve(value, self._environ, self._read_file)
        except Mistake as mistake:
            self._findings.error(path, str(mistake), mistake.hint)
            return _PLACEHOLDER
        self.found.add(secret.reveal())
        if looks_like_path(value) and secret.reveal() == value:
            message = "this looks like the path of a file, but there is none there; the text itself is taken as the key"
            self._findings.warning(path, message, "look at the path; it counts from where limen is started")
        return secret


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a block as the file writes them."""
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def is_key(field: FieldInfo) -> bool:
    """Whether a field is a key: a `Secret`, alone, annotated or optional."""
    return _has(field.annotation, Secret)


def variable(provider: type[BaseProvider], field: str) -> str:
    """The environment variable to suggest for a key."""
    return provider.ENV_KEYS[0] if provider.ENV_KEYS and field == provider.KEY_FIELD else field.upper()


def _has(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_has(arg, wanted) for arg in get_args(annotation))


def _nested_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for arg in get_args(annotation):
        yield from _nested_models(arg)
