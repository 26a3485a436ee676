"""From a stream of answers to the client's bytes: `make_streaming_response`.

The first piece is pulled before anything is sent: that is the commit point. Until then a failure keeps its real status;
after it, a failure becomes an event of the client's dialect and never a clean end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from limen.answers import Headers, Stream
from limen.errors import GatewayFault, LimenError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

EXTENSION = "limen.connection"
LINGER_SECONDS = 1.0
_log = logging.getLogger("limen.streaming")


class DirectClient(Protocol):
    """A client's connection that takes pieces without ASGI's messages; found in the scope's extensions."""

    def writer(self) -> Callable[[bytes], bool]:
        """What sends a piece of the reply that has begun, and returns False if the client must be waited for."""


async def make_streaming_response(
    stream: Stream, *, headers: Headers | None = None, keepalive_seconds: float | None = None
) -> StreamingReply:
    """Wait for the first piece of `stream`, then give the ASGI application that sends it all.

    Raises the provider's fault, with nothing sent, if the stream fails before its first piece. `keepalive_seconds`: how long the
    stream may be silent before a comment is sent, so that proxies between keep the connection; None for never.
    """
    try:
        first = await stream.pull()
    except BaseException:
        await stream.close()
        raise
    return StreamingReply(stream, first, headers or [], keepalive_seconds)


class StreamingReply:
    """An ASGI application: the reply of one stream whose first piece is here."""

    def __init__(self, stream: Stream, first: bytes, headers: Headers, keepalive_seconds: float | None) -> None:
        self._stream = stream
        self._first = first
        self._headers = headers
        self._keepalive = keepalive_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and every piece; ends with the stream, or with an error event."""
        stream = self._stream
        pulse = _Pulse(stream, send, self._keepalive)
        try:
            head = [(b"content-type", stream.content_type), (b"cache-control", b"no-cache"), *self._headers]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            last = await self._pump(scope, send)
            pulse.stop()
            await send({"type": "http.response.body", "body": last, "more_body": False})
            await self._finish()
        finally:
            pulse.stop()
            await stream.close()

    async def _pump(self, scope: Scope, send: Send) -> bytes:
        """Send pieces until the clean end; gives what is left to say: nothing, or the error event."""
        stream, piece = self._stream, self._first
        direct = _direct_client(scope) if stream.flows else None
        try:
            while piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                stream.beats += 1
                if direct is not None:
                    await stream.flow(direct.writer())
                piece = await stream.pull()
        except LimenError as error:
            _log.warning("a stream broke after its first event: %s", error.message)
            return self._stream.error_event(error)
        except Exception:
            _log.exception("a stream failed inside the gateway")
            return self._stream.error_event(GatewayFault("the gateway failed while streaming this answer"))
        return b""

    async def _finish(self) -> None:
        # The client has its answer; the provider's last bytes are awaited so that its connection can be used again.
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._stream.finish()
        except (TimeoutError, LimenError):
            pass


def _direct_client(scope: Scope) -> DirectClient | None:
    extensions = scope.get("extensions")
    return extensions.get(EXTENSION) if extensions else None


class _Pulse:
    """Sends a comment when a stream is silent. Looks twice in the given time whether anything was sent since the last look."""

    def __init__(self, stream: Stream, send: Send, seconds: float | None) -> None:
        self._stream = stream
        self._send = send
        self._interval = (seconds or 0.0) / 2
        self._loop = asyncio.get_running_loop()
        self._seen = stream.beats
        self._task: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(self._interval, self._check) if seconds and stream.keep_alive else None

    def _check(self) -> None:
        if self._seen == self._stream.beats and (self._task is None or self._task.done()):
            self._task = self._loop.create_task(self._comment())
        self._seen = self._stream.beats
        self._timer = self._loop.call_later(self._interval, self._check)

    async def _comment(self) -> None:
        await self._send({"type": "http.response.body", "body": self._stream.keep_alive, "more_body": True})

    def stop(self) -> None:
        """No more comments."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
