"""The server's side of a client connection: uvicorn's httptools protocol, with what a gateway needs beside it.

- the running request is told at once when its client leaves, without a task that waits for it;
- a head that never ends is refused, and bad HTTP gets a JSON error;
- draining: a connection that is told to go answers what is on its way, says ``connection: close`` and lingers until then.

An ASGI application finds the connection under ``scope["extensions"]["limen.connection"]``. Any other ASGI server works
too; then the application watches `receive` instead.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

EXTENSION = "limen.connection"
MAX_HEAD_BYTES = 64 * 1024


class GatewayProtocol(HttpToolsProtocol):
    """One client connection."""

    _head_open = False
    _head_bytes = 0
    _owner: asyncio.Task[Any] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; a connection that never sends anything is closed like an idle one."""
        super().connection_made(transport)
        self._extensions = {EXTENSION: self}
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the running request that nobody waits for it any more."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self._owner is not None:
            self._owner.cancel("the client left")

    def guard(self) -> None:
        """Cancel the calling task if the client leaves before :meth:`release`."""
        self._owner = asyncio.current_task()

    def release(self) -> bool:
        """End the guard; tells whether the client has left."""
        self._owner = None
        return self.transport.is_closing()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head over the limit ends the connection."""
        super().data_received(data)
        if self._head_open:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(431, f"the request's head is larger than {MAX_HEAD_BYTES} bytes")

    def on_message_begin(self) -> None:
        """Start a scope that leads back to this connection."""
        super().on_message_begin()
        self._head_open = True
        self._head_bytes = 0
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item]

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_open = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Bad HTTP: say so in JSON, and close."""
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": "bad_http"}
        body = msgspec.json.encode({"error": error})
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def shutdown(self) -> None:
        """Draining is over for this connection: close it now if it is idle, else after the answer in hand."""
        super().shutdown()

    @property
    def idle(self) -> bool:
        """Whether no request is in hand, whole or in part."""
        return (self.cycle is None or self.cycle.response_complete) and not self._head_open

    def __repr__(self) -> str:
        return f"<GatewayProtocol {self.client} {'idle' if self.idle else 'busy'}>"


