"""What a provider would be sent for a plan. Pure: made, not sent, so that it can be explained as well as carried out."""

from __future__ import annotations

from typing import Any

import msgspec

from limen.errors import BadRequest
from limen.model.http import WireRequest
from limen.model.losses import Losses
from limen.plan import Plan
from limen.providers.base import AnyRequest


def relayed(plan: Plan) -> WireRequest:
    """The client's own body, with only those members changed that must."""
    endpoint, fields, wire = plan.endpoint, plan.fields, plan.client.wire
    model = endpoint.model
    if model is None:
        fields.remove("model")
    endpoint.provider.adapter.edit_relay(plan.operation, fields, model=model, stream=plan.stream, wire=wire)
    return _prepared(plan, fields.encode(), wire)


def translated(plan: Plan, request: AnyRequest, losses: Losses) -> WireRequest:
    """`request` in the provider's dialect. What that can't say is in `losses`; BadRequest if the endpoint refuses any."""
    adapter, dialect = plan.endpoint.provider.adapter, plan.dialect
    if plan.stream:
        request = msgspec.structs.replace(request, stream=True, stream_usage=True)
    body = dialect.render_request(adapter.edit_request(plan.operation, request, losses), losses)
    if dialect.wire != plan.client.wire:
        _lose_headers(plan, losses)
    refuse_losses(plan, losses)
    return _prepared(plan, body, dialect.wire)


def hub_request(plan: Plan, losses: Losses) -> AnyRequest:
    """The client's request as the hub has it, without what its wire alone can say: that is in `losses`.

    A surface whose path names the endpoint has no `model` in the body.
    """
    request: AnyRequest = plan.client.parse_request(plan.fields.body)
    named: AnyRequest = msgspec.structs.replace(request, model=plan.endpoint.model or plan.endpoint.name)
    wanted: AnyRequest = plan.client.translatable(named, losses)
    return wanted


def refuse_losses(plan: Plan, losses: Losses) -> None:
    """BadRequest where something is lost and the endpoint is configured with ``on_loss: error``."""
    if losses and plan.endpoint.on_loss == "error":
        told = "; ".join(f"{name}: {why}" if why else name for name, why in losses.items())
        message = f"endpoint {plan.endpoint.name!r} refuses requests that its provider can't be sent whole: {told}"
        raise BadRequest(message, param=next(iter(losses)), code="would_lose")


def _lose_headers(plan: Plan, losses: Losses) -> None:
    for name, _ in plan.carried:
        if not name.endswith(b"-version"):
            losses.note(f"header {name.decode('latin-1')}", "it means something to its own dialect's providers alone")


def _prepared(plan: Plan, body: bytes, wire: str) -> WireRequest:
    endpoint = plan.endpoint
    more: dict[str, Any] = {"carried": plan.carried} if plan.carried and wire == plan.client.wire else {}
    return endpoint.provider.prepare(plan.operation, body, model=endpoint.model, stream=plan.stream, wire=wire, **more)
