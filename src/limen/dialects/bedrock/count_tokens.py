"""Bedrock's count of tokens: the parts of a conversation that go into the model, or a body of InvokeModel; one number comes back.

Source: the API reference of CountTokens; recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from limen.dialects.base import Dialect
from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.errors import ERROR_TYPE, error_name, parse_error, render_error
from limen.dialects.bedrock.request import read_converse_request
from limen.dialects.bedrock.request_writer import write_converse_request
from limen.dialects.bedrock.response import read_object
from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members
from limen.dialects.openai.chat_request import read_object as read_request
from limen.dialects.relay_checks import require_present
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, Sampling
from limen.model.token_count import TokenCount
from limen.wire.edit import Fields

INPUT = "input"
_WHOLE = "whole"
"""Mark: what is to be counted is no conversation, or has something beside it; all of it is kept."""


class BedrockTokenCount(Dialect[ChatRequest, TokenCount]):
    """``POST /model/{modelId}/count-tokens``. A body for InvokeModel is kept whole: only its own model can read it."""

    name: ClassVar[str] = "bedrock_count_tokens"
    wire: ClassVar[str] = WIRE
    operation: ClassVar[Operation] = Operation.COUNT_TOKENS

    def validate_relay(self, fields: Fields) -> None:
        """There is something to count."""
        require_present(fields, INPUT)

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request: that of a conversation; without messages for a body of InvokeModel."""
        value = read_request(body)
        told = Members(value).mapping(INPUT)
        if told is None:
            raise BadRequest("Missing required parameter: 'input'.", param=INPUT, code="missing_required_parameter")
        conversation = told.get("converse")
        if isinstance(conversation, dict) and len(told) == 1 and not value:
            return read_converse_request(conversation)
        return ChatRequest("", (), WIRE, extra=Extra({**value, INPUT: told}, (_WHOLE,)))

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send. What does not go into the model, such as bounds, is no loss here."""
        rendering = Rendering(self.wire, request.dialect, losses)
        if rendering.marked(request.extra, _WHOLE):
            return encode(rendering.keep({}, request.extra, ""))
        told = write_converse_request(request if rendering.same else _counted(request), losses)
        return encode({INPUT: {"converse": told}})

    def parse_response(self, body: bytes) -> TokenCount:
        """``{"inputTokens": n}``."""
        answer = read_object(body)
        count = answer.integer("inputTokens")
        if count is None:
            raise MalformedReply("the provider's answer has no number of `inputTokens`")
        return TokenCount(count, self.wire, extra_of(answer.rest))

    def render_response(self, response: TokenCount, losses: Losses) -> bytes:
        """The same for a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        return encode(rendering.keep({"inputTokens": response.input_tokens}, response.extra, ""))

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"message"}``."""
        return render_error(error)

    def error_headers(self, error: LimenError) -> list[tuple[bytes, bytes]]:
        """``x-amzn-errortype``."""
        return [(ERROR_TYPE, error_name(error).encode("latin-1", "replace"))]


def _counted(request: ChatRequest) -> ChatRequest:
    """What of `request` goes into the model."""
    return msgspec.structs.replace(
        request,
        sampling=Sampling(),
        max_tokens=None,
        stop=None,
        n=None,
        response_format=None,
        reasoning=None,
        parallel_tool_calls=None,
        modalities=None,
        service_tier=None,
        metadata=None,
        user=None,
    )
