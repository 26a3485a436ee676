"""One request and its reply on a client connection: the `receive` and `send` that an ASGI application is given."""

from __future__ import annotations

import asyncio
import http
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from limen.server.protocol import GatewayProtocol

Message = MutableMapping[str, Any]


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


STATUS_LINES: Final = {status: _status_line(status) for status in range(100, 1000)}
_NO_BODY: Final = (204, 304)
_BROKEN = msgspec.json.encode(
    {
        "error": {
            "message": "the gateway failed to serve this request",
            "type": "server_error",
            "param": None,
            "code": None,
        }
    }
)


class Cycle:
    """One request, and what is sent back for it."""

    __slots__ = (
        "_body",
        "_chunked",
        "_complete",
        "_connection",
        "_delivered",
        "_expects",
        "_head",
        "_left",
        "_started",
        "_waiter",
        "disconnected",
        "done",
        "keep_alive",
        "scope",
    )

    def __init__(
        self, connection: GatewayProtocol, scope: dict[str, Any], body: bytes | None = None, *, expects: bool = False
    ) -> None:
        """`body` is the whole of it, where it is known already; `expects`: the client waits for ``100 Continue``."""
        self._connection = connection
        self.scope = scope
        self.keep_alive = True
        self.disconnected = False
        self.done = False
        self._expects = expects
        self._body = [] if body is None else [body]
        self._complete = body is not None
        self._delivered = False
        self._waiter: asyncio.Future[None] | None = None
        self._head: bytes | None = None
        self._started = False
        self._chunked = False
        self._left = 0

    async def give_up(self) -> None:
        """The application ended without a whole reply: leave the connection in a state that the client understands."""
        if self._started:
            self._connection.transport.abort()  # A cut is the one honest end of a reply that has begun.
            return
        self.keep_alive = False
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BROKEN))]
        self._head = None
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": _BROKEN})

    # Fed by the connection.

    def take(self, piece: bytes) -> int:
        """A piece of the body; gives the number of bytes that wait to be received. Dropped once the reply is complete."""
        if self.done:
            return 0
        self._body.append(piece)
        self._wake()
        return sum(map(len, self._body))

    def complete_request(self) -> None:
        """The body is whole."""
        self._complete = True
        self._wake()

    def disconnect(self) -> None:
        """The client has left."""
        self.disconnected = True
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # Called by the application.

    async def receive(self) -> Message:
        """The next piece of the body; after all of it, word that the client left or has its reply."""
        if self._expects and not self._complete and not self.disconnected:
            self._expects = False
            self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not (self.disconnected or self.done or self._body or (self._complete and not self._delivered)):
            self._connection.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.disconnected or self.done:
            return {"type": "http.disconnect"}
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self._delivered = self._complete
        self._connection.resume_reading()
        return {"type": "http.request", "body": body, "more_body": not self._complete}

    def whole_body(self, limit: int) -> bytes | None:
        """All of the body, if it is here, none of it was received yet, and it is not over `limit` bytes."""
        if not self._complete or self._delivered:
            return None
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        if len(body) > limit:
            return None
        self._delivered = True
        self._body.clear()
        return body

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        """Send a whole reply in one write; `headers` are encoded lines, of the gateway's own making."""
        if self.disconnected or self.done:
            return
        if b"connection: close" in headers:
            self.keep_alive = False
            headers = headers.replace(b"connection: close\r\n", b"")
        close = b"" if self.keep_alive else b"connection: close\r\n"
        head = b"%bcontent-length: %d\r\n%b%b\r\n" % (headers, len(body), self._connection.standing_headers(), close)
        self._connection.transport.write(STATUS_LINES[status] + head + body)
        self._end()

    def piece(self, body: bytes) -> bool:
        """Send a piece of a reply whose head was sent; False if the client has more than enough, or has left."""
        if self.disconnected or self.done or not self._started:
            return False
        connection = self._connection
        framed = b"%x\r\n%b\r\n" % (len(body), body) if self._chunked else self._framed(body, more=True)
        connection.transport.write(framed)
        return not connection.write_paused

    async def send(self, message: Message) -> None:
        """Take the head, which waits for the first piece of the body, or a piece, which is written."""
        if self.disconnected or self.done:
            return
        if message["type"] == "http.response.start":
            self._begin(message["status"], message.get("headers", ()))
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        out = self._framed(body, more=more)
        if self._head is not None:
            out, self._head, self._started = self._head + out, None, True
        connection = self._connection
        if out:
            connection.transport.write(out)
        if not more:
            self._end()
        elif connection.write_paused:
            await connection.room()

    def _begin(self, status: int, headers: Any) -> None:
        if self._head is not None or self._started:
            raise RuntimeError("the head of the reply was sent twice")
        parts = [STATUS_LINES[status]]
        length: bytes | None = None
        says_close = False
        for name, value in headers:
            if name == b"content-length":
                length = value
            elif name == b"connection" and value == b"close":
                self.keep_alive, says_close = False, True
            parts.append(b"%b: %b\r\n" % (name, value))
        bodyless = status in _NO_BODY or self.scope["method"] == "HEAD"
        self._chunked = length is None and not bodyless and self.scope["http_version"] == "1.1"
        self._left = 0 if bodyless or length is None else int(length)
        if self._chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
        elif length is None and not bodyless:
            self.keep_alive = False  # HTTP/1.0: the end of the connection is the end of the body.
        if not self.keep_alive and not says_close:
            parts.append(b"connection: close\r\n")
        self._head = _checked(parts) + self._connection.standing_headers() + b"\r\n"

    def _framed(self, body: bytes, *, more: bool) -> bytes:
        if self._head is None and not self._started:
            raise RuntimeError("a piece of the reply was sent before its head")
        if self._chunked:
            framed = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return framed if more else framed + b"0\r\n\r\n"
        if self.scope["method"] == "HEAD":
            return b""
        if self._left or body:
            self._left -= len(body)
            if (self._left < 0 or (self._left and not more)) and self.keep_alive:
                raise RuntimeError("the reply's body is not as long as its content-length")
        return body

    def _end(self) -> None:
        self.done = True
        self._wake()
        self._connection.finished(self)


def _checked(parts: list[bytes]) -> bytes:
    """The head, refused if a name or value smuggles a line end into it."""
    head = b"".join(parts)
    if head.count(b"\n") != len(parts) or head.count(b"\r") != len(parts):
        raise RuntimeError("a header of the reply has a line break in it")
    return head
