"""What would become of a request: who would serve it, what the provider would be sent, what would be lost. Nothing is sent.

Secrets are masked: every header whose value is not known to be harmless, and every query. Pure.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.errors import LimenError
from limen.model.http import WireRequest
from limen.model.losses import Losses
from limen.model.secret import MASK
from limen.plan import Plan, Way
from limen.provider_request import hub_request, relayed, translated

SHOWN = frozenset({"accept", "accept-encoding", "content-type", "user-agent", "anthropic-version", "anthropic-beta"})
"""Headers whose values are shown; all others might hold a key."""


def explain(plan: Plan) -> dict[str, Any]:
    """The explanation of `plan` as plain data; see docs/http-api.md for its keys."""
    losses = Losses()
    request, fault = None, None
    try:
        request = _request(plan, losses)
    except LimenError as error:
        fault = error
    endpoint = plan.endpoint
    return {
        "endpoint": endpoint.name,
        "provider": endpoint.provider_name,
        "model": endpoint.model,
        "operation": plan.operation.value,
        "stream": plan.stream,
        "way": plan.way.value,
        "client_dialect": plan.client.name,
        "provider_dialect": None if plan.way is Way.LOCAL else plan.dialect.name,
        "request": None if request is None else _shown(request),
        "dropped": [{"name": name, "why": why} for name, why in losses.items()],
        "error": None if fault is None else _told(fault),
    }


def _request(plan: Plan, losses: Losses) -> WireRequest | None:
    if plan.way is Way.RELAY:
        return relayed(plan)
    request = hub_request(plan, losses)
    return translated(plan, request, losses) if plan.way is Way.TRANSLATE else None


def _shown(request: WireRequest) -> dict[str, Any]:
    origin = request.origin
    path, query, _ = request.target.decode("latin-1").partition("?")
    lines = [line.partition(": ") for line in request.headers.decode("latin-1").split("\r\n") if line]
    return {
        "method": request.method.decode(),
        "url": f"{origin.scheme}://{origin.authority}{path}" + (f"?{_masked(query)}" if query else ""),
        "headers": {name: value if name.lower() in SHOWN else MASK for name, _, value in lines},
        "body": msgspec.Raw(request.body),
    }


def _masked(query: str) -> str:
    """A query with the values of all but short plain words masked: ``alt=sse`` tells something, a key must not."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(f"{name}={value if name in {'alt', 'api-version', 'beta'} else MASK}" for name, _, value in pairs)


def _told(fault: LimenError) -> dict[str, Any]:
    return {
        "status": fault.status,
        "code": fault.code,
        "message": fault.message,
        "param": getattr(fault, "param", None),
    }
