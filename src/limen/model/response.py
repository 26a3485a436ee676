"""What a provider answered: the hub's side of every dialect's full (not streamed) response. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from limen.model.content import NOTHING, Block
from limen.model.usage import Usage

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "stop_sequence", "pause", "error", "other"]


class Choice(msgspec.Struct, frozen=True):
    """One answer. `raw_finish` is the provider's own word; `stop_sequence` is the one that was hit."""

    index: int
    blocks: tuple[Block, ...]
    finish: FinishReason | None = None
    raw_finish: str | None = None
    stop_sequence: str | None = None
    logprobs: Any = None
    extra: Mapping[str, Any] = NOTHING
    message_extra: Mapping[str, Any] = NOTHING


class ChatResponse(msgspec.Struct, frozen=True):
    """A full answer, to a chat or a legacy completion. `created` is in seconds since 1970."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    dialect: str
    usage: Usage | None = None
    created: int | None = None
    service_tier: str | None = None
    extra: Mapping[str, Any] = NOTHING


class Embedding(msgspec.Struct, frozen=True):
    """One vector: a list of floats, or base64 text of little-endian float32 where that was asked for."""

    index: int
    vector: tuple[float, ...] | str
    extra: Mapping[str, Any] = NOTHING


class EmbeddingResponse(msgspec.Struct, frozen=True):
    """Vectors, in the order of the inputs."""

    model: str
    embeddings: tuple[Embedding, ...]
    dialect: str
    usage: Usage | None = None
    extra: Mapping[str, Any] = NOTHING
