"""Gemini for clients that stream without ``alt=sse``: the answer is one JSON array, whose elements arrive one by one.

Requests, full answers and errors are those of :class:`GeminiChat`. The wire has a name of its own, so that a stream is always
rendered and never passed on as server-sent events.
"""

from __future__ import annotations

from typing import ClassVar

from limen.dialects.base import StreamFramer, StreamRenderer
from limen.dialects.gemini.chat import GeminiChat
from limen.dialects.gemini.stream_writer import GeminiStreamRenderer
from limen.errors import LimenError
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.json_array import ArrayFramer


class GeminiArray(GeminiChat):
    """``streamGenerateContent`` as one array, each element on lines of its own."""

    name: ClassVar[str] = "gemini_array"
    wire: ClassVar[str] = "gemini_array"
    stream_content_type: ClassVar[bytes] = b"application/json; charset=utf-8"
    keep_alive: ClassVar[bytes] = b"\n"
    """White space between the elements of an array means nothing."""

    def stream_framer(self) -> StreamFramer:
        """What cuts an array into its elements, for a provider that answers with one."""
        return ArrayFramer()

    def stream_renderer(self, request: ChatRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer."""
        array = _Array()
        return GeminiStreamRenderer(losses, self.render_error_event, array.element, array.close)

    def render_error_event(self, error: LimenError) -> bytes:
        """The error as the last element."""
        return b",\n" + self.render_error(error) + b"]"


class _Array:
    """An array that is being written."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def element(self, chunk: bytes) -> bytes:
        """`chunk` with what must stand before it."""
        self._count += 1
        return (b"[" if self._count == 1 else b"\n,\n") + chunk

    def close(self) -> bytes:
        """The end of the array."""
        return b"]" if self._count else b"[]"
