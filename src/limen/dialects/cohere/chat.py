"""Cohere's chat, version 2.

Source: https://docs.cohere.com/reference/chat and https://docs.cohere.com/reference/chat-stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from limen.dialects.base import Dialect, StreamParser, StreamRenderer, StreamTap
from limen.dialects.cohere.chat_request import parse_chat_request, render_chat_request
from limen.dialects.cohere.chat_response import parse_chat_response, render_chat_response
from limen.dialects.cohere.chat_stream import CohereStreamParser
from limen.dialects.cohere.chat_stream_writer import CohereStreamRenderer
from limen.dialects.cohere.errors import check_answer, parse_error, render_error, render_error_event
from limen.dialects.cohere.stream_relay import CohereStreamRelay
from limen.dialects.relay_checks import require_array, require_flag
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.sse import Frame


class CohereChat(Dialect[ChatRequest, ChatResponse]):
    """``POST /v2/chat``."""

    name: ClassVar[str] = "cohere"
    wire: ClassVar[str] = "cohere"
    operation: ClassVar[Operation] = Operation.CHAT

    def validate_relay(self, fields: Fields) -> None:
        """`messages` is a list that is there, `stream` true or false."""
        require_array(fields, "messages")
        require_flag(fields, "stream")

    def check_response(self, body: bytes) -> None:
        """Refuse a relayed answer that is none."""
        check_answer(body, "message")

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request. `model` is empty where the body has none."""
        return parse_chat_request(body, self.wire)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        return render_chat_request(request, Rendering(self.wire, request.dialect, losses))

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer."""
        return parse_chat_response(body, self.wire)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return render_chat_response(response, Rendering(self.wire, response.dialect, losses, answer=True))

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on. Usage is part of the last frame, so there is none to hide."""
        return CohereStreamRelay(read_error, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return CohereStreamParser(self.wire)

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer; it always tells the usage."""
        return CohereStreamRenderer(self.wire, losses, self.render_error_event)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"message": …}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """A ``message-end`` that tells of the error: Cohere has no other frame for one."""
        return render_error_event(error)
