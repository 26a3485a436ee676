"""Gemini's dialect as a whole: ``models/{model}:generateContent`` and ``:streamGenerateContent``.

The path names the model and says whether the answer is streamed; no body does. Source:
https://ai.google.dev/api/generate-content, and recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from limen.dialects.base import Dialect, StreamParser, StreamRenderer, StreamTap
from limen.dialects.gemini.errors import parse_error, render_error
from limen.dialects.gemini.request import parse_request, render_request
from limen.dialects.gemini.response import parse_response, render_response
from limen.dialects.gemini.spelling import WIRE
from limen.dialects.gemini.stream import GeminiStreamParser
from limen.dialects.gemini.stream_relay import StreamRelay
from limen.dialects.gemini.stream_writer import GeminiStreamRenderer
from limen.dialects.relay_checks import require_present
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.sse import Frame

_ABSENT = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct):
    error: msgspec.Raw = _ABSENT
    candidates: msgspec.Raw = _ABSENT


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class GeminiChat(Dialect[ChatRequest, ChatResponse]):
    """``generateContent``, its streams as server-sent events (``?alt=sse``)."""

    name: ClassVar[str] = "gemini"
    wire: ClassVar[str] = WIRE
    operation: ClassVar[Operation] = Operation.CHAT

    def validate_relay(self, fields: Fields) -> None:
        """`contents` is there."""
        require_present(fields, "contents")

    def check_response(self, body: bytes) -> None:
        """A full reply that may be passed on. MalformedReply if it is no JSON object; what an error in it means, if it is one."""
        try:
            seen = _ENVELOPE.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise MalformedReply("the provider's answer is not a JSON object") from None
        if seen.error != _ABSENT and seen.candidates == _ABSENT:
            raise self.parse_error(502, (), body)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request; its `model` is empty."""
        return parse_request(body)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send. The name of the model decides how thinking and signatures are written."""
        return render_request(request, Rendering(WIRE, request.dialect, losses))

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer."""
        return parse_response(body)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        return render_response(response, Rendering(WIRE, response.dialect, losses, answer=True))

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on. Usage is never hidden: it is in every chunk."""
        return StreamRelay(read_error, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return GeminiStreamParser()

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer."""
        return GeminiStreamRenderer(losses, self.render_error_event, _as_event, bytes)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"code", "message", "status", "details"}}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """The same as an event, on one line."""
        return b"data: " + b" ".join(self.render_error(error).split(b"\n")) + b"\n\n"


def _as_event(chunk: bytes) -> bytes:
    return b"data: " + chunk + b"\r\n\r\n"
