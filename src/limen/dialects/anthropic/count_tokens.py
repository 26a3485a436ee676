"""Anthropic's count of tokens: the Messages request without a bound on output, answered by one number.

Source: platform.claude.com, "Token counting"; recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from limen.dialects.anthropic.errors import parse_error, render_error
from limen.dialects.anthropic.request import parse_request
from limen.dialects.anthropic.request_writer import Envelope, render_request
from limen.dialects.anthropic.response import read_answer
from limen.dialects.base import Dialect
from limen.dialects.extra import extra_of
from limen.dialects.json_text import encode
from limen.dialects.relay_checks import require_array
from limen.dialects.rendering import Rendering
from limen.errors import LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.token_count import TokenCount
from limen.wire.edit import Fields

_ENVELOPE = Envelope(counted=True)


class AnthropicTokenCount(Dialect[ChatRequest, TokenCount]):
    """``POST /v1/messages/count_tokens``. It does not stream."""

    name: ClassVar[str] = "anthropic_count_tokens"
    wire: ClassVar[str] = "anthropic"
    operation: ClassVar[Operation] = Operation.COUNT_TOKENS
    carried: ClassVar[tuple[bytes, ...]] = (b"anthropic-version", b"anthropic-beta")

    def validate_relay(self, fields: Fields) -> None:
        """`messages` is a list that is there."""
        require_array(fields, "messages")

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request: that of a conversation."""
        return parse_request(body, self.wire, counted=True)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send. What does not go into the model, such as ways to pick tokens, is no loss here."""
        return render_request(request, Rendering(self.wire, request.dialect, losses), _ENVELOPE)

    def parse_response(self, body: bytes) -> TokenCount:
        """``{"input_tokens": n}``."""
        rest = read_answer(body)
        count = rest.get("input_tokens")
        if type(count) is not int:
            raise MalformedReply("the provider's answer has no number of `input_tokens`")
        del rest["input_tokens"]
        return TokenCount(count, self.wire, extra_of(rest))

    def render_response(self, response: TokenCount, losses: Losses) -> bytes:
        """The same for a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        return encode(rendering.keep({"input_tokens": response.input_tokens}, response.extra, ""))

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"type": "error", "error": {"type", "message"}}``."""
        return render_error(error)
