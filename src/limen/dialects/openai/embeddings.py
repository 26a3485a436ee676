"""OpenAI's embeddings: texts or token ids in, vectors out.

Vectors are numbers as the provider wrote them, or base64 text where the client asked for that; neither is computed with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.base import Dialect
from limen.dialects.extra import extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import LenientMembers, Members
from limen.dialects.openai.chat_request import put_known, read_object, take_model
from limen.dialects.openai.chat_response import read_answer, take_index, take_name
from limen.dialects.openai.completions import take_inputs
from limen.dialects.openai.errors import check_response, parse_error, render_error
from limen.dialects.openai.usage import parse_usage
from limen.dialects.relay_checks import require_present
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.wire.edit import Fields


class OpenAIEmbeddings(Dialect[EmbeddingRequest, EmbeddingResponse]):
    """``POST /v1/embeddings``."""

    name: ClassVar[str] = "openai_embeddings"
    wire: ClassVar[str] = "openai_embeddings"
    operation: ClassVar[Operation] = Operation.EMBEDDINGS

    def validate_relay(self, fields: Fields) -> None:
        """`input` is there."""
        require_present(fields, "input")

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = Members(read_object(body))
        inputs, plain = take_inputs(request, "input")
        return EmbeddingRequest(
            model=take_model(request),
            inputs=inputs,
            dialect=self.wire,
            plain=plain,
            dimensions=request.integer("dimensions"),
            encoding_format=request.text("encoding_format"),
            user=request.text("user"),
            extra=extra_of(request.rest),
        )

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send."""
        rendering = Rendering(self.wire, request.dialect, losses)
        built: dict[str, Any] = {"model": request.model} if request.model else {}
        built["input"] = request.inputs[0] if request.plain and len(request.inputs) == 1 else request.inputs
        put_known(built, dimensions=request.dimensions, encoding_format=request.encoding_format, user=request.user)
        return encode(rendering.keep(built, request.extra, ""))

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = read_answer(body, "data")
        values = answer.rest.pop("data")
        usage = answer.mapping("usage")
        return EmbeddingResponse(
            model=take_name(answer, "model"),
            embeddings=tuple([_parse_embedding(value, position) for position, value in enumerate(values)]),
            dialect=self.wire,
            usage=None if usage is None else parse_usage(usage, self.wire),
            extra=extra_of(answer.rest),
        )

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        built: dict[str, Any] = {} if rendering.same else {"object": "list"}
        built["data"] = [_render_embedding(embedding, rendering) for embedding in response.embeddings]
        if response.model or not rendering.same:
            built["model"] = response.model
        usage = response.usage
        if usage is not None and usage.dialect == self.wire:
            built["usage"] = usage.raw
        elif usage is not None:
            built["usage"] = {"prompt_tokens": usage.input_total, "total_tokens": usage.total}
        return encode(rendering.keep(built, response.extra, ""))

    def check_response(self, body: bytes) -> None:
        """Refuse a full answer that is none."""
        check_response(body)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"message", "type", "param", "code"}}``."""
        return render_error(error)


def _parse_embedding(value: Any, position: int) -> Embedding:
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer has an embedding that is not an object")
    embedding = LenientMembers(value)
    index, marks = take_index(embedding, position)
    vector = embedding.rest.pop("embedding", None)
    if isinstance(vector, list) and all(isinstance(number, int | float) for number in vector):
        vector = tuple(vector)
    elif not isinstance(vector, str):
        raise MalformedReply("the provider's answer has an embedding that is neither numbers nor base64 text")
    return Embedding(index, vector, extra_of(embedding.rest, *marks))


def _render_embedding(embedding: Embedding, rendering: Rendering) -> dict[str, Any]:
    built: dict[str, Any] = {} if rendering.same else {"object": "embedding"}
    built |= {"index": embedding.index, "embedding": embedding.vector}
    return rendering.keep(built, embedding.extra, f"data[{embedding.index}]")
