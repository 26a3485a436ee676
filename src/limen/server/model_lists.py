"""The lists of models, in the shape of whichever dialect asks: what a client may name as `model`.

``GET /v1/models`` is OpenAI's, and Anthropic's too: its clients say so with an `anthropic-version` header. Gemini asks at
``/v1beta/models``, its newer clients at ``/v1/models`` with headers of Google's, Ollama at ``/api/tags``. A provider that is open
to any model has no list of them and is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from limen.config.snapshot import Endpoint, Route, Snapshot
from limen.dialects.base import AnyDialect
from limen.errors import NotFound
from limen.model.operation import Operation
from limen.server.mlflow_api import GetSnapshot
from limen.server.surfaces import ANTHROPIC, GEMINI, OPENAI
from limen.version import __version__

_EPOCH = "1970-01-01T00:00:00Z"
"""The time that is told where a dialect demands one: a model behind a name of one's own has none."""


class Listed(msgspec.Struct, frozen=True):
    """A name that a client may use, who is behind it, and what it does."""

    name: str
    owner: str
    operation: Operation


def listed(snapshot: Snapshot) -> list[Listed]:
    """Endpoints, then routes."""
    return [*map(_of, snapshot.endpoints.values()), *map(_of, snapshot.routes.values())]


def find(snapshot: Snapshot, name: str) -> Listed | None:
    """One of them, or a model of an open provider."""
    found = snapshot.endpoints.get(name) or snapshot.routes.get(name)
    if found is not None:
        return _of(found)
    provider, slash, model = name.partition("/")
    if not (slash and model and provider in snapshot.open_providers):
        return None
    return Listed(name, provider, Operation.CHAT)


def _of(each: Endpoint | Route) -> Listed:
    return Listed(each.name, each.provider_name if isinstance(each, Endpoint) else "limen", each.operation)


def openai_model(model: Listed) -> dict[str, Any]:
    """As OpenAI shows one."""
    return {"id": model.name, "object": "model", "created": 0, "owned_by": model.owner}


def anthropic_model(model: Listed) -> dict[str, Any]:
    """As Anthropic shows one."""
    return {"type": "model", "id": model.name, "display_name": model.name, "created_at": _EPOCH}


def anthropic_list(models: list[Listed]) -> dict[str, Any]:
    """All of them on one page."""
    ends = {"first_id": models[0].name, "last_id": models[-1].name} if models else {"first_id": None, "last_id": None}
    return {"data": [anthropic_model(model) for model in models], "has_more": False, **ends}


_METHODS = {
    Operation.CHAT: ["generateContent", "streamGenerateContent", "countTokens"],
    Operation.EMBEDDINGS: ["embedContent", "batchEmbedContents"],
}


def gemini_model(model: Listed) -> dict[str, Any]:
    """As Gemini shows one."""
    return {
        "name": f"models/{model.name}",
        "baseModelId": model.name,
        "version": "1",
        "displayName": model.name,
        "supportedGenerationMethods": _METHODS.get(model.operation, []),
    }


def ollama_model(model: Listed) -> dict[str, Any]:
    """As Ollama shows one."""
    details = {"format": "", "family": model.owner, "families": None, "parameter_size": "", "quantization_level": ""}
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": _EPOCH,
        "size": 0,
        "digest": "",
        "details": {"parent_model": "", **details},
    }


def router(current: GetSnapshot) -> APIRouter:
    """The routes, reading whichever snapshot is current."""
    api = APIRouter(tags=["models"])

    @api.get("/v1/models")
    async def list_models(request: Request) -> dict[str, Any]:
        """Every endpoint and route, in OpenAI's shape, or in Anthropic's or Gemini's for their clients."""
        models = listed(current())
        if _is_anthropic(request.headers):
            return anthropic_list(models)
        if _is_google(request.headers):
            return {"models": [gemini_model(model) for model in models]}
        return {"object": "list", "data": [openai_model(model) for model in models]}

    @api.get("/v1/models/{name:path}", response_model=None)
    async def get_model(name: str, request: Request) -> dict[str, Any] | Response:
        """One of them, or a model of an open provider."""
        found = find(current(), name)
        if _is_google(request.headers):
            return _missing(name, GEMINI) if found is None else gemini_model(found)
        if found is None:
            return _missing(name, ANTHROPIC if _is_anthropic(request.headers) else OPENAI[Operation.CHAT])
        return anthropic_model(found) if _is_anthropic(request.headers) else openai_model(found)

    @api.get("/v1beta/models")
    async def list_gemini_models() -> dict[str, Any]:
        """Every endpoint and route, in Gemini's shape."""
        return {"models": [gemini_model(model) for model in listed(current())]}

    @api.get("/v1beta/models/{name:path}", response_model=None)
    async def get_gemini_model(name: str) -> dict[str, Any] | Response:
        """One of them."""
        found = find(current(), name)
        return _missing(name, GEMINI) if found is None else gemini_model(found)

    @api.get("/api/tags")
    async def list_ollama_models() -> dict[str, Any]:
        """Every endpoint and route, in Ollama's shape."""
        return {"models": [ollama_model(model) for model in listed(current())]}

    @api.get("/api/version")
    async def version() -> dict[str, str]:
        """What Ollama's clients ask first."""
        return {"version": __version__}

    return api


def _is_anthropic(headers: Mapping[str, str]) -> bool:
    return "anthropic-version" in headers


def _is_google(headers: Mapping[str, str]) -> bool:
    return "x-goog-api-client" in headers or "x-goog-api-key" in headers


def _missing(name: str, dialect: AnyDialect) -> Response:
    message = f"The model {name!r} does not exist. GET /v1/models lists what there is."
    error = NotFound(message, param="model", code="model_not_found")
    return Response(dialect.render_error(error), 404, media_type="application/json")
