"""One reply as its reader sees it: the head at once, the body whole or as it comes. Decodes nothing, follows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from limen.errors import MalformedReply

if TYPE_CHECKING:
    from limen.net.connection import Connection


class Response(msgspec.Struct, eq=False):
    """A reply whose head has arrived. Header names are lower-case; values are free of CR, LF and NUL.

    Whoever gets one either reads it to its end or calls :meth:`close`; until then it holds a connection.
    `connection` and `rest` belong to the connection: while the body is under way the first is set, and after it
    `rest` is what nobody has read yet.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    connection: Connection | None
    rest: bytes = b""

    def __repr__(self) -> str:
        where = "complete" if self.connection is None else repr(self.connection)
        return f"<Response {self.status}, {where}>"

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, or None. `name` is lower-case."""
        for known, value in self.headers:
            if known == name:
                return value
        return None

    async def chunk(self) -> bytes:
        """What has arrived since the last call, joined; waits if that is nothing. `b""` is the clean end.

        Raises MalformedReply or TransportFault if the reply was cut short, TimeoutFault (`idle`, `total`).
        """
        while (connection := self.connection) is not None:
            if connection.parts:
                return connection.take()
            try:
                await connection.arrival()
            except BaseException:
                self.close()
                raise
        rest = self.rest
        self.rest = b""
        return rest

    async def flow(self, sink: Callable[[bytes], bool]) -> None:
        """Give every piece to `sink` in the moment of its arrival, with no task to wake in between.

        Returns once `sink` has returned False, or when there is something for :meth:`chunk` to say: more bytes, the end, a fault.
        `sink` must not raise, and must not wait.
        """
        connection = self.connection
        if connection is None or connection.parts:
            return
        try:
            await connection.flow(sink)
        except BaseException:
            self.close()
            raise

    async def read(self, limit: int | None = None) -> bytes:
        """The body, or what is left of it. Does not suspend if all of it is here.

        Raises as :meth:`chunk` does, and MalformedReply if the body is longer than `limit` bytes.
        """
        while (connection := self.connection) is not None:
            try:
                await connection.completion(limit)
            except BaseException:
                self.close()
                raise
        rest = self.rest
        self.rest = b""
        if limit is not None and len(rest) > limit:
            raise MalformedReply(f"the reply's body is longer than the limit of {limit} bytes")
        return rest

    def close(self) -> None:
        """Stop caring: an incomplete reply's connection is aborted at once, a complete one's is in the pool already."""
        connection = self.connection
        if connection is not None:
            connection.abort()
