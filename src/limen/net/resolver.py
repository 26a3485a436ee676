"""Host names to socket addresses, with a small cache in front of the system's resolver. Opens no connection."""

from __future__ import annotations

import asyncio
import socket
from itertools import chain, zip_longest
from typing import NamedTuple

from limen.errors import TransportFault

MAX_ENTRIES = 1024


class Address(NamedTuple):
    """One address to try: the family and what `sock_connect` takes."""

    family: int
    target: tuple[str, int] | tuple[str, int, int, int]


class Resolver:
    """Resolves names in the loop's executor; answers are good for `ttl` seconds, failures are not kept.

    Requests that ask for a name while it is being resolved share one look-up.
    """

    def __init__(self, ttl: float) -> None:
        self.ttl = ttl
        self._answers: dict[tuple[str, int], tuple[float, list[Address]]] = {}
        self._running: dict[tuple[str, int], asyncio.Task[list[Address]]] = {}

    def __repr__(self) -> str:
        return f"<Resolver {len(self._answers)} cached, {len(self._running)} running>"

    async def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses of a host in the order to try them: families in turn, the system's favourite first.

        Raises TransportFault (`sent` False) if the name has no address.
        """
        literal = _literal(host, port)
        if literal is not None:
            return [literal]
        key = (host, port)
        known = self._answers.get(key)
        if known is not None and asyncio.get_running_loop().time() < known[0]:
            return known[1]
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._look_up(host, port))
            # Everyone who asked may have left by then; the failure was theirs, so nobody else is told.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    def forget(self, host: str, port: int) -> None:
        """Drop a cached answer, because none of its addresses could be reached."""
        self._answers.pop((host, port), None)

    def cancel(self) -> None:
        """Stop waiting for look-ups under way."""
        for task in list(self._running.values()):
            task.cancel()

    async def _look_up(self, host: str, port: int) -> list[Address]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise TransportFault(f"the host name {host!r} can't be resolved: {reason}", sent=False) from exc
        finally:
            del self._running[(host, port)]
        addresses = _in_turn([Address(family, target) for family, _, _, _, target in found])  # type: ignore[arg-type]
        if not addresses:
            raise TransportFault(f"the host name {host!r} has no address", sent=False)
        while len(self._answers) >= MAX_ENTRIES:
            del self._answers[next(iter(self._answers))]
        self._answers[(host, port)] = (loop.time() + self.ttl, addresses)
        return addresses


def _literal(host: str, port: int) -> Address | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return Address(family, (host, port) if family == socket.AF_INET else (host, port, 0, 0))
    return None


def _in_turn(addresses: list[Address]) -> list[Address]:
    """Interleave the families, as RFC 8305 section 4 asks, so that a dead one costs one delay and not many."""
    first = [a for a in addresses if a.family == addresses[0].family]
    rest = [a for a in addresses if a.family != addresses[0].family]
    return [a for a in chain.from_iterable(zip_longest(first, rest)) if a is not None]
