"""The client: one request in, one reply out. The hot path of the gateway; decides nothing about retries but the one
that a stale kept-alive connection calls for.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from limen.errors import BadRequest, ConfigError, TransportFault
from limen.model.http import Origin, Timeouts, WireRequest
from limen.net.connection import Connection
from limen.net.deadlines import NEVER, shortest
from limen.net.dial import Dialler
from limen.net.pool import Pool, PoolStats
from limen.net.resolver import Resolver
from limen.net.response import Response
from limen.net.settings import NetSettings, TlsProfile
from limen.net.tls import build_context
from limen.net.watchdog import Watchdog

UPLOAD_PIECE: Final = 256 * 1024  # longer bodies are written in pieces of this size, each when there is room
MAX_PREFIXES: Final = 512

_METHOD: Final = re.compile(rb"[A-Z]+")
_TARGET: Final = re.compile(rb"[!-~]+")
_WITH_BODY: Final = (b"POST", b"PUT", b"PATCH")


class Client:
    """An HTTP/1.1 client for many origins. Belongs to the event loop of its first request.

    Raises ConfigError if a TLS profile's files can't be used.
    """

    def __init__(self, settings: NetSettings = NetSettings()) -> None:  # noqa: B008  an immutable value
        self.settings = settings
        self._pools: dict[Origin, Pool] = {}
        self._contexts = {name: build_context(profile, name) for name, profile in settings.tls.items()}
        self._resolver = Resolver(settings.dns_ttl)
        self._closed = False
        self._timeouts: Timeouts | None = None
        self._patience = NEVER  # nothing needs a look sooner than this after a request with `_timeouts` began

    _loop: asyncio.AbstractEventLoop
    _watchdog: Watchdog

    def __repr__(self) -> str:
        pools = ", ".join(map(repr, self._pools.values())) or "no pools"
        return f"<Client{' closed' if self._closed else ''}: {pools}>"

    def stats(self) -> Mapping[Origin, PoolStats]:
        """For each origin: connections active, connections idle, requests waiting."""
        return {origin: pool.stats() for origin, pool in self._pools.items()}

    async def request(self, request: WireRequest, timeouts: Timeouts) -> Response:
        """Send a request; returns once the reply's head is here, whatever its status.

        The reply must be read to its end or closed. Redirects are not followed, codings not decoded. Cancelling
        closes the connection at once. Raises TransportFault, TimeoutFault or MalformedReply.
        """
        pool = self._pools.get(request.origin) or self._open_pool(request.origin)
        prefix = pool.prefixes.get((request.method, request.target)) or self._make_prefix(pool, request)
        body = request.body
        usual = 0 < len(body) <= UPLOAD_PIECE
        if usual:
            data = b"%b%bcontent-length: %d\r\n\r\n%b" % (prefix, request.headers, len(body), body)
        else:
            data = _encode_unusual(prefix, request)
        started = now = self._loop.time()
        if timeouts is not self._timeouts:
            self._learn(timeouts)
        if now + self._patience < self._watchdog.next:
            self._watchdog.arm(now + self._patience)
        if pool.idle:
            connection = pool.idle.pop()
        else:
            connection = await pool.acquire(timeouts, started)
            now = self._loop.time()
        while True:
            if not usual:
                connection.head_only = request.method == b"HEAD"
            waiter = connection.send(data, timeouts, started, now)
            try:
                if not usual:
                    await _upload(connection, body, waiter)
                response = await waiter
            except BaseException:
                _abandon(connection, waiter)
                raise
            if response is not None:
                return response
            # Ends after one round: a fresh connection is never stale.
            connection = await _recover(pool, connection, timeouts, started)
            now = self._loop.time()

    async def aclose(self) -> None:
        """Abort every exchange, refuse new ones, and wait until all sockets are closed. Harmless when repeated."""
        self._closed = True
        self._resolver.cancel()
        for pool in list(self._pools.values()):
            await pool.aclose()
        if self._pools:
            self._watchdog.stop()

    def _open_pool(self, origin: Origin) -> Pool:
        if self._closed:
            raise TransportFault(f"{origin.scheme}://{origin.authority}: the client is closed", sent=False)
        if not self._pools:
            self._loop = asyncio.get_running_loop()
            self._watchdog = Watchdog(self._loop, self._connections)
        settings = self.settings
        tls = self._context(origin.tls_profile) if origin.scheme == "https" else None
        proxy = settings.proxies.for_origin(origin)
        dialler = Dialler(origin, proxy, self._resolver, tls, settings.happy_eyeballs_delay)
        self._pools[origin] = pool = Pool(dialler, settings, self._loop)
        return pool

    def _connections(self) -> Iterator[Connection]:
        return chain.from_iterable(pool.live for pool in self._pools.values())

    def _context(self, name: str) -> ssl.SSLContext:
        """The TLS context of a profile. Reading the system's authorities takes milliseconds, so it waits for a use."""
        if name not in self._contexts:
            if name:
                raise ConfigError(f"there is no TLS profile {name!r}; the settings have {sorted(self._contexts)}")
            self._contexts[name] = build_context(TlsProfile())
        return self._contexts[name]

    def _learn(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._patience = min(shortest(timeouts), self.settings.keepalive_idle)

    def _make_prefix(self, pool: Pool, request: WireRequest) -> bytes:
        """The request line and the `host` header, which the requests to a route share."""
        method, target, origin = request.method, request.target, request.origin
        if not _METHOD.fullmatch(method) or not _TARGET.fullmatch(target):
            raise BadRequest(f"{method!r} {target!r} can't be sent: not a method and a target without blanks")
        if not origin.host.isascii():
            raise ConfigError(f"the host name {origin.host!r} is not ASCII; write it in its xn-- form")
        host = origin.authority.encode("ascii")
        extra = b""
        if pool.proxy is not None and origin.scheme == "http":
            target = b"http://" + host + target
            extra = pool.proxy.header_lines
        prefix = b"%b %b HTTP/1.1\r\nhost: %b\r\n%b" % (method, target, host, extra)
        if len(pool.prefixes) >= MAX_PREFIXES:
            pool.prefixes.clear()
        pool.prefixes[(method, request.target)] = prefix
        return prefix


def _encode_unusual(prefix: bytes, request: WireRequest) -> bytes:
    """The head of a request without a body, or with one that is sent in pieces: then with the first of them."""
    body = request.body
    if not body and request.method not in _WITH_BODY:
        return b"%b%b\r\n" % (prefix, request.headers)
    first = body[:UPLOAD_PIECE]
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (prefix, request.headers, len(body), first)


async def _upload(connection: Connection, body: bytes, waiter: asyncio.Future[Response | None]) -> None:
    """Send the rest of a long body, no faster than the peer takes it. An early reply ends that."""
    connection.uploading = True
    view = memoryview(body)
    for start in range(UPLOAD_PIECE, len(body), UPLOAD_PIECE):
        room = connection.room()
        if room is not None:
            await room
        if waiter.done():
            response = waiter.result()
            if response is not None and response.status < 300:
                # The peer answers while it reads, and may need all of the request to go on.
                connection.upload(view[start:])
            return
        connection.upload(view[start : start + UPLOAD_PIECE])
    connection.uploading = False


def _abandon(connection: Connection, waiter: asyncio.Future[Response | None]) -> None:
    """The request's task is cancelled. If the head came in the same instant, the connection may be another's by now."""
    response = waiter.result() if waiter.done() and not waiter.cancelled() else None
    if response is not None:
        response.close()
    else:
        connection.abort()


async def _recover(pool: Pool, connection: Connection, timeouts: Timeouts, started: float) -> Connection:
    """A fresh connection if the old one was stale: kept alive, and closed before any byte of the reply. Else its fault."""
    if not connection.stale:
        pool.discard(connection)
        raise connection.fault()
    try:
        return await pool.replace(connection, timeouts, started)
    except TransportFault as exc:
        exc.sent = True  # by the first attempt, for all that is known
        raise
