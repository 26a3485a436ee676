"""``models/{model}:countTokens``: how many tokens a conversation is.

The body is either a bare `contents` or a whole request under ``generateContentRequest``, which names its model. Vertex AI
takes the members of a request beside `contents`. Source: https://ai.google.dev/api/tokens, and recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from limen.dialects.base import Dialect
from limen.dialects.extra import Extra, marks_of
from limen.dialects.gemini.errors import parse_error, render_error
from limen.dialects.gemini.request import build_request, read_object, read_request
from limen.dialects.gemini.response import read_answer
from limen.dialects.gemini.spelling import WIRE, Kept, original_of, respell
from limen.dialects.json_text import encode
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.token_count import TokenCount
from limen.wire.edit import Fields

WRAPPED = "wrapped"
"""Mark: the request stood under ``generateContentRequest``."""
_KEY = "generateContentRequest"
_MODEL = "models/"


class GeminiCountTokens(Dialect[ChatRequest, TokenCount]):
    """``countTokens``. `wraps` is how a request of another dialect is written: the Gemini API wants it whole in an object."""

    name: ClassVar[str] = "gemini_count_tokens"
    wire: ClassVar[str] = "gemini_count_tokens"
    operation: ClassVar[Operation] = Operation.COUNT_TOKENS

    def __init__(self, *, wraps: bool = True) -> None:
        self._wraps = wraps

    def validate_relay(self, fields: Fields) -> None:
        """There is something to count."""
        if all(fields.is_absent(key) for key in ("contents", _KEY, "generate_content_request")):
            raise BadRequest("contents is not specified: there is nothing to count.", param="contents")

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request; its `model` is empty."""
        told = read_object(body)
        spelled = respell(told, frozenset({_KEY}))
        inner = told.pop(_KEY) if isinstance(told.get(_KEY), dict) else None
        if inner is None:
            return read_request(told)
        request = read_request(inner)
        extra = request.extra
        outer = {"outer": Extra(told, spelled)}
        kept = Kept(extra, (*marks_of(extra), WRAPPED), {**original_of(extra), **outer})
        return _with_extra(request, kept)

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send. Its request names the model that it is counted for."""
        rendering = Rendering(WIRE, request.dialect, losses)
        if not rendering.same:
            built = build_request(request, rendering)
            return encode({_KEY: {"model": _MODEL + request.model, **built}} if self._wraps else built)
        if WRAPPED not in marks_of(request.extra):
            return encode(build_request(request, rendering))
        original = dict(original_of(request.extra))
        outer: Any = original.pop("outer", {})
        marks = marks_of(request.extra)
        inner = _with_extra(request, Kept(request.extra, marks - {WRAPPED}, original))
        key = "generate_content_request" if "_generate_content_request" in marks_of(outer) else _KEY
        return encode({**outer, key: build_request(inner, rendering)})

    def parse_response(self, body: bytes) -> TokenCount:
        """The hub's count. Raises MalformedReply."""
        answer = read_answer(body)
        total = answer.get("totalTokens")
        if type(total) is int:
            del answer["totalTokens"]
            return TokenCount(total, WIRE, answer)
        if total is None and "error" not in answer:
            return TokenCount(0, WIRE, Extra(answer, ("-totalTokens",)))  # Google leaves zeros out.
        raise MalformedReply("the provider's answer has no `totalTokens`")

    def render_response(self, response: TokenCount, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(WIRE, response.dialect, losses, answer=True)
        return encode(rendering.keep({"totalTokens": response.input_tokens}, response.extra, ""))

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"code", "message", "status", "details"}}``."""
        return render_error(error)


def _with_extra(request: ChatRequest, extra: Kept) -> ChatRequest:

    return msgspec.structs.replace(request, extra=extra)
