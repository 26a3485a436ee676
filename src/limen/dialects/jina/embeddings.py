"""Jina's embeddings: OpenAI's, with a `task`, and `embedding_type` for the format.

Source: https://api.jina.ai/redoc.
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

_FORMAT = "embedding_type"
_ALSO = ("task", "late_chunking", "normalized", "truncate", "return_multivector", _FORMAT)


class JinaEmbeddings(OpenAIEmbeddings):
    """``POST /v1/embeddings`` at Jina."""

    name: ClassVar[str] = "jina_embeddings"
    wire: ClassVar[str] = "jina_embeddings"

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send. BadRequest for token ids, which Jina does not take."""
        rendering = Rendering(self.wire, request.dialect, losses)
        if rendering.same:
            return super().render_request(request, losses)
        require_texts(request.inputs)
        kept: dict[str, Any] = {} if request.encoding_format is None else {_FORMAT: request.encoding_format}
        rendering.keep({}, adopt(kept, request.extra, _ALSO), "")
        if request.user is not None:
            rendering.lose("user", "Jina has no such parameter")
        own = msgspec.structs.replace(request, dialect=self.wire, encoding_format=None, user=None, extra=kept)
        return super().render_request(own, losses)

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer, whose tokens all went in. Raises MalformedReply."""
        response = super().parse_response(body)
        if response.usage is None:
            return response
        return msgspec.structs.replace(response, usage=input_usage(dict(response.usage.raw), self.wire))
