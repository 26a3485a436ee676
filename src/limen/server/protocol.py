"""The server's side of a client connection: HTTP/1.1 on httptools, in the place where uvicorn has its own.

It differs from uvicorn's protocol in what a gateway needs:

- the head of a reply goes out with its first bytes in one write; two writes cost a quarter of a small reply;
- one task serves all requests of a connection, and is told at once when the client leaves;
- a whole body and a whole reply can be taken and given without ASGI's messages;
- a head that this connection has sent before, but for its length, is not parsed again;
- one sweep for all idle connections instead of a timer for each reply;
- a head that never ends is refused, and bad HTTP gets a JSON error.

An ASGI application finds its connection under ``scope["extensions"]["limen.connection"]``.
Must not: know what a request is about.
"""

from __future__ import annotations

import asyncio
import logging
import urllib.parse
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, cast

import httptools
import msgspec
from uvicorn.config import Config
from uvicorn.server import ServerState

from limen.server.cycle import STATUS_LINES, Cycle
from limen.server.known_heads import KnownHeads
from limen.server.sweep import Sweep
from limen.streaming import EXTENSION

MAX_HEAD_BYTES: Final = 64 * 1024
BODY_HIGH_WATER: Final = 64 * 1024
Application = Callable[..., Awaitable[None]]
_log = logging.getLogger("limen.server")


class GatewayProtocol(asyncio.Protocol):
    """One client connection, built by uvicorn's server for each."""

    _standing: ClassVar[tuple[list[tuple[bytes, bytes]], bytes]] = ([], b"")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.loop = _loop or asyncio.get_running_loop()
        self._app: Application = getattr(config.loaded_app, "dispatch", config.loaded_app)
        self._app_state = app_state
        self._server_state = server_state
        self._sweep = Sweep.of(server_state, config.timeout_keep_alive, self.loop)
        self._parser = httptools.HttpRequestParser(self)
        self._extensions = {EXTENSION: self}
        self._waiting: deque[Cycle] = deque()
        self._incoming: Cycle | None = None
        self._active: Cycle | None = None
        self._task: asyncio.Task[None] | None = None
        self._work: asyncio.Future[None] | None = None
        self._guarded = False
        self._head_open = False
        self._head_bytes = 0
        self._between = True
        self._heads = KnownHeads()
        self._reading = True
        self._room: asyncio.Future[None] | None = None
        self.write_paused = False
        self.gone = False
        self.quiet_since = self.loop.time()
        self.transport: asyncio.Transport

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        # uvloop's transports have the interface of asyncio's, but not its classes as bases.
        self.transport = cast(asyncio.Transport, transport)
        peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) and peer else None
        self._server = (str(local[0]), int(local[1])) if isinstance(local, tuple) and local else None
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._server_state.connections.add(cast(Any, self))
        self._task = self.loop.create_task(self._serve())
        self._server_state.tasks.add(self._task)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left: whoever works or waits for it is told."""
        self.gone = True
        self._server_state.connections.discard(cast(Any, self))
        for cycle in (self._active, self._incoming, *self._waiting):
            if cycle is not None:
                cycle.disconnect()
        self._waiting.clear()
        self.resume_writing()
        if self._guarded and self._task is not None:
            self._task.cancel("the client left")
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Bytes of requests. Bad HTTP and a head over the limit end the connection."""
        if self._between and self._active is None and not self._waiting:
            known = self._heads.match(data)
            if known is not None:
                self.quiet_since = 0.0
                self._waiting.append(Cycle(self, known[0].copy(), known[1]))
                self._wake()
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing is upgraded here; the request is answered as it is, and what follows it is not HTTP any more.
            if self._incoming is not None:
                self._incoming.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(400, "the request is not valid HTTP/1.1")
        if self._head_open:
            self.quiet_since = self.quiet_since or self.loop.time()
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, f"the request's head is larger than {MAX_HEAD_BYTES} bytes")

    def pause_writing(self) -> None:
        """The client reads slower than it is sent to."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self.write_paused = False
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    async def room(self) -> None:
        """Wait until the client has read enough for more to be written."""
        while self.write_paused and not self.gone:
            if self._room is None:
                self._room = self.loop.create_future()
            await asyncio.shield(self._room)  # Several may wait; the end of one must not end the others' wait.

    # The parser's side.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head_open = True
        self._between = False
        self._head_bytes = 0
        self._url = b""
        self._expects = False
        self._headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        """Its target, or a piece of it."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: start on it, or queue it behind the request in hand."""
        self._head_open = False
        self.quiet_since = 0.0
        parser = self._parser
        version = parser.get_http_version()
        scope = self._scope(version)
        cycle = Cycle(self, scope, expects=self._expects)
        cycle.keep_alive = version == "1.1" and parser.should_keep_alive()
        if cycle.keep_alive and not self._expects and not parser.should_upgrade():
            self._heads.learn(scope)
        self._incoming = cycle
        self._waiting.append(cycle)
        if self._active is None:
            self._wake()
        else:
            self.pause_reading()

    def _scope(self, version: str) -> dict[str, Any]:
        raw_path, _, query = self._url.partition(b"?")
        if not raw_path.startswith(b"/"):
            parsed = httptools.parse_url(self._url)
            raw_path, query = parsed.path or b"/", parsed.query or b""
        path = raw_path.decode("ascii")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": self._parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "path": urllib.parse.unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
            "state": self._app_state,
            "extensions": self._extensions,
        }

    def on_body(self, body: bytes) -> None:
        """A piece of the body of the request that is coming in."""
        if self._incoming is not None and self._incoming.take(body) > BODY_HIGH_WATER:
            self.pause_reading()

    def on_message_complete(self) -> None:
        """That request is whole."""
        self._between = True
        if self._incoming is not None:
            self._incoming.complete_request()

    # The cycle's side.

    async def _serve(self) -> None:
        """Answer the requests of this connection, one after another."""
        app, waiting = self._app, self._waiting
        try:
            while not self.gone:
                if not waiting:
                    self._work = self.loop.create_future()
                    await self._work
                    continue
                cycle = self._active = waiting.popleft()
                try:
                    await app(cycle.scope, cycle.receive, cycle.send)
                except Exception:
                    _log.exception("the application failed")
                if not cycle.done and not self.gone:
                    await cycle.give_up()
        except asyncio.CancelledError:
            if not self.gone:
                self.transport.abort()
                raise
        finally:
            self._server_state.tasks.discard(cast(asyncio.Task[None], self._task))

    def _wake(self) -> None:
        work, self._work = self._work, None
        if work is not None and not work.done():
            work.set_result(None)

    def finished(self, cycle: Cycle) -> None:
        """`cycle` is answered: close, or be ready for the next request."""
        self._active = None
        self._server_state.total_requests += 1
        if self.gone:
            return
        if not cycle.keep_alive:
            self.transport.close()
            return
        self.quiet_since = self.loop.time()
        if len(self._waiting) < 2 and not self._reading:
            self.resume_reading()

    def pause_reading(self) -> None:
        """Take no more from the client for now."""
        if self._reading:
            self._reading = False
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the client again."""
        if not self._reading and not self.gone:
            self._reading = True
            self.transport.resume_reading()

    def standing_headers(self) -> bytes:
        """The encoded headers that every reply of this server carries, such as the date; uvicorn renews them each second."""
        pairs = self._server_state.default_headers
        if pairs is not GatewayProtocol._standing[0]:
            GatewayProtocol._standing = (pairs, b"".join([b"%b: %b\r\n" % pair for pair in pairs]))
        return GatewayProtocol._standing[1]

    def _refuse(self, status: int, message: str) -> None:
        """Answer what can't be parsed, unless an answer is under way, and close."""
        if self.transport.is_closing():
            return
        if self._active is None:
            error = {"message": message, "type": "invalid_request_error", "param": None, "code": "bad_http"}
            body = msgspec.json.encode({"error": error})
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
            self.transport.write(STATUS_LINES[status] + head + body)
        self.transport.close()

    # The application's side.

    def guard(self) -> None:
        """Cancel the request in hand if the client leaves before :meth:`release`."""
        self._guarded = True
        if self.gone and self._task is not None:
            self._task.cancel("the client left")

    def release(self) -> bool:
        """End the guard; tells whether the client has left."""
        self._guarded = False
        return self.gone

    def whole_body(self, limit: int) -> bytes | None:
        """The body of the request in hand, if all of it is here and within `limit` bytes; else it must be received."""
        return None if self._active is None else self._active.whole_body(limit)

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        r"""Send a whole reply. `headers` are encoded ``name: value\r\n`` lines without the length."""
        if self._active is not None:
            self._active.reply(status, headers, body)

    def writer(self) -> Callable[[bytes], bool]:
        """What sends a piece of the streamed reply in hand; it returns False if the client must be waited for."""
        return self._active.piece if self._active is not None else lambda _piece: False

    # The server's side.

    @property
    def idle(self) -> bool:
        """Whether no request is in hand, whole or in part."""
        return self._active is None and not self._head_open

    def shutdown(self) -> None:
        """Close now if idle, else after the answer in hand."""
        if self.idle:
            self.transport.close()
        elif self._active is not None:
            self._active.keep_alive = False

    def expire(self, before: float) -> None:
        """Close if nothing has come since `before` (on the loop's clock), neither a request nor the rest of a head."""
        if self._active is None and self.quiet_since and self.quiet_since < before:
            self.transport.close()

    def __repr__(self) -> str:
        return f"<GatewayProtocol {self._client} {'idle' if self.idle else 'busy'}>"
