"""Ollama's errors: ``{"error": "text"}``, whole and as the last line of a stream.

Inside Ollama an error may carry its status beside it; where it comes through, it is believed.
Source: docs.ollama.com/api/errors; github.com/ollama/ollama, server/routes.go (`streamResponse`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from limen.dialects.json_text import encode
from limen.dialects.openai.errors import parse_error as parse_any
from limen.errors import LimenError, ProviderReply


class _Told(msgspec.Struct):
    """An error as Ollama writes it."""

    error: str
    status: int | str | None = None


_TOLD = msgspec.json.Decoder(_Told)


def parse_error(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
    """What an error reply means. `status` 502 stands for an error inside a 200."""
    told = _read(body)
    if status == 502 and told is not None and isinstance(told.status, int) and 400 <= told.status <= 599:
        status = told.status
    return parse_any(status, headers, body)


def render_error(error: LimenError) -> bytes:
    """``{"error": "text"}``; a provider's own object of that shape goes back as it came."""
    if isinstance(error, ProviderReply) and _read(error.body) is not None:
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
