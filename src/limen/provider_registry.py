"""`ProviderRegistry`: from a provider's name to its class.

Built-ins and plug-ins come in by the same door, the entry-point group ``limen.providers`` of an installed distribution. An entry
point is one of two things:

* a :class:`~limen.providers.base.BaseProvider` subclass; its name is the provider's name in the configuration file, and it is
  imported when that name is first asked for;
* a function called ``register``, which is given the registry and registers any number of providers.

A plug-in that can't be used is recorded in `failures` and left out: it never stops the gateway.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

import msgspec

from limen.errors import ConfigError, LimenError, NotFound
from limen.providers.base import BaseProvider, ProviderConfig

GROUP = "limen.providers"
BUILT_IN = "limen"
REGISTER = "register"

# Providers that no longer exist, and what their owners have put in their place.
RETIRED = {"palm": "gemini"}

Provider = type[BaseProvider]
Loader = Callable[[], object]


class _Entry(msgspec.Struct):
    """A name's class, or what loads it."""

    origin: str
    what: str
    load: Loader
    loaded: Provider | None = None


def normalise(name: str) -> str:
    """The form in which names are kept: lower case, hyphens. `vertex_ai`, `Vertex-AI` and `vertex-ai` are one name."""
    return name.strip().lower().replace("_", "-")


class ProviderRegistry:
    """Name → provider class."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._failures: dict[str, str] = {}
        self._registering: tuple[str, str] | None = None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and normalise(name) in self._entries

    def __repr__(self) -> str:
        return f"<ProviderRegistry: {len(self._entries)} providers, {len(self._failures)} failures>"

    @property
    def failures(self) -> Mapping[str, str]:
        """What was left out so far: name → why, in one line. `load_all` finds every one."""
        return MappingProxyType(self._failures)

    def names(self) -> tuple[str, ...]:
        """Every name that may be used, sorted; those that failed to load are not among them."""
        return tuple(sorted(self._entries))

    def origin(self, name: str) -> str:
        """The distribution that `name` came from. NotFound if there is no such provider."""
        return self._find(name).origin

    def register(self, name: str, provider: Provider | Loader) -> None:
        """Make `provider`, a class or a function that gives one, known as `name`. ConfigError if the name is taken."""
        key = normalise(name)
        own = f"{provider.__module__}:{getattr(provider, '__qualname__', type(provider).__name__)}"
        origin, what = self._registering or ("this process", own)
        load: Loader = (lambda: provider) if isinstance(provider, type) else provider
        self._add(key, _Entry(origin, what, load))

    def get(self, name: str) -> Provider:
        """The class of `name`. NotFound, with the nearest names or the reason, if there is none that works."""
        entry = self._find(name)
        if entry.loaded is None:
            entry.loaded = self._load(normalise(name), entry)
        return entry.loaded

    def load_all(self) -> None:
        """Load every provider, so that `failures` is complete."""
        for name in self.names():
            try:
                self.get(name)
            except NotFound:
                continue  # It is in `failures` now.

    def add_entry_points(self, points: Iterable[EntryPoint]) -> None:
        """Take in entry points: built-ins first, so that no plug-in stands in for one of them."""
        for point in sorted(points, key=lambda p: (_distribution(p) != BUILT_IN, _distribution(p), p.name)):
            origin = _distribution(point)
            try:
                if point.attr == REGISTER:
                    self._call_register(point, origin)
                else:
                    self._add(normalise(point.name), _Entry(origin, point.value, point.load))
            except ConfigError as error:
                self._fail(point.name, origin, error.message)
            except Exception as error:  # Anything may go wrong in a plug-in, and must end here.
                self._fail(point.name, origin, _reason(error))

    def _call_register(self, point: EntryPoint, origin: str) -> None:
        self._registering = (origin, point.value)
        try:
            point.load()(self)
        finally:
            self._registering = None

    def _add(self, name: str, entry: _Entry) -> None:
        taken = self._entries.get(name)
        if taken is not None:
            raise ConfigError(
                f"the provider {name!r} of {entry.origin!r} ({entry.what}) is left out: "
                f"{taken.origin!r} ({taken.what}) has that name already"
            )
        self._entries[name] = entry

    def _fail(self, name: str, origin: str, reason: str) -> None:
        # A name that still works for another distribution keeps its own line.
        key = f"{name} ({origin})" if normalise(name) in self._entries else name
        self._failures[key] = reason

    def _load(self, name: str, entry: _Entry) -> Provider:
        try:
            return _checked(entry.load())
        except Exception as error:  # Anything may go wrong in a plug-in, and must end here.
            del self._entries[name]
            self._fail(name, entry.origin, f"{_reason(error)} (from {entry.origin!r}, {entry.what})")
            raise NotFound(f"the provider {name!r} can't be used: {self._failures[name]}") from error

    def _find(self, name: str) -> _Entry:
        key = normalise(name)
        entry = self._entries.get(key)
        if entry is None:
            raise NotFound(self._explain(name, key))
        return entry

    def _explain(self, name: str, key: str) -> str:
        if key in self._failures:
            return f"the provider {name!r} can't be used: {self._failures[key]}"
        if key in RETIRED:
            return f"the provider {name!r} has been switched off by its owner; use {RETIRED[key]!r} in its place"
        near = difflib.get_close_matches(key, self._entries, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "`limen providers` lists those there are"
        return f"there is no provider {name!r}; {hint}"


def _checked(loaded: object) -> Provider:
    if not (isinstance(loaded, type) and issubclass(loaded, BaseProvider)):
        raise TypeError(f"{loaded!r} is not a subclass of limen.providers.base.BaseProvider")
    if not (isinstance(loaded.CONFIG_TYPE, type) and issubclass(loaded.CONFIG_TYPE, ProviderConfig)):
        raise TypeError(f"{loaded.__qualname__}.CONFIG_TYPE is not a subclass of limen.providers.base.ProviderConfig")
    if not loaded.DISPLAY_NAME:
        raise TypeError(f"{loaded.__qualname__}.DISPLAY_NAME is empty")
    return loaded


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "unknown"


def _reason(error: Exception) -> str:
    message = error.message if isinstance(error, LimenError) else str(error)
    return f"{type(error).__name__}: {' '.join(message.split())}"[:300]


@cache
def default_registry() -> ProviderRegistry:
    """The registry of what is installed; read once for each process."""
    registry = ProviderRegistry()
    registry.add_entry_points(entry_points(group=GROUP))
    return registry
