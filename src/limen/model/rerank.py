"""Documents put in order by how well they answer a query: the hub's side of every rerank dialect. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.model.content import NOTHING
from limen.model.usage import Usage


class RerankRequest(msgspec.Struct, frozen=True):
    """Each of `documents` is a string, or an object as the client wrote it. `top_n` bounds the results."""

    model: str
    query: str
    documents: tuple[Any, ...]
    dialect: str
    top_n: int | None = None
    return_documents: bool | None = None
    user: str | None = None
    extra: Mapping[str, Any] = NOTHING


class Ranked(msgspec.Struct, frozen=True):
    """One result: the document's place in the request and its score; `document` where the provider echoes it."""

    index: int
    score: float | int
    document: Any = None
    extra: Mapping[str, Any] = NOTHING


class RerankResponse(msgspec.Struct, frozen=True):
    """Results, best first."""

    model: str
    results: tuple[Ranked, ...]
    dialect: str
    id: str | None = None
    usage: Usage | None = None
    extra: Mapping[str, Any] = NOTHING
