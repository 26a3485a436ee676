"""Cohere's embeddings: texts, pictures or both in; vectors of several types at once out.

The hub has the vectors of one type: floats, or what there is. Those of others, and pictures, are kept for Cohere itself.

Sources: https://docs.cohere.com/reference/embed, and recordings, some of version 1, whose answer may be a bare list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.base import Dialect
from limen.dialects.cohere.chat_response import read_answer
from limen.dialects.cohere.errors import check_answer, parse_error, render_error
from limen.dialects.cohere.usage import parse_usage, render_meta
from limen.dialects.extra import Extra, adopt, extra_of, marks_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members
from limen.dialects.openai.chat_request import put_known, read_object, take_model
from limen.dialects.relay_checks import require_present
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.wire.edit import Fields

_SOURCES = ("texts", "images", "inputs")
_ALSO = ("truncate", "priority", "images")
_PURPOSES = {
    "query": "search_query",
    "retrieval.query": "search_query",
    "document": "search_document",
    "passage": "search_document",
    "retrieval.passage": "search_document",
}
"""What others call an `input_type` or a `task`. Cohere wants one; where none is given, the texts are documents."""
_FORMATS = ("float", "base64")
_OF = "of:"
"""Mark, followed by the type of the vectors in the hub; by nothing where the answer was a bare list."""


class CohereEmbeddings(Dialect[EmbeddingRequest, EmbeddingResponse]):
    """``POST /v2/embed``."""

    name: ClassVar[str] = "cohere_embeddings"
    wire: ClassVar[str] = "cohere_embeddings"
    operation: ClassVar[Operation] = Operation.EMBEDDINGS

    def validate_relay(self, fields: Fields) -> None:
        """There is something to embed."""
        if all(fields.is_absent(key) for key in _SOURCES):
            require_present(fields, "texts")

    def check_response(self, body: bytes) -> None:
        """Refuse a relayed answer that is none."""
        check_answer(body, "embeddings")

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = Members(read_object(body))
        if all(request.rest.get(key) is None for key in _SOURCES):
            raise BadRequest("Missing required parameter: 'texts'.", param="texts", code="missing_required_parameter")
        texts = request.texts("texts")
        types = request.rest.get("embedding_types")
        known = types[0] if isinstance(types, list) and len(types) == 1 and types[0] in _FORMATS else None
        if known is not None:
            del request.rest["embedding_types"]
        return EmbeddingRequest(
            model=take_model(request),
            inputs=texts or (),
            dialect=self.wire,
            dimensions=request.integer("output_dimension"),
            encoding_format=known,
            extra=extra_of(request.rest, *(() if texts is not None else ("-texts",))),
        )

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send. BadRequest for token ids, which Cohere does not take."""
        rendering = Rendering(self.wire, request.dialect, losses)
        built: dict[str, Any] = {"model": request.model} if request.model else {}
        built["texts"] = require_texts(request.inputs)
        put_known(built, output_dimension=request.dimensions)
        kind = request.encoding_format
        if rendering.same:
            put_known(built, embedding_types=None if kind is None else [kind])
            return encode(rendering.keep(built, request.extra, ""))
        if kind is not None and kind not in _FORMATS:
            rendering.lose("encoding_format", "Cohere has no such format")
        built["embedding_types"] = [kind if kind in _FORMATS else "float"]
        if request.user is not None:
            rendering.lose("user", "Cohere has no such parameter")
        extra = _put_purpose(built, dict(request.extra))
        return encode(rendering.keep(built, adopt(built, extra, _ALSO), ""))

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = read_answer(body)
        found = answer.rest.pop("embeddings", None)
        meta = answer.mapping("meta")
        kind, vectors = _primary(found)
        if isinstance(found, dict) and (others := {key: value for key, value in found.items() if key != kind}):
            answer.rest["embeddings"] = others
        return EmbeddingResponse(
            model=answer.text("model") or "",
            embeddings=tuple([_embedding(vector, index) for index, vector in enumerate(vectors)]),
            dialect=self.wire,
            usage=None if meta is None else parse_usage(meta, self.wire),
            extra=Extra(answer.rest, (_OF + kind,)),
        )

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        vectors = [each.vector for each in sorted(response.embeddings, key=lambda each: each.index)]
        built: dict[str, Any] = {}
        if rendering.same:
            kind = next((mark.removeprefix(_OF) for mark in marks_of(response.extra) if mark.startswith(_OF)), "float")
            built["embeddings"] = {kind: vectors} if kind else vectors
            put_known(built, model=response.model or None)
        else:
            packed = bool(vectors) and all(isinstance(vector, str) for vector in vectors)
            built = {"id": "", "embeddings": {"base64" if packed else "float": vectors}}
            built["response_type"] = "embeddings_by_type"
            for each in response.embeddings:
                rendering.keep({}, each.extra, f"data[{each.index}]")
        if response.usage is not None:
            built["meta"] = render_meta(response.usage, self.wire)
        return encode(rendering.keep(built, response.extra, ""))

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"message": …}``."""
        return render_error(error)


def require_texts(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """`inputs`, which must be texts; BadRequest for lists of token ids."""
    if any(isinstance(each, list) for each in inputs):
        raise BadRequest("this provider embeds texts, not token ids", param="input", code="invalid_type")
    return inputs


def _put_purpose(built: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Put what the texts are for into `built`; the rest of `extra`."""
    key = "input_type" if isinstance(extra.get("input_type"), str) else "task"
    told = extra.get(key)
    if isinstance(told, str):
        del extra[key]
        built["input_type"] = _PURPOSES.get(told, told)
    else:
        built["input_type"] = "search_document"
    return extra


def _primary(found: Any) -> tuple[str, list[Any]]:
    """The type and the vectors for the hub."""
    if isinstance(found, list):
        return "", found
    if isinstance(found, dict):
        for kind in (*_FORMATS, *found):
            if isinstance(found.get(kind), list):
                return kind, found[kind]
    raise MalformedReply("the provider's answer has no embeddings")


def _embedding(vector: Any, index: int) -> Embedding:
    if isinstance(vector, list) and all(isinstance(number, int | float) for number in vector):
        return Embedding(index, tuple(vector))
    if isinstance(vector, str):
        return Embedding(index, vector)
    raise MalformedReply("the provider's answer has an embedding that is neither numbers nor base64 text")
