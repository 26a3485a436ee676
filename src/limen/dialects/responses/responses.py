"""OpenAI's Responses as a dialect.

Must not: know any one server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec

from limen.dialects.base import Dialect, StreamParser, StreamRenderer, StreamTap
from limen.dialects.openai.errors import render_error
from limen.dialects.relay_checks import require_flag, require_present
from limen.dialects.rendering import Rendering
from limen.dialects.responses.echo import echo_request
from limen.dialects.responses.errors import parse_error, render_failure
from limen.dialects.responses.request import parse_responses_request, render_responses_request
from limen.dialects.responses.response import parse_responses_response, render_responses_response
from limen.dialects.responses.stream import ResponsesStreamParser
from limen.dialects.responses.stream_relay import ResponsesRelay
from limen.dialects.responses.stream_writer import ResponsesStreamRenderer, write_frame
from limen.dialects.responses.translation import translate_request
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.wire.edit import Fields
from limen.wire.sse import Frame

_ABSENT = msgspec.Raw(b"null")
_STORED = ("previous_response_id", "conversation", "prompt")


class _Envelope(msgspec.Struct):
    """The members that tell whether a full reply is an answer."""

    error: msgspec.Raw = _ABSENT
    output: msgspec.Raw = _ABSENT
    status: msgspec.Raw = _ABSENT


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class OpenAIResponses(Dialect[ChatRequest, ChatResponse]):
    """``POST /v1/responses``."""

    name: ClassVar[str] = "openai_responses"
    wire: ClassVar[str] = "openai_responses"
    operation: ClassVar[Operation] = Operation.CHAT

    def validate_relay(self, fields: Fields) -> None:
        """`input` is there, or something stored that stands in for it; `stream` is true or false."""
        if "input" not in fields.raw and all(fields.is_absent(key) for key in _STORED):
            require_present(fields, "input")
        if "stream" in fields.raw:
            require_flag(fields, "stream")

    def check_response(self, body: bytes) -> None:
        """An object whose `error` is null, or that is a response in spite of it; a failed response is a ProviderReply."""
        try:
            envelope = _ENVELOPE.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise MalformedReply("the provider answered with a body that is not valid JSON") from None
        failed = bytes(envelope.status) == b'"failed"' or envelope.output == _ABSENT
        if envelope.error != _ABSENT and failed:
            raise parse_error(502, (), body)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request. `model` is empty where the body has none."""
        return parse_responses_request(body, self.wire)

    def translatable(self, request: ChatRequest, losses: Losses) -> ChatRequest:
        """`request` without what only this wire has; what needs a store is a BadRequest."""
        return translate_request(request, losses)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        return render_responses_request(request, Rendering(self.wire, request.dialect, losses))

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer."""
        return parse_responses_response(body, self.wire)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client whose request is not known."""
        return self._render(response, losses, None)

    def render_answer(self, response: ChatResponse, request: ChatRequest, losses: Losses) -> bytes:
        """The body to give to a client, with the parameters of its request in it."""
        return self._render(response, losses, request)

    def _render(self, response: ChatResponse, losses: Losses, request: ChatRequest | None) -> bytes:
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        return render_responses_response(response, rendering, request)

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on. Usage is never hidden: its last event always has it."""
        return ResponsesRelay(read_error, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return ResponsesStreamParser(self.wire)

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer to `request`, whose parameters and tools it needs."""
        return ResponsesStreamRenderer(self.wire, losses, request)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"message", "type", "param", "code"}}``."""
        return render_error(error)

    def render_error_event(self, error: LimenError) -> bytes:
        """An ``error`` event and a failed response, for whoever does not know what has been sent so far."""
        told, failed = render_failure(error)
        response = {
            "id": "resp_limen",
            "object": "response",
            "created_at": 0,
            "status": "failed",
            "model": "",
            "output": [],
            "usage": None,
            **echo_request(None, self.wire),
            "error": failed,
        }
        first = write_frame("error", {"type": "error", "sequence_number": 0, **told})
        last = {"type": "response.failed", "sequence_number": 1, "response": response}
        return first + write_frame("response.failed", last)
