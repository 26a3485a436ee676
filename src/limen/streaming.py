"""From a stream of answers to the client's bytes: `make_streaming_response`.

The first piece is pulled before anything is sent: that is the commit point. Until then a failure keeps its real status;
after it, a failure becomes an event of the client's dialect and never a clean end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from limen.answers import Headers, Stream
from limen.errors import GatewayFault, LimenError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

KEEP_ALIVE_COMMENT = b": keep-alive\n\n"
LINGER_SECONDS = 1.0
_log = logging.getLogger("limen.streaming")


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
        pulse = _Pulse(send, self._keepalive)
        try:
            head = [(b"content-type", stream.content_type), (b"cache-control", b"no-cache"), *self._headers]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            last = await self._pump(send, pulse)
            pulse.stop()
            await send({"type": "http.response.body", "body": last, "more_body": False})
            await self._finish()
        finally:
            pulse.stop()
            await stream.close()

    async def _pump(self, send: Send, pulse: _Pulse) -> bytes:
        """Send pieces until the clean end; gives what is left to say: nothing, or the error event."""
        piece = self._first
        try:
            while piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                pulse.beat()
                piece = await self._stream.pull()
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


class _Pulse:
    """Sends a comment when a stream has been silent for too long. One timer per stream, re-armed only when it fires."""

    def __init__(self, send: Send, seconds: float | None) -> None:
        self._send = send
        self._seconds = seconds or 0.0
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._task: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(seconds, self._check) if seconds else None

    def beat(self) -> None:
        """Something was sent."""
        if self._seconds:
            self._last = self._loop.time()

    def _check(self) -> None:
        silent = self._loop.time() - self._last
        if silent >= self._seconds:
            silent = 0.0
            self.beat()
            if self._task is None or self._task.done():
                self._task = self._loop.create_task(self._comment())
        self._timer = self._loop.call_later(self._seconds - silent, self._check)

    async def _comment(self) -> None:
        await self._send({"type": "http.response.body", "body": KEEP_ALIVE_COMMENT, "more_body": True})

    def stop(self) -> None:
        """No more comments."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
