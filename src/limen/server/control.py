"""Everything beside the data plane, as ordinary FastAPI: health, documentation, lists, and what is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from limen.errors import ClientFault, MethodNotAllowed, NotFound
from limen.server import explain_api, mlflow_api, model_lists
from limen.server.explain_api import FindDoor
from limen.server.mlflow_api import GetSnapshot
from limen.server.status import Status
from limen.server.surfaces import FIXED, errors_at


def install(app: FastAPI, current: GetSnapshot, status: Callable[[], Status], find_door: FindDoor) -> None:
    """Add all of it to `app`."""
    app.include_router(_own(status))
    app.include_router(mlflow_api.router(current))
    app.include_router(model_lists.router(current))
    app.include_router(explain_api.router(current, find_door))
    app.include_router(_documented_doors())
    app.add_exception_handler(StarletteHTTPException, _not_served)


def _own(status: Callable[[], Status]) -> APIRouter:
    api = APIRouter(tags=["gateway"])

    @api.get("/", include_in_schema=False)
    async def index() -> RedirectResponse:
        return RedirectResponse("/docs")

    @api.get("/health")
    async def health() -> dict[str, Any]:
        """Whether the gateway serves, which configuration, and the last one it refused."""
        return status().report()

    return api


def _documented_doors() -> APIRouter:
    """The data plane as the documentation shows it. Names that are served never get here: the hot path takes them."""
    api = APIRouter(tags=["inference"])

    @api.post("/gateway/{name}/invocations")
    @api.post("/endpoints/{name}/invocations")
    async def invocations(name: str) -> None:
        """Query an endpoint or a route: chat, completions or embeddings, as its type says."""
        raise HTTPException(404, mlflow_api.not_present(name, "endpoint"))

    for path, surface in FIXED.items():
        operation = surface.dialect.operation
        api.add_api_route(
            path,
            _by_model,
            methods=["POST"],
            name=operation.value,
            summary=f"{surface.dialect.name}: `model` says where",
        )
    return api


async def _by_model() -> None:
    raise HTTPException(404, "Not Found")


async def _not_served(request: Request, error: Exception) -> Response:
    """Paths and methods that are not there: in the shape of the dialect that the path is near, elsewhere in FastAPI's."""
    error = cast(StarletteHTTPException, error)
    path, meant = request.url.path, _meant(request.url.path)
    dialect = errors_at(meant or path)
    if dialect is None or error.status_code not in (404, 405):
        return await http_exception_handler(request, error)
    fault: ClientFault
    if error.status_code == 405:
        allow = (error.headers or {}).get("Allow", "")
        fault = MethodNotAllowed(f"{request.method} {path} is not allowed; use {allow}", allow=allow)
    elif meant:
        message = f"There is no {path} here, but there is {meant}: a client's base URL has nothing more before it"
        fault = NotFound(message, code="unknown_url")
    else:
        message = f"There is no {request.method} {path} here; GET /docs lists what there is"
        fault = NotFound(message, code="unknown_url")
    headers = {name.decode(): value.decode() for name, value in dialect.error_headers(fault)}
    return Response(
        dialect.render_error(fault),
        fault.status,
        headers={**(error.headers or {}), **headers},
        media_type="application/json",
    )


def _meant(path: str) -> str | None:
    """The path that a client with a wrong base URL was after: one with more before it."""
    known = (*FIXED, "/v1/models")
    return next((own for own in known if path != own and (path.endswith(own) or path == own.removeprefix("/v1"))), None)
