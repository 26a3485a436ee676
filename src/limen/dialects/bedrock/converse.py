"""Amazon Bedrock's Converse: one dialect for the models of many makers.

Source: the API reference of Converse and ConverseStream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from limen.dialects.base import Dialect, StreamFramer, StreamParser, StreamRenderer, StreamTap
from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.errors import ERROR_TYPE, error_name, parse_error, render_error
from limen.dialects.bedrock.request import parse_converse_request
from limen.dialects.bedrock.request_writer import render_converse_request
from limen.dialects.bedrock.response import (
    check_converse_response,
    parse_converse_response,
    render_converse_response,
)
from limen.dialects.bedrock.stream import ConverseStreamParser
from limen.dialects.bedrock.stream_relay import ConverseStreamRelay
from limen.dialects.bedrock.stream_writer import ConverseStreamRenderer, render_exception
from limen.dialects.relay_checks import require_array
from limen.errors import LimenError, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.event_stream import EventStreamFramer
from limen.wire.sse import Frame

STREAM_CONTENT_TYPE = b"application/vnd.amazon.eventstream"


class BedrockConverse(Dialect[ChatRequest, ChatResponse]):
    """``POST /model/{modelId}/converse``, and ``/converse-stream``. Model and streaming are in the path, not in the body."""

    name: ClassVar[str] = "bedrock_converse"
    wire: ClassVar[str] = WIRE
    operation: ClassVar[Operation] = Operation.CHAT
    stream_content_type: ClassVar[bytes] = STREAM_CONTENT_TYPE
    keep_alive: ClassVar[bytes] = b""

    def validate_relay(self, fields: Fields) -> None:
        """`messages`, where it is there, is a list: a prompt of Bedrock's own may take its place."""
        if not fields.is_absent("messages"):
            require_array(fields, "messages")

    def check_response(self, body: bytes) -> None:
        """A full answer has an `output`."""
        check_converse_response(body)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request; its `model` is empty."""
        return parse_converse_request(body)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        return render_converse_request(request, losses)

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer; its `id` and `model` are empty."""
        return parse_converse_response(body)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return render_converse_response(response, losses)

    def stream_framer(self) -> StreamFramer:
        """What cuts a streamed answer into messages."""
        return EventStreamFramer()

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on. Usage is never hidden: a client of Bedrock always gets it."""
        return ConverseStreamRelay(read_error, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return ConverseStreamParser()

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer."""
        return ConverseStreamRenderer(losses)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"message"}``."""
        return render_error(error)

    def error_headers(self, error: LimenError) -> list[tuple[bytes, bytes]]:
        """``x-amzn-errortype``, by which SDKs choose the exception to raise."""
        return [(ERROR_TYPE, error_name(error).encode("latin-1", "replace"))]

    def render_error_event(self, error: LimenError) -> bytes:
        """An exception, which ends the stream."""
        return render_exception(error)
