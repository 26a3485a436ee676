"""Ollama's ``/api/chat``. Streams unless the request says otherwise; a stream is lines of JSON, the last one marked as done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from limen.dialects.base import Dialect, StreamFramer, StreamParser, StreamRenderer, StreamTap
from limen.dialects.ollama.answer import parse_answer, render_answer
from limen.dialects.ollama.chat_request import parse_chat_request, render_chat_request
from limen.dialects.ollama.errors import check_response, parse_error, render_error, render_error_line
from limen.dialects.ollama.stream import OllamaStreamParser
from limen.dialects.ollama.stream_relay import LineRelay
from limen.dialects.ollama.stream_writer import OllamaStreamRenderer
from limen.dialects.relay_checks import require_array, require_flag
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.json_lines import LineFramer
from limen.wire.sse import Frame


class OllamaText(Dialect[ChatRequest, ChatResponse]):
    """What chat and generate have in common: answers, streams and errors."""

    operation: ClassVar[Operation] = Operation.CHAT
    stream_content_type: ClassVar[bytes] = b"application/x-ndjson"
    streams_by_default: ClassVar[bool] = True
    keep_alive: ClassVar[bytes] = b""
    in_message: ClassVar[bool]
    """Whether what the model said stands in `message`, not at the top of an answer."""

    def validate_relay(self, fields: Fields) -> None:
        """`stream` is true or false."""
        require_flag(fields, "stream")

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer. Raises MalformedReply."""
        return parse_answer(body, self.wire, chat=self.in_message)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        return render_answer(response, rendering, chat=self.in_message)

    def stream_framer(self) -> StreamFramer:
        """One frame a line."""
        return LineFramer()

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on. Usage is never hidden: Ollama tells it unasked."""
        return LineRelay(read_error, dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return OllamaStreamParser(self.wire, chat=self.in_message)

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer."""
        return OllamaStreamRenderer(self.wire, losses, self.render_error_event, chat=self.in_message)

    def check_response(self, body: bytes) -> None:
        """Refuse a full answer that is none."""
        check_response(body)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": "text"}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """The same as the last line of a stream."""
        return render_error_line(error)


class OllamaChat(OllamaText):
    """``POST /api/chat``."""

    name: ClassVar[str] = "ollama_chat"
    wire: ClassVar[str] = "ollama_chat"
    in_message: ClassVar[bool] = True

    def validate_relay(self, fields: Fields) -> None:
        """`messages`, if there are any, are a list; `stream` is true or false."""
        if not fields.is_absent("messages"):
            require_array(fields, "messages")
        super().validate_relay(fields)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request. `model` is empty where the body has none."""
        return parse_chat_request(body, self.wire)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        return render_chat_request(request, Rendering(self.wire, request.dialect, losses))
