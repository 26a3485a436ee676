"""Load on a server, to see what a reload or a stop does to it: raw sockets, so that nothing is retried behind the test's back."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Load:
    """Clients that ask again and again until their server refuses connections.

    `keep_alive` clients keep their connection as long as the server lets them; others ask for a new one each time. A client
    that can't connect any more is done; whatever goes wrong after that is a failure.
    """

    port: int
    path: str = "/word"
    keep_alive: bool = True
    served: int = 0
    failures: list[str] = field(default_factory=list)

    async def run(self, clients: int) -> None:
        await asyncio.gather(*(self._client() for _ in range(clients)))

    async def _client(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                return
            except OSError as error:
                self.failures.append(f"connect: {error!r}")
                return
            try:
                while await self._ask(reader, writer):
                    pass
            except (OSError, EOFError, AssertionError) as error:
                self.failures.append(f"after {self.served} answers: {error!r}")
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; tells whether the connection may be used again."""
        wish = b"" if self.keep_alive else b"connection: close\r\n"
        writer.write(b"GET %s HTTP/1.1\r\nhost: test\r\n%s\r\n" % (self.path.encode(), wish))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200 "), head
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        self.served += 1
        return b"connection: close" not in head
