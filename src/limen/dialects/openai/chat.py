"""OpenAI's chat completions: the dialect that most servers speak, each with additions of its own.

Must not: know any one server; see :class:`Spelling` for what they take beyond OpenAI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from limen.dialects.base import Dialect, StreamParser, StreamRenderer, StreamTap
from limen.dialects.openai.chat_request import Spelling, parse_chat_request, render_chat_request
from limen.dialects.openai.chat_response import parse_chat_response, render_chat_response
from limen.dialects.openai.chat_stream import ChatStreamParser
from limen.dialects.openai.chat_stream_writer import ChatStreamRenderer
from limen.dialects.openai.errors import check_response, parse_error, render_error
from limen.dialects.openai.stream_relay import StreamRelay
from limen.dialects.relay_checks import require_array, require_flag
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.sse import Frame

_ARRAY = ord("[")


class OpenAIChat(Dialect[ChatRequest, ChatResponse]):
    """``POST /v1/chat/completions``. `spelling` tells how requests of other dialects are written for one provider."""

    name: ClassVar[str] = "openai_chat"
    wire: ClassVar[str] = "openai_chat"
    operation: ClassVar[Operation] = Operation.CHAT

    def __init__(self, spelling: Spelling | None = None) -> None:
        self.spelling = spelling or Spelling()

    def validate_relay(self, fields: Fields) -> None:
        """`messages` is a list that is there, `stream` true or false."""
        if not fields.starts_with("messages", _ARRAY):
            require_array(fields, "messages")
        if "stream" in fields.raw:
            require_flag(fields, "stream")

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request. `model` is empty where the body has none."""
        return parse_chat_request(body, self.wire)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        return render_chat_request(request, Rendering(self.wire, request.dialect, losses), self.spelling)

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
        """What passes one streamed answer on."""
        return StreamRelay(read_error, hide_usage=hide_usage, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return ChatStreamParser(self.wire)

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer; usage is told where `request` asks for it."""
        return ChatStreamRenderer(self.wire, losses, self.render_error_event, wants_usage=request.stream_usage)

    def check_response(self, body: bytes) -> None:
        """Refuse a full answer that is none."""
        check_response(body)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"message", "type", "param", "code"}}``."""
        return render_error(error)
