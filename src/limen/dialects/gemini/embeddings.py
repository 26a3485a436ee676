"""``models/{model}:embedContent`` and ``:batchEmbedContents``: texts as vectors.

One body holds one content, the other a list of `requests`, each with the model's name in it. A client's list of inputs goes
out as a batch. Source: https://ai.google.dev/api/embeddings, and recordings.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.base import Dialect
from limen.dialects.extra import extra_of, marks_of
from limen.dialects.gemini.errors import parse_error, render_error
from limen.dialects.gemini.request import read_object
from limen.dialects.gemini.response import read_answer
from limen.dialects.gemini.spelling import WIRE, Kept, keep, original_of, respell, take_text
from limen.dialects.gemini.usage import parse_usage, render_usage
from limen.dialects.json_text import encode
from limen.dialects.members import type_name
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.wire.edit import Fields

_KNOWN = frozenset({"outputDimensionality"})
_ITEMS = "items"
"""In what a request remembers: each content, with what stands beside its text."""
_MODEL = "models/"


class GeminiEmbeddings(Dialect[EmbeddingRequest, EmbeddingResponse]):
    """Both forms: a request with `plain` is one ``embedContent``, any other a ``batchEmbedContents``."""

    name: ClassVar[str] = "gemini_embeddings"
    wire: ClassVar[str] = "gemini_embeddings"
    operation: ClassVar[Operation] = Operation.EMBEDDINGS

    def validate_relay(self, fields: Fields) -> None:
        """There is something to embed."""
        if fields.is_absent("content") and fields.is_absent("requests"):
            raise BadRequest("content is not specified: there is nothing to embed.", param="content")

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request; its `model` is empty. A content with more than one text in it is an input of its own kind."""
        told = read_object(body)
        values = told.get("requests")
        if values is None:
            text, dimensions, item = _parse_item(told, "")
            return EmbeddingRequest("", (text,), WIRE, plain=True, dimensions=dimensions, extra=item)
        if not isinstance(values, list) or not values:
            raise BadRequest("Invalid value at 'requests': it must be a list of requests.", param="requests")
        del told["requests"]
        items = [_parse_item(value, f"requests[{index}]") for index, value in enumerate(values)]
        sizes = {dimensions for _, dimensions, _ in items}
        shared = sizes.pop() if len(sizes) == 1 else None
        kept = [item if size == shared else _with_size(item, size) for _, size, item in items]
        return EmbeddingRequest(
            "",
            tuple([text for text, _, _ in items]),
            WIRE,
            dimensions=shared,
            extra=Kept(_shared_keys(kept, told), (), {_ITEMS: (kept, told)}),
        )

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send: one content for one bare input, else a batch."""
        rendering = Rendering(WIRE, request.dialect, losses)
        if rendering.same:
            return encode(_render_own(request, rendering))
        if request.encoding_format not in (None, "float"):
            losses.note("encoding_format", "vectors come as numbers; limen does not pack them")
        if request.user is not None:
            losses.note("user", "this dialect does not tell who asks")
        rendering.keep({}, request.extra, "")
        items = [_render_item(value, request, f"input[{i}]") for i, value in enumerate(request.inputs)]
        if request.plain and len(items) == 1:
            return encode(items[0])
        return encode({"requests": [{"model": _MODEL + request.model, **item} for item in items]})

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = read_answer(body)
        one, many = answer.get("embedding"), answer.get("embeddings")
        values, marks = (many, []) if one is None else ([one], ["one"])
        if not isinstance(values, list):
            raise MalformedReply("the provider's answer has no embeddings")
        del answer["embeddings" if one is None else "embedding"]
        usage = answer.pop("usageMetadata") if isinstance(answer.get("usageMetadata"), dict) else None
        return EmbeddingResponse(
            model="",
            embeddings=tuple([_parse_vector(value, index) for index, value in enumerate(values)]),
            dialect=WIRE,
            usage=None if usage is None else parse_usage(usage),
            extra=extra_of(answer, *marks),
        )

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return encode(self._build(response, losses, one="one" in marks_of(response.extra)))

    def _build(self, response: EmbeddingResponse, losses: Losses, *, one: bool) -> dict[str, Any]:
        rendering = Rendering(WIRE, response.dialect, losses, answer=True)
        vectors = [_render_vector(embedding, rendering) for embedding in response.embeddings]
        built: dict[str, Any] = {"embedding": vectors[0]} if one and vectors else {"embeddings": vectors}
        if response.usage is not None:
            usage = response.usage
            count = {"promptTokenCount": usage.input_total, "totalTokenCount": usage.total}
            built["usageMetadata"] = render_usage(usage) if rendering.same else count
        return rendering.keep(built, response.extra, "")

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"code", "message", "status", "details"}}``."""
        return render_error(error)


class GeminiEmbedContent(GeminiEmbeddings):
    """The door of ``embedContent``: its client wants one `embedding`, whoever gives it."""

    name: ClassVar[str] = "gemini_embed_content"

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return encode(self._build(response, losses, one=True))


def _parse_item(value: Any, path: str) -> tuple[Any, int | None, Kept]:
    """One content: its text, the size of its vector, and what else was said."""
    if not isinstance(value, dict):
        raise BadRequest(f"Invalid value at '{path}': an object, not {type_name(value)}.", param=path)
    marks = respell(value, _KNOWN)
    content = value.get("content")
    if not isinstance(content, dict):
        where = f"{path}.content" if path else "content"
        raise BadRequest(f"Invalid value at '{where}': it must be a content.", param=where)
    del value["content"]
    size = value.pop("outputDimensionality") if type(value.get("outputDimensionality")) is int else None
    original: dict[str, Any] = {}
    model = take_text(value, "model")
    if model is not None:
        original["model"] = model
    return _text_of(content, original), size, Kept(value, marks, original)


def _text_of(content: dict[str, Any], original: dict[str, Any]) -> Any:
    """The text of a content whose parts are only text; else the content itself."""
    original["content"] = content
    parts = content.get("parts")
    values = [parts] if isinstance(parts, dict) else parts
    if not isinstance(values, list) or not all(
        isinstance(part, dict) and isinstance(part.get("text"), str) for part in values
    ):
        return content
    return "\n".join([part["text"] for part in values])


def _with_size(item: Kept, size: int | None) -> Kept:
    return item if size is None else Kept({**item, "outputDimensionality": size}, item.marks, item.original)


def _shared_keys(items: list[Kept], told: dict[str, Any]) -> dict[str, Any]:
    """What a loss in another dialect is named by."""
    return {**told, **{f"requests[{i}].{key}": value for i, item in enumerate(items) for key, value in item.items()}}


def _render_own(request: EmbeddingRequest, rendering: Rendering) -> dict[str, Any]:
    """A request of this wire, as it was written."""
    remembered = original_of(request.extra).get(_ITEMS)
    if remembered is None:
        return _render_own_item(request.extra, request.dimensions, rendering)
    items, rest = remembered
    built = [
        _render_own_item(item, None if "outputDimensionality" in item else request.dimensions, rendering)
        for item in items
    ]
    return {**rest, "requests": built}


def _render_own_item(item: Any, size: int | None, rendering: Rendering) -> dict[str, Any]:
    built: dict[str, Any] = {} if size is None else {"outputDimensionality": size}
    return keep(built, item, rendering, "")


def _render_item(value: Any, request: EmbeddingRequest, where: str) -> dict[str, Any]:
    if not isinstance(value, str):
        raise BadRequest(f"{where} is not text; this provider embeds no lists of token ids", param="input")
    built: dict[str, Any] = {"content": {"parts": [{"text": value}]}}
    if request.dimensions is not None:
        built["outputDimensionality"] = request.dimensions
    return built


def _parse_vector(value: Any, index: int) -> Embedding:
    numbers = value.get("values") if isinstance(value, dict) else None
    if not isinstance(numbers, list) or not all(isinstance(number, int | float) for number in numbers):
        raise MalformedReply("the provider's answer has an embedding without a list of numbers")
    del value["values"]
    return Embedding(index, tuple(numbers), extra_of(value))


def _render_vector(embedding: Embedding, rendering: Rendering) -> dict[str, Any]:
    vector = embedding.vector
    if isinstance(vector, str):
        vector = _unpack(vector)
    return rendering.keep({"values": vector}, embedding.extra, f"embeddings[{embedding.index}]")


def _unpack(text: str) -> tuple[float, ...]:
    """The numbers of base64 text of little-endian float32."""
    data = base64.b64decode(text)
    return struct.unpack(f"<{len(data) // 4}f", data)
