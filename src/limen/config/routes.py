"""The `routes` of the file: names in front of endpoints. An endpoint that is wrong itself is not held against a route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.config.endpoints import Named
from limen.config.findings import Findings
from limen.config.problems import Path
from limen.config.schema import RoutePart, nearest
from limen.config.snapshot import Destination, Route
from limen.model.operation import ENDPOINT_TYPES


class RouteReader:
    """Turns entries of `routes` into routes over the endpoints that were read."""

    def __init__(self, findings: Findings, endpoints: Mapping[str, Named]) -> None:
        self._findings = findings
        self._endpoints = endpoints

    def read(self, raw: object, path: Path) -> Route | None:
        """The route at `path`, or None if it, or one of its endpoints, is wrong."""
        part = self._findings.validated(RoutePart, raw, path)
        if isinstance(raw, Mapping):
            self._check_destinations(raw, path)
        if part is None:
            return None
        named = [(self._endpoints.get(given.name), given.traffic_percentage) for given in part.destinations]
        destinations = tuple(Destination(each.endpoint, share) for each, share in named if each and each.endpoint)
        if len(destinations) < len(named):
            return None
        return Route(part.name, part.task_type, ENDPOINT_TYPES[part.task_type], destinations, part.routing_strategy)

    def _check_destinations(self, raw: Mapping[str, Any], path: Path) -> None:
        """Look at each destination by itself, also in a route that is wrong elsewhere."""
        given = raw.get("destinations")
        for index, item in enumerate(given if isinstance(given, list) else ()):
            name = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(name, str):
                self._check_destination(raw, name, (*path, "destinations", index, "name"))

    def _check_destination(self, route: Mapping[str, Any], name: str, path: Path) -> None:
        named, wanted = self._endpoints.get(name), route.get("task_type")
        if named is None:
            message = (
                "The route destination name must be a endpoint name, "
                f"but the route {route.get('name')!r} has an invalid destination name {name!r}"
            )
            self._findings.error(path, message, nearest(name, self._endpoints))
        elif named.endpoint_type not in (None, wanted) and wanted in ENDPOINT_TYPES:
            message = (
                f"a destination of the route {route.get('name')!r} must have endpoint type {wanted!r} "
                f"but got endpoint type {named.endpoint_type!r}"
            )
            self._findings.error(path, message, "name another endpoint, or change the route's `task_type`")
