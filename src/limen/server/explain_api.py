"""`POST /v1/explain`: what would become of a request, without sending it. The body is that of any surface."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from fastapi import APIRouter, Request, Response

from limen.errors import ClientFault, GatewayFault, LimenError, NotFound
from limen.explanation import explain
from limen.plan import Door, make_plan
from limen.policy.rotation import Rotation
from limen.server.mlflow_api import GetSnapshot

FindDoor = Callable[[str], Door | None]
HEADER = "limen-surface"
DEFAULT_SURFACE = "/v1/chat/completions"


def router(current: GetSnapshot, find_door: FindDoor) -> APIRouter:
    """The routes, reading whichever snapshot is current."""
    api = APIRouter(tags=["gateway"])

    @api.post("/v1/explain")
    async def explain_request(request: Request) -> Response:
        """Who would serve this body, the provider's request, what would be lost. `limen-surface` names the path it is for."""
        return await _answer(request, request.headers.get(HEADER, DEFAULT_SURFACE))

    @api.post("/v1/explain/{surface:path}")
    async def explain_surface(surface: str, request: Request) -> Response:
        """The same for the surface that the rest of the path names, such as `/v1/explain/v1/messages`."""
        return await _answer(request, f"/{surface}")

    async def _answer(request: Request, surface: str) -> Response:
        door = find_door(surface)
        if door is None:
            message = f"There is no surface {surface} here; GET /docs lists what there is"
            fault: LimenError = NotFound(message, param=HEADER, code="unknown_surface")
            return _refusal(fault, None)
        body, headers = await request.body(), dict(request.headers.raw)
        try:
            # A rotation of its own: an explanation must not take a real request's turn.
            plan = make_plan(current(), door, body, Rotation(), headers)
        except (ClientFault, GatewayFault) as error:
            return _refusal(error, door)
        return Response(msgspec.json.encode(explain(plan)), media_type="application/json")

    return api


def _refusal(error: LimenError, door: Door | None) -> Response:
    body = (
        msgspec.json.encode({"error": {"message": error.message, "code": error.code}})
        if door is None
        else door.errors.render_error(error)
    )
    return Response(body, error.status, media_type="application/json")
