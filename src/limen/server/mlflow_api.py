"""MLflow's own read API: endpoints and routes, as its clients ask for them.

Shapes from a running MLflow gateway 3.17.2: an endpoint has all five keys, `limit` may be null, `endpoint_url` starts with
``/gateway`` although the client posts to ``/endpoints``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from limen.config.snapshot import Endpoint, Route, Snapshot

GetSnapshot = Callable[[], Snapshot]
_LIMITS_IN_FILE = "Limits are set in the configuration file, under the endpoint's `limit`."


class LimitsChange(BaseModel):
    """The body of a request to set limits, as MLflow's client would send it."""

    route: str
    limits: list[dict[str, Any]]


def describe(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as MLflow's API shows it."""
    limit = endpoint.limit
    return {
        "name": endpoint.name,
        "endpoint_type": endpoint.endpoint_type,
        "model": {"name": endpoint.model, "provider": endpoint.provider_name},
        "endpoint_url": f"/gateway/{endpoint.name}/invocations",
        "limit": limit and {"calls": limit.calls, "key": limit.key, "renewal_period": limit.renewal_period},
    }


def describe_legacy(endpoint: Endpoint) -> dict[str, Any]:
    """The same in the words of MLflow's older API."""
    shown = describe(endpoint)
    shown["route_type"] = shown.pop("endpoint_type")
    shown["route_url"] = shown.pop("endpoint_url")
    return shown


def describe_route(route: Route) -> dict[str, Any]:
    """A traffic route, as the configuration file has it."""
    shares = [{"name": d.endpoint.name, "traffic_percentage": d.weight} for d in route.destinations]
    return {
        "name": route.name,
        "task_type": route.task_type,
        "destinations": shares,
        "routing_strategy": route.routing_strategy,
    }


def page(snapshot: Snapshot, token: str | None) -> tuple[list[Endpoint], str | None]:
    """One page of endpoints, and the token of the next. A token is base64 of ``{"index": N}``."""
    endpoints = list(snapshot.endpoints.values())
    start = _start(token) if token else 0
    end = start + snapshot.server.page_size
    following = base64.b64encode(msgspec.json.encode({"index": end})).decode() if end < len(endpoints) else None
    return endpoints[start:end], following


def _start(token: str) -> int:
    try:
        index = msgspec.json.decode(base64.b64decode(token, validate=True), type=dict[str, int])["index"]
    except (binascii.Error, ValueError, KeyError, msgspec.MsgspecError):
        index = -1
    if index < 0:
        raise HTTPException(400, "The page token is not valid: pass the `next_page_token` of the page before.")
    return index


def router(current: GetSnapshot) -> APIRouter:
    """The routes, reading whichever snapshot is current."""
    api = APIRouter(tags=["endpoints"])

    def one(name: str, what: str = "endpoint") -> Endpoint:
        endpoint = current().endpoints.get(name)
        if endpoint is None:
            raise HTTPException(404, not_present(name, what))
        return endpoint

    @api.get("/api/2.0/endpoints", include_in_schema=False)
    @api.get("/api/2.0/endpoints/")
    async def list_endpoints(page_token: str | None = None) -> dict[str, Any]:
        """Every endpoint, a page at a time."""
        found, following = page(current(), page_token)
        return {"endpoints": [describe(e) for e in found], "next_page_token": following}

    @api.get("/api/2.0/gateway/routes", include_in_schema=False)
    @api.get("/api/2.0/gateway/routes/")
    async def list_routes(page_token: str | None = None) -> dict[str, Any]:
        """Every endpoint, in the older shape."""
        found, following = page(current(), page_token)
        return {"routes": [describe_legacy(e) for e in found], "next_page_token": following}

    @api.get("/api/2.0/endpoints/limits/{name}")
    @api.get("/api/2.0/gateway/limits/{name}")
    async def get_limits(name: str) -> None:
        """MLflow has no such API yet either."""
        raise HTTPException(501, f"The get_limits API is not available yet. {_LIMITS_IN_FILE}")

    @api.post("/api/2.0/endpoints/limits", include_in_schema=False)
    @api.post("/api/2.0/gateway/limits", include_in_schema=False)
    @api.post("/api/2.0/endpoints/limits/")
    @api.post("/api/2.0/gateway/limits/")
    async def set_limits(change: LimitsChange) -> None:
        """MLflow has no such API yet either."""
        raise HTTPException(501, f"The set_limits API is not available yet. {_LIMITS_IN_FILE}")

    @api.get("/api/2.0/endpoints/{name}")
    @api.get("/api/3.0/gateway/endpoint/{name}")
    async def get_endpoint(name: str) -> dict[str, Any]:
        """One endpoint."""
        return describe(one(name))

    @api.get("/api/2.0/gateway/routes/{name}")
    async def get_legacy_route(name: str) -> dict[str, Any]:
        """One endpoint, in the older shape."""
        return describe_legacy(one(name, "route"))

    @api.get("/api/3.0/gateway/route/{name}")
    async def get_route(name: str) -> dict[str, Any]:
        """One traffic route."""
        route = current().routes.get(name)
        if route is None:
            raise HTTPException(404, not_present(name, "route"))
        return describe_route(route)

    return api


def not_present(name: str, what: str) -> str:
    """MLflow's sentence for an endpoint or route that is not there."""
    return f"The {what} '{name}' is not present or active on the server. Please verify the {what} name."
