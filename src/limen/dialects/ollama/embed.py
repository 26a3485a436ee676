"""Ollama's embeddings: ``/api/embed`` for texts, and the ``/api/embeddings`` of old for one prompt.

Source: docs.ollama.com/api/embed; github.com/ollama/ollama, api/types.go (`EmbedRequest`, `EmbeddingRequest`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from limen.dialects.base import Dialect
from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import LenientMembers, Members
from limen.dialects.ollama.answer import read_object as read_answer
from limen.dialects.ollama.errors import check_response, parse_error, render_error
from limen.dialects.ollama.usage import COUNTS, take_usage
from limen.dialects.openai.chat_request import put_known, read_object, required, take_model
from limen.dialects.openai.chat_response import take_name
from limen.dialects.relay_checks import require_present
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.wire.edit import Fields


class _Embeddings(Dialect[EmbeddingRequest, EmbeddingResponse]):
    """What both have in common."""

    operation: ClassVar[Operation] = Operation.EMBEDDINGS
    key: ClassVar[str]
    """The key of what is to be embedded."""

    def validate_relay(self, fields: Fields) -> None:
        """There is something to embed."""
        require_present(fields, self.key)

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """The body to send."""
        rendering = Rendering(self.wire, request.dialect, losses)
        built: dict[str, Any] = {"model": request.model} if request.model else {}
        texts = [value for index, value in enumerate(request.inputs) if _is_text(value, index, rendering)]
        self._put_inputs(texts, request, built, rendering)
        if request.encoding_format not in (None, "float"):
            rendering.lose("encoding_format", "Ollama writes numbers")
        if request.user is not None:
            rendering.lose("user", "Ollama does not ask who the user is")
        options = {key: kept for key, kept in request.extra.items() if key == "options"}
        if options and rendering.same:
            built["options"] = {}
        return encode(rendering.keep(built, request.extra, ""))

    def _put_inputs(
        self, texts: list[Any], request: EmbeddingRequest, built: dict[str, Any], rendering: Rendering
    ) -> None:
        raise ValueError(f"{self.name} embeds nothing")

    def check_response(self, body: bytes) -> None:
        """Refuse a full answer that is none."""
        check_response(body)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": "text"}``."""
        return render_error(error)


def _is_text(value: Any, index: int, rendering: Rendering) -> bool:
    if isinstance(value, str):
        return True
    rendering.lose(f"input[{index}]", "Ollama embeds texts, not tokens")
    return False


def _numbers(value: Any, where: str) -> tuple[float, ...]:
    if not isinstance(value, list) or not all(type(number) in (int, float) for number in value):
        raise MalformedReply(f"the provider's answer has something else than numbers in `{where}`")
    return tuple(value)


def _vector(embedding: Embedding, rendering: Rendering) -> Sequence[float]:
    if isinstance(embedding.vector, str):
        raise MalformedReply("the provider sent a vector as base64 text, which an Ollama client can't read")
    rendering.keep({}, embedding.extra, f"embeddings[{embedding.index}]")
    return embedding.vector


class OllamaEmbed(_Embeddings):
    """``POST /api/embed``."""

    name: ClassVar[str] = "ollama_embed"
    wire: ClassVar[str] = "ollama_embed"
    key: ClassVar[str] = "input"

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = Members(read_object(body))
        plain = isinstance(required(request, self.key), str)
        inputs = (request.text(self.key),) if plain else request.texts(self.key) or ()
        options = request.mapping("options")
        if options is not None:
            request.rest["options"] = Extra(options)
        return EmbeddingRequest(
            take_model(request), inputs, self.wire, plain, request.integer("dimensions"), extra=extra_of(request.rest)
        )

    def _put_inputs(
        self, texts: list[Any], request: EmbeddingRequest, built: dict[str, Any], rendering: Rendering
    ) -> None:
        built["input"] = texts[0] if request.plain and len(texts) == 1 else texts
        put_known(built, dimensions=request.dimensions)

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = LenientMembers(read_answer(body))
        values = answer.array("embeddings")
        if values is None:
            raise MalformedReply("the provider's answer has no list of `embeddings`")
        vectors = [Embedding(index, _numbers(value, f"embeddings[{index}]")) for index, value in enumerate(values)]
        usage = take_usage(answer.rest, self.wire)
        model = take_name(answer, "model")
        return EmbeddingResponse(model, tuple(vectors), self.wire, usage, extra_of(answer.rest))

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        built: dict[str, Any] = {"model": response.model} if response.model or not rendering.same else {}
        built["embeddings"] = [_vector(embedding, rendering) for embedding in response.embeddings]
        usage = response.usage
        if usage is not None:
            same = rendering.same and usage.dialect == self.wire
            built.update(usage.raw if same else {COUNTS[0]: usage.input_total})
        return encode(rendering.keep(built, response.extra, ""))


class OllamaEmbeddings(_Embeddings):
    """``POST /api/embeddings``, which `/api/embed` replaced: one prompt in, one vector out, without a model's name."""

    name: ClassVar[str] = "ollama_embeddings"
    wire: ClassVar[str] = "ollama_embeddings"
    key: ClassVar[str] = "prompt"

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = Members(read_object(body))
        required(request, self.key)
        prompt = request.text(self.key)
        options = request.mapping("options")
        if options is not None:
            request.rest["options"] = Extra(options)
        return EmbeddingRequest(take_model(request), (prompt,), self.wire, True, extra=extra_of(request.rest))  # noqa: FBT003

    def _put_inputs(
        self, texts: list[Any], request: EmbeddingRequest, built: dict[str, Any], rendering: Rendering
    ) -> None:
        built["prompt"] = texts[0] if texts else ""
        for index in range(1, len(texts)):
            rendering.lose(f"input[{index}]", "this path embeds one text")
        if request.dimensions is not None:
            rendering.lose("dimensions", "this path gives vectors in the model's own length")

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = LenientMembers(read_answer(body))
        vector = _numbers(answer.rest.pop("embedding", None), "embedding")
        return EmbeddingResponse("", (Embedding(0, vector),), self.wire, None, extra_of(answer.rest))

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The body to give to a client. The model's name and the counts have no place in it."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        for embedding in response.embeddings[1:]:
            rendering.lose(f"embeddings[{embedding.index}]", "this path gives one vector")
        vectors = [_vector(embedding, rendering) for embedding in response.embeddings[:1]]
        for name in ("model", "usage"):
            if not rendering.same and getattr(response, name):
                rendering.lose(name, "this path tells the vector alone")
        return encode(rendering.keep({"embedding": vectors[0] if vectors else []}, response.extra, ""))
