"""Ollama's errors: ``{"error": "text"}``, whole and as the last line of a stream.

Inside Ollama an error may carry its status beside it; where it comes through, it is believed.
Source: docs.ollama.com/api/errors; github.com/ollama/ollama, server/routes.go (`streamResponse`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from limen.dialects.json_text import encode
from limen.dialects.openai.errors import parse_error as parse_any
from limen.errors import LimenError, MalformedReply, ProviderReply

SHAPE = "ollama"
_NULL = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct):
    """The members of a full answer that tell it from an error; decoding them proves that all of it is JSON."""

    error: msgspec.Raw = _NULL
    message: msgspec.Raw = _NULL
    response: msgspec.Raw = _NULL
    embeddings: msgspec.Raw = _NULL
    embedding: msgspec.Raw = _NULL


class _Told(msgspec.Struct):
    """An error as Ollama writes it."""

    error: str
    status: int | str | None = None


_TOLD = msgspec.json.Decoder(_Told)
_ENVELOPE = msgspec.json.Decoder(_Envelope)


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means. `status` 502 stands for an error inside a 200."""
    told = _read(body)
    if status == 502 and told is not None and isinstance(told.status, int) and 400 <= told.status <= 599:
        status = told.status
    fault = parse_any(status, headers, body)
    if told is not None:
        fault.shape = SHAPE
    return fault


def check_response(body: bytes) -> None:
    """Refuse a full answer that is none: MalformedReply for what is not a JSON object, ProviderReply for an error in it."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedReply("the provider answered with a body that is not valid JSON") from None
    answers = (envelope.message, envelope.response, envelope.embeddings, envelope.embedding)
    if envelope.error != _NULL and all(answer == _NULL for answer in answers):
        raise parse_error(502, (), body)


def render_error(error: LimenError) -> bytes:
    """``{"error": "text"}``; a provider's own object of that shape goes back as it came."""
    if isinstance(error, ProviderReply) and error.shape == SHAPE:
        return error.body
    return encode({"error": error.message})


def render_error_line(error: LimenError) -> bytes:
    """The same inside a stream."""
    return encode({"error": error.message}) + b"\n"


def _read(body: bytes) -> _Told | None:
    try:
        return _TOLD.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
