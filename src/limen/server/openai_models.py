"""`GET /v1/models`: what a client may name as `model`, in OpenAI's shape."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from limen.config.snapshot import Snapshot
from limen.errors import NotFound
from limen.model.operation import Operation
from limen.server.mlflow_api import GetSnapshot
from limen.server.surfaces import OPENAI


def models(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Endpoints and routes. A provider that is open to any model has no list of them and is not shown here."""
    owners = {name: endpoint.provider_name for name, endpoint in snapshot.endpoints.items()}
    owners |= dict.fromkeys(snapshot.routes, "limen")
    return [{"id": name, "object": "model", "created": 0, "owned_by": owner} for name, owner in owners.items()]


def _open_model(snapshot: Snapshot, name: str) -> dict[str, Any] | None:
    provider, slash, model = name.partition("/")
    if not (slash and model and provider in snapshot.open_providers):
        return None
    return {"id": name, "object": "model", "created": 0, "owned_by": provider}


def router(current: GetSnapshot) -> APIRouter:
    """The routes, reading whichever snapshot is current."""
    api = APIRouter(tags=["models"])

    @api.get("/v1/models")
    async def list_models() -> dict[str, Any]:
        """Every endpoint and route."""
        return {"object": "list", "data": models(current())}

    @api.get("/v1/models/{name:path}", response_model=None)
    async def get_model(name: str) -> dict[str, Any] | Response:
        """One of them, or a model of an open provider."""
        snapshot = current()
        found = next((m for m in models(snapshot) if m["id"] == name), None) or _open_model(snapshot, name)
        if found is not None:
            return found
        message = f"The model {name!r} does not exist. GET /v1/models lists what there is."
        error = NotFound(message, param="model", code="model_not_found")
        return Response(OPENAI[Operation.CHAT].render_error(error), 404, media_type="application/json")

    return api
