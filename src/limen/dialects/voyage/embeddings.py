"""Voyage's embeddings: OpenAI's, with some names of its own.

Vectors come as numbers unless base64 is asked for; there is no other word for a format.

Source: https://docs.voyageai.com/reference/embeddings-api, and recordings.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from limen.dialects.cohere.embeddings import require_texts
from limen.dialects.extra import adopt
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.dialects.rendering import Rendering
from limen.dialects.rerank import input_usage
from limen.model.losses import Losses
from limen.model.request import EmbeddingRequest
from limen.model.response import EmbeddingResponse

_OURS, _THEIRS = "output_dimension", "dimensions"
_ALSO = ("input_type", "output_dtype", "truncation", _OURS)


class VoyageEmbeddings(OpenAIEmbeddings):
    """``POST /v1/embeddings`` at Voyage."""

    name: ClassVar[str] = "voyage_embeddings"
    wire: ClassVar[str] = "voyage_embeddings"

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = super().parse_request(body)
        extra = dict(request.extra)
        if request.dimensions is not None:
            extra[_THEIRS] = request.dimensions  # A name that means nothing here.
        size = extra.get(_OURS)
        if type(size) is int:
            del extra[_OURS]
        return msgspec.structs.replace(request, dimensions=size if type(size) is int else None, extra=extra)

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send. BadRequest for token ids, which Voyage does not take."""
        rendering = Rendering(self.wire, request.dialect, losses)
        kept: dict[str, Any] = {} if request.dimensions is None else {_OURS: request.dimensions}
        if rendering.same:
            own = msgspec.structs.replace(request, dimensions=None, extra={**request.extra, **kept})
            return super().render_request(own, losses)
        require_texts(request.inputs)
        rendering.keep({}, adopt(kept, request.extra, _ALSO), "")
        packed = request.encoding_format
        if packed not in (None, "float", "base64"):
            rendering.lose("encoding_format", "Voyage has no such format")
        if request.user is not None:
            rendering.lose("user", "Voyage has no such parameter")
        own = msgspec.structs.replace(
            request,
            dialect=self.wire,
            dimensions=None,
            encoding_format="base64" if packed == "base64" else None,
            user=None,
            extra=kept,
        )
        return super().render_request(own, losses)

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer, whose tokens all went in. Raises MalformedReply."""
        response = super().parse_response(body)
        if response.usage is None:
            return response
        return msgspec.structs.replace(response, usage=input_usage(dict(response.usage.raw), self.wire))
