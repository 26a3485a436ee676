"""The dialects of MLflow's invocations routes: OpenAI's, with the model in the path, and answers that always have certain keys.

The wire is OpenAI's, so that an OpenAI-compatible provider is relayed to, not translated; unlike MLflow's own gateway nothing
of a request is lost on the way. Source: the behaviour of MLflow 3.17.

Must not: refuse what a provider could make sense of; it knows better.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from limen.dialects.base import StreamRenderer
from limen.dialects.json_text import encode
from limen.dialects.mlflow.dress import (
    DELTA_KEYS,
    dress_chat,
    dress_chat_chunk,
    dress_completion,
    dress_completion_chunk,
)
from limen.dialects.mlflow.errors import render_error, unprocessable
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.chat_stream_writer import ChatStreamRenderer
from limen.dialects.openai.completions import OpenAICompletions
from limen.dialects.openai.completions_stream import CompletionsStreamRenderer
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.dialects.openai.errors import render_error as render_openai_error
from limen.dialects.openai.stream_writer import Piece
from limen.dialects.relay_checks import require_items
from limen.errors import ClientFault, LimenError, Unprocessable
from limen.model.losses import Losses
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.sse import Frame

MODEL_NOT_PERMITTED = (
    "The parameter 'model' is not permitted to be passed. The route being queried already defines a model instance."
)


def _refuse_model(names_model: bool) -> None:
    if names_model:
        raise Unprocessable(MODEL_NOT_PERMITTED)


def _error_event(error: LimenError) -> bytes:
    return b"data: " + render_openai_error(error) + b"\n\n"


class MlflowChat(OpenAIChat):
    """Chat on an invocations route."""

    name: ClassVar[str] = "mlflow_chat"
    body_fault: ClassVar[type[ClientFault]] = Unprocessable
    dresses: ClassVar[bool] = True

    def validate_relay(self, fields: Fields) -> None:
        """Unprocessable for a `model`, and for what chat itself refuses."""
        _refuse_model("model" in fields.raw)
        with unprocessable():
            require_items(fields, "messages")
            super().validate_relay(fields)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request, with an empty `model`. Unprocessable for what can't be read."""
        with unprocessable():
            request = super().parse_request(body)
        _refuse_model(bool(request.model) or "model" in request.extra)
        return request

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return dress_chat(super().render_response(response, losses), "")

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer, which names the provider in each frame."""
        wants_usage = request.stream_usage
        renderer = MlflowChatStreamRenderer(self.wire, losses, self.render_error_event, wants_usage=wants_usage)
        renderer.provider = provider
        return renderer

    def dress_response(self, body: bytes, provider: str) -> bytes:
        """A full answer with MLflow's keys."""
        return dress_chat(body, provider)

    def dress_frame(self, frame: Frame, provider: str) -> bytes:
        """A frame with MLflow's keys; the end marker, which MLflow has not, becomes nothing."""
        return b"" if frame.data.strip() in (b"", b"[DONE]") else dress_chat_chunk(frame.data, provider)

    def render_error(self, error: LimenError) -> bytes:
        """``{"detail": …}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """OpenAI's shape: it is what readers of such a stream look for."""
        return _error_event(error)


class MlflowCompletions(OpenAICompletions):
    """Legacy completions on an invocations route."""

    name: ClassVar[str] = "mlflow_completions"
    body_fault: ClassVar[type[ClientFault]] = Unprocessable
    dresses: ClassVar[bool] = True

    def validate_relay(self, fields: Fields) -> None:
        """Unprocessable for a `model`, and for what completions refuse."""
        _refuse_model("model" in fields.raw)
        with unprocessable():
            super().validate_relay(fields)

    def parse_request(self, body: bytes) -> CompletionRequest:
        """The hub's request, with an empty `model`. Unprocessable for what can't be read."""
        with unprocessable():
            request = super().parse_request(body)
        _refuse_model(bool(request.model) or "model" in request.extra)
        return request

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return dress_completion(super().render_response(response, losses))

    def stream_renderer(self, request: CompletionRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer."""
        return MlflowCompletionsStreamRenderer(
            self.wire, losses, self.render_error_event, wants_usage=request.stream_usage
        )

    def dress_response(self, body: bytes, provider: str) -> bytes:
        """A full answer with MLflow's keys."""
        return dress_completion(body)

    def dress_frame(self, frame: Frame, provider: str) -> bytes:
        """A frame as MLflow names it; the end marker, which MLflow has not, becomes nothing."""
        return b"" if frame.data.strip() in (b"", b"[DONE]") else dress_completion_chunk(frame.data)

    def render_error(self, error: LimenError) -> bytes:
        """``{"detail": …}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """OpenAI's shape: it is what readers of such a stream look for."""
        return _error_event(error)


class MlflowEmbeddings(OpenAIEmbeddings):
    """Embeddings on an invocations route."""

    name: ClassVar[str] = "mlflow_embeddings"
    body_fault: ClassVar[type[ClientFault]] = Unprocessable

    def validate_relay(self, fields: Fields) -> None:
        """Unprocessable for a `model`, and for what embeddings refuse."""
        _refuse_model("model" in fields.raw)
        with unprocessable():
            super().validate_relay(fields)

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The hub's request, with an empty `model`. Unprocessable for what can't be read."""
        with unprocessable():
            request = super().parse_request(body)
        _refuse_model(bool(request.model) or "model" in request.extra)
        return request

    def render_error(self, error: LimenError) -> bytes:
        """``{"detail": …}``."""
        return render_error(error)


class MlflowChatStreamRenderer(ChatStreamRenderer):
    """Events of a streamed answer in, MLflow's frames out."""

    end_marker = b""
    provider = ""

    def envelope(self, top: Mapping[str, Any]) -> Mapping[str, Any]:
        """Name the provider, where it is known, and have a `usage`."""
        named = {"provider": self.provider} if self.provider else {}
        return {"usage": None, **top, **named}

    def verbatim(self, chunk: Any) -> bytes:
        """A frame that was kept whole, with MLflow's keys."""
        return dress_chat_chunk(encode(chunk), self.provider)

    def finish_piece(self, index: int, piece: Piece) -> dict[str, Any]:
        """A choice whose delta has all of MLflow's keys."""
        built = super().finish_piece(index, piece)
        built["delta"] = {**dict.fromkeys(DELTA_KEYS), **built["delta"]}
        return built


class MlflowCompletionsStreamRenderer(CompletionsStreamRenderer):
    """Events of a streamed completion in, MLflow's frames out."""

    end_marker = b""
    kind = "text_completion_chunk"

    def envelope(self, top: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call it a chunk."""
        return {**top, "object": self.kind}

    def verbatim(self, chunk: Any) -> bytes:
        """A frame that was kept whole, by MLflow's name."""
        return dress_completion_chunk(encode(chunk))
