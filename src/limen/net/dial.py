"""How a socket to an origin comes about: resolve, race the addresses, ask a proxy for a tunnel, hand over to TLS.

Knows nothing of pools, requests or deadlines: the caller bounds it and may cancel it at any point, upon which every
socket it opened is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from limen.errors import MalformedReply, TransportFault
from limen.model.http import Origin
from limen.net.proxy import Proxy
from limen.net.resolver import Address, Resolver

P = TypeVar("P", bound=asyncio.Protocol)

MAX_TUNNEL_HEAD = 16 * 1024


class Dialler:
    """Opens connections to one origin, directly or through its proxy."""

    def __init__(
        self, origin: Origin, proxy: Proxy | None, resolver: Resolver, tls: ssl.SSLContext | None, delay: float
    ) -> None:
        self.origin = origin
        self.proxy = proxy
        self._resolver = resolver
        self._tls = tls
        self._delay = delay

    def __repr__(self) -> str:
        return f"<Dialler {self.name} through {self.proxy}>" if self.proxy else f"<Dialler {self.name}>"

    @property
    def name(self) -> str:
        """The origin as messages name it."""
        return f"{self.origin.scheme}://{self.origin.authority}"

    async def dial(self, factory: Callable[[], P]) -> P:
        """Open a connection and put a new protocol on it. Raises TransportFault with `sent` False."""
        sock = await self._reach()
        try:
            if self.proxy is not None and self._tls is not None:
                await self._open_tunnel(sock, self.proxy)
            return await self._attach(sock, factory)
        except BaseException:
            sock.close()
            raise

    async def _reach(self) -> socket.socket:
        host, port = self.origin.host, self.origin.port
        if self.proxy is not None:
            host, port = self.proxy.host, self.proxy.port
        try:
            addresses = await self._resolver.resolve(host, port)
        except TransportFault as exc:
            raise TransportFault(f"{self.name}: {exc.message}", sent=False) from exc
        try:
            return await connect_first(addresses, self._delay)
        except OSError as exc:
            self._resolver.forget(host, port)
            where = f"its proxy {self.proxy.address}" if self.proxy else "it"
            raise TransportFault(f"{self.name}: {where} can't be reached: {_reason(exc)}", sent=False) from exc

    async def _attach(self, sock: socket.socket, factory: Callable[[], P]) -> P:
        loop = asyncio.get_running_loop()
        name = self.origin.host if self._tls is not None else None
        try:
            _, protocol = await loop.create_connection(factory, sock=sock, ssl=self._tls, server_hostname=name)
        except ssl.SSLCertVerificationError as exc:
            reason = exc.verify_message
            raise TransportFault(f"{self.name}: its certificate is not trusted: {reason}", sent=False) from exc
        except (OSError, ValueError) as exc:
            raise TransportFault(f"{self.name}: no connection: {_reason(exc)}", sent=False) from exc
        return protocol

    async def _open_tunnel(self, sock: socket.socket, proxy: Proxy) -> None:
        loop = asyncio.get_running_loop()
        where = f"{self.name}: the proxy {proxy.address}"
        try:
            await loop.sock_sendall(sock, proxy.tunnel_request(self.origin))
            head = await _read_head(loop, sock)
        except OSError as exc:
            raise TransportFault(f"{where} broke off: {_reason(exc)}", sent=False) from exc
        line, _, _ = head.partition(b"\r\n")
        version, _, rest = line.partition(b" ")
        # A server never speaks first in TLS, so bytes after the head can only be an attempt to confuse.
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not head.endswith(b"\r\n\r\n"):
            raise MalformedReply(f"{where} gave no usable answer to CONNECT")
        if rest[:1] != b"2" or not rest[:3].isdigit():
            status = rest[:64].decode("latin-1")
            raise TransportFault(f"{where} refused the tunnel: {status}", sent=False)


async def connect_first(addresses: list[Address], delay: float) -> socket.socket:
    """Connect to whichever address answers first, starting one more each `delay` seconds or upon a failure (RFC 8305).

    Raises the first address's OSError if none can be reached.
    """
    if len(addresses) == 1:
        return await _connect(addresses[0])
    attempts: list[asyncio.Task[socket.socket]] = []
    try:
        for address in addresses:
            attempts.append(asyncio.create_task(_connect(address)))
            await _first_success(attempts, delay)
            if any(_succeeded(task) for task in attempts):
                break
        await _first_success(attempts, None)
    except BaseException:
        _discard(attempts)
        raise
    winner = next((task for task in attempts if _succeeded(task)), None)
    _discard([task for task in attempts if task is not winner])
    return (winner or attempts[0]).result()


async def _first_success(attempts: list[asyncio.Task[socket.socket]], delay: float | None) -> None:
    """Wait until an attempt succeeds, the last one started fails, or the delay is over; without a delay, until all fail."""
    pending = {task for task in attempts if not task.done()}
    while pending and not any(_succeeded(task) for task in attempts):
        _, pending = await asyncio.wait(pending, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
        if delay is not None:
            return


def _succeeded(task: asyncio.Task[socket.socket]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _discard(attempts: list[asyncio.Task[socket.socket]]) -> None:
    for task in attempts:
        if _succeeded(task):
            task.result().close()
        else:
            task.cancel()


async def _connect(address: Address) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A model may think for minutes without a byte; probes keep the path through a NAT open meanwhile.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with contextlib.suppress(AttributeError, OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        await asyncio.get_running_loop().sock_connect(sock, address.target)
    except BaseException:
        sock.close()
        raise
    return sock


async def _read_head(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = await loop.sock_recv(sock, 4096)
        if not piece or len(head) > MAX_TUNNEL_HEAD:
            break
        head += piece
    return head


def _reason(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return exc.reason or str(exc)
    if isinstance(exc, OSError) and exc.strerror:
        return exc.strerror
    return str(exc) or type(exc).__name__
