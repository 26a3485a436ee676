"""Embeddings at Bedrock: each family of models has a body of its own, under ``/model/{modelId}/invoke``.

::

    Titan    {inputText, dimensions, normalize, embeddingTypes}   →  {embedding, embeddingsByType, inputTextTokenCount}
    Nova     {taskType, singleEmbeddingParams}                     →  {embeddings: [{embeddingType, embedding}]}
    Cohere   {texts, input_type, truncate, embedding_types, …}     →  {embeddings}, a list or by type

Titan and Nova embed one text at a time, Cohere up to 96. Source: AWS, "Amazon Titan Embeddings Text", "Complete embeddings
request and response schema" of Nova, "Cohere Embed v3" and "v4".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from struct import pack
from typing import Any, ClassVar

import msgspec

from limen.dialects.base import Dialect
from limen.dialects.bedrock.errors import ERROR_TYPE, error_name, parse_error, render_error
from limen.dialects.bedrock.response import read_object
from limen.dialects.cohere.embeddings import CohereEmbeddings, require_texts
from limen.dialects.extra import extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import LenientMembers
from limen.dialects.openai.chat_request import put_known
from limen.dialects.openai.chat_request import read_object as read_request
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.model.usage import Usage

MOST_TEXTS_OF_COHERE = 96
_COHERE = CohereEmbeddings()
_TITAN_PARAMETERS = ("normalize", "embeddingTypes")
_COHERE_PARAMETERS = ("input_type", "task", "truncate")


def most_texts(model: str) -> int:
    """How many texts one request may have."""
    return MOST_TEXTS_OF_COHERE if "cohere." in model else 1


class BedrockEmbeddings(Dialect[EmbeddingRequest, EmbeddingResponse]):
    """The three bodies; a request's model says which, an answer's shape does. BadRequest for more texts than one body holds."""

    name: ClassVar[str] = "bedrock_embeddings"
    wire: ClassVar[str] = "bedrock_embeddings"
    operation: ClassVar[Operation] = Operation.EMBEDDINGS

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request; its `model` is empty. Only Titan's and Cohere's bodies are told apart here."""
        value = read_request(body)
        if isinstance(value.get("inputText"), str):
            text = value.pop("inputText")
            dimensions = value.pop("dimensions") if type(value.get("dimensions")) is int else None
            return EmbeddingRequest("", (text,), self.wire, dimensions=dimensions, extra=extra_of(value))
        return msgspec.structs.replace(_COHERE.parse_request(body), dialect=self.wire)

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send."""
        texts = require_texts(request.inputs)
        if len(texts) > most_texts(request.model):
            raise BadRequest(f"this model embeds {most_texts(request.model)} text at a time", param="input")
        if "cohere." in request.model:
            return _COHERE.render_request(self._bare(request, losses), losses)
        rendering = Rendering(self.wire, request.dialect, losses)
        text = texts[0] if texts else ""
        built = _nova(text, request) if "nova" in request.model else _titan(text, request)
        if request.user is not None:
            rendering.lose("user", "Bedrock has no such parameter")
        for key, value in request.extra.items():
            if key in _TITAN_PARAMETERS or rendering.same:
                built.setdefault(key, value)
            else:
                rendering.lose(key, "known to the dialect it came from alone")
        return encode(built)

    def _bare(self, request: EmbeddingRequest, losses: Losses) -> EmbeddingRequest:
        """`request` as Cohere's own dialect takes it: the model is in the path, and vectors are packed here."""
        extra = request.extra
        if request.dialect not in (self.wire, _COHERE.wire):
            for key in extra:
                if key not in _COHERE_PARAMETERS:
                    losses.note(key, "known to the dialect it came from alone")
            extra = {key: value for key, value in extra.items() if key in _COHERE_PARAMETERS}
        return msgspec.structs.replace(request, model="", encoding_format=None, extra=extra)

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer. MalformedReply if there are no vectors in it."""
        answer = read_object(body)
        vectors = _vectors(answer)
        count = answer.integer("inputTextTokenCount")
        usage = None if count is None else Usage(input_uncached=max(0, count), dialect=self.wire, raw={"count": count})
        embeddings = tuple([Embedding(index, vector) for index, vector in enumerate(vectors)])
        return EmbeddingResponse("", embeddings, self.wire, usage, extra_of(answer.rest))

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """Titan's answer where there is one vector, else Cohere's."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        vectors = [each.vector for each in sorted(response.embeddings, key=lambda each: each.index)]
        built: dict[str, Any] = {"embedding": vectors[0]} if len(vectors) == 1 else {"embeddings": vectors}
        if response.usage is not None:
            built["inputTextTokenCount"] = response.usage.input_total
        return encode(rendering.keep(built, response.extra, ""))

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"message"}``."""
        return render_error(error)

    def error_headers(self, error: LimenError) -> list[tuple[bytes, bytes]]:
        """``x-amzn-errortype``."""
        return [(ERROR_TYPE, error_name(error).encode("latin-1", "replace"))]


def _titan(text: str, request: EmbeddingRequest) -> dict[str, Any]:
    built: dict[str, Any] = {"inputText": text}
    put_known(built, dimensions=request.dimensions)
    return built


def _nova(text: str, request: EmbeddingRequest) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "embeddingPurpose": "GENERIC_INDEX",
        "text": {"truncationMode": "END", "value": text},
    }
    put_known(wanted, embeddingDimension=request.dimensions)
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": wanted}


def _vectors(answer: LenientMembers) -> list[tuple[float, ...]]:
    """The vectors of an answer, taken out of it."""
    rest = answer.rest
    one = rest.get("embedding")
    if isinstance(one, list):
        del rest["embedding"]
        return [_vector(one)]
    found = rest.pop("embeddings", None)
    if isinstance(found, dict):
        found = next((found[kind] for kind in ("float", *found) if isinstance(found.get(kind), list)), None)
    if not isinstance(found, list):
        raise MalformedReply("the provider's answer has no embeddings")
    return [_vector(each.get("embedding") if isinstance(each, dict) else each) for each in found]


def _vector(value: Any) -> tuple[float, ...]:
    if isinstance(value, list) and all(isinstance(number, int | float) for number in value):
        return tuple(value)
    raise MalformedReply("the provider's answer has an embedding that is not a list of numbers")


def packed(vector: tuple[float, ...] | str) -> str:
    """A vector as base64 of little-endian float32, which OpenAI's clients ask for."""
    if isinstance(vector, str):
        return vector
    return b64encode(pack(f"<{len(vector)}f", *vector)).decode("ascii")
