"""Anthropic's Messages: the dialect of Claude's own API, and of the servers that took it over.

Bedrock and Vertex serve the same conversation in another envelope; their dialects are this one with another
:class:`Envelope`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from limen.dialects.anthropic.errors import parse_error, read_own, render_error
from limen.dialects.anthropic.request import parse_request
from limen.dialects.anthropic.request_writer import Envelope, render_request
from limen.dialects.anthropic.response import parse_response, render_response
from limen.dialects.anthropic.stream import MessagesStreamParser
from limen.dialects.anthropic.stream_relay import MessagesRelay
from limen.dialects.anthropic.stream_writer import MessagesStreamRenderer
from limen.dialects.base import Dialect, StreamParser, StreamRenderer, StreamTap
from limen.dialects.relay_checks import require_array, require_flag
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.sse import Frame


class _Answer(msgspec.Struct):
    """What tells an answer from an error; all else is skipped undecoded."""

    type: msgspec.Raw = msgspec.Raw(b"null")


_ANSWER = msgspec.json.Decoder(_Answer)


class AnthropicMessages(Dialect[ChatRequest, ChatResponse]):
    """``POST /v1/messages``. `envelope` tells what stands around the conversation at one provider."""

    name: ClassVar[str] = "anthropic"
    wire: ClassVar[str] = "anthropic"
    operation: ClassVar[Operation] = Operation.CHAT
    keep_alive: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'
    carried: ClassVar[tuple[bytes, ...]] = (b"anthropic-version", b"anthropic-beta")

    def __init__(self, envelope: Envelope | None = None) -> None:
        self.envelope = envelope or Envelope()

    def validate_relay(self, fields: Fields) -> None:
        """`messages` is a list that is there, `stream` true or false."""
        require_array(fields, "messages")
        if "stream" in fields.raw:
            require_flag(fields, "stream")

    def check_response(self, body: bytes) -> None:
        """Refuse a relayed answer that is no JSON object, or an error in a 200."""
        try:
            found = _ANSWER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise MalformedReply("the provider's answer is not a JSON object") from None
        if bytes(found.type) == b'"error"' and read_own(body) is not None:
            raise self.parse_error(502, (), body)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request. `model` is empty where the body has none."""
        return parse_request(body, self.wire)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        return render_request(request, Rendering(self.wire, request.dialect, losses), self.envelope)

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer."""
        return parse_response(body, self.wire)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return render_response(response, Rendering(self.wire, response.dialect, losses, answer=True))

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on. Usage is part of the stream's own events here, so there is none to hide."""
        return MessagesRelay(read_error, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return MessagesStreamParser(self.wire)

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer."""
        return MessagesStreamRenderer(self.wire, losses, self.render_error_event)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"type": "error", "error": {"type", "message"}}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """The same as an event of the name that Anthropic's clients look for."""
        return b"event: error\ndata: " + self.render_error(error) + b"\n\n"
