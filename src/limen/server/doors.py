"""The data plane's doors, for one snapshot: from a path to a :class:`limen.plan.Door`.

Recognising a request is one dictionary look-up. A path that is not in the dictionary is matched once against the patterns
and the usual misspellings of a base URL, and is in the dictionary from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from limen.config.snapshot import Snapshot
from limen.dialects.base import AnyDialect
from limen.plan import Door
from limen.server.surfaces import FIXED, MLFLOW, PATTERNS, Surface

MOST_KEPT = 10_000
_ALIAS = re.compile(r"/gateway/(?:openai|anthropic|gemini|mlflow|cohere|bedrock|ollama|proxy)(?=/)")
"""MLflow's server puts the surfaces of the dialects that it knows below such prefixes."""
_VERSION = re.compile(r"/v1(?:beta)?(?=/)")


class Doors:
    """Every data-plane path that a snapshot serves, all of them for POST."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known = {path: _door(surface) for path, surface in FIXED.items()}
        self._known |= _named_doors(snapshot)
        self._matched = 0

    def find(self, path: str) -> Door | None:
        """The door at `path`, or None."""
        return self._known.get(path) or self._match(path)

    def paths(self) -> Iterator[str]:
        """The paths without a pattern."""
        return iter(self._known)

    def _match(self, path: str) -> Door | None:
        for meant in _meanings(path):
            found = self._known.get(meant) or _by_pattern(meant)
            if found is not None:
                if self._matched < MOST_KEPT:
                    self._known[path] = found
                    self._matched += 1
                return found
        return None


def _door(surface: Surface, name: str | None = None) -> Door:
    door = _door_of(surface.dialect, name, surface.stream)
    if surface.otherwise is None:
        return door
    query, dialect = surface.otherwise
    return msgspec.structs.replace(door, query=query, otherwise=_door_of(dialect, name, surface.stream))


def _door_of(dialect: AnyDialect, name: str | None, stream: bool | None) -> Door:
    return Door({dialect.operation: dialect}, dialect.operation, name, dialect, stream)


def _named_doors(snapshot: Snapshot) -> dict[str, Door]:
    """MLflow's: each endpoint and route has paths of its own."""
    operations = {name: route.operation for name, route in snapshot.routes.items()}
    operations |= {name: endpoint.operation for name, endpoint in snapshot.endpoints.items()}
    found = {}
    for name, operation in operations.items():
        door = Door(MLFLOW, None, name, MLFLOW[operation])
        for path in (
            f"/gateway/{name}/invocations",
            f"/endpoints/{name}/invocations",
            f"/gateway/{name}/mlflow/invocations",
        ):
            found[path] = door
    return found


def _meanings(path: str) -> Iterator[str]:
    """What a client may have meant by `path`: as it is, without MLflow's prefix, with one version and not two or none."""
    yield path
    alias = _ALIAS.match(path)
    if alias:
        path = path[alias.end() :]
        yield path
    version = _VERSION.match(path)
    if version:
        yield path[version.end() :]
    else:
        yield "/v1" + path


def _by_pattern(path: str) -> Door | None:
    for pattern in PATTERNS:
        found = pattern.path.fullmatch(path)
        surface = pattern.actions.get(found["action"]) if found else None
        if found and surface:
            return _door(surface, found["name"])
    return None
