"""`GatewayAPI`: the API facade.

Data-plane requests are recognised first, by one look-up of their path, and served as raw ASGI. Everything else (health, lists,
documentation) is ordinary FastAPI.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import FastAPI

from limen.config.snapshot import Snapshot
from limen.exchange import Exchange
from limen.net.client import Client
from limen.plan import Door
from limen.server import control
from limen.server.body import given_request_id
from limen.server.dataplane import CLOSE, DataPlane
from limen.server.doors import Doors
from limen.server.status import Status
from limen.streaming import Message, Receive, Scope, Send
from limen.version import __version__


class GatewayAPI(FastAPI):
    """The gateway as an ASGI application.

    Serves `snapshot` until another is swapped in. `client` carries the requests to providers; give the one that the
    snapshot's providers were built with. `clock` counts seconds for limits.
    """

    def __init__(
        self, snapshot: Snapshot, *, client: Client | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(title="limen", version=__version__, lifespan=self._lifespan)
        self.client = client or Client()
        self._data_plane = DataPlane(Exchange(self.client, clock))
        self._snapshot = snapshot
        self._doors = Doors(snapshot)
        self._status = Status(snapshot)
        control.install(self, lambda: self._snapshot, lambda: self._status, self._find_door)

    @property
    def snapshot(self) -> Snapshot:
        """What new requests are served from."""
        return self._snapshot

    def _find_door(self, path: str) -> Door | None:
        return self._doors.find(path)

    def swap(self, snapshot: Snapshot) -> None:
        """Serve `snapshot` from now on. Requests in hand keep the one they began with."""
        self._doors, self._snapshot = Doors(snapshot), snapshot
        self._status.serving(snapshot)

    def config_failed(self, message: str) -> None:
        """Report that a newer configuration was refused; the current one is still served."""
        self._status.refused(message)

    def begin_drain(self) -> None:
        """From now on every reply ends its connection."""
        self._data_plane.draining = True
        self._status.draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        await self.dispatch(scope, receive, send)

    def dispatch(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """The coroutine that serves one ASGI scope; limen's own server takes it from here, one frame nearer."""
        if scope["type"] == "http":
            door = self._doors.find(scope["path"])
            if door is not None:
                if door.otherwise is not None and door.query not in scope["query_string"]:
                    door = door.otherwise
                return self._data_plane.serve(door, self._snapshot, scope, receive, send)
            send = self._marked(scope, send)
        return super().__call__(scope, receive, send)

    def _marked(self, scope: Scope, send: Send) -> Send:
        """Give replies outside the data plane what all replies carry: a request id, and the end of a draining server."""
        request_id = given_request_id(dict(scope["headers"])) or self._data_plane.new_request_id()

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                end = [CLOSE] if self._data_plane.draining else []
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id), *end]
            await send(message)

        return marked

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Any) -> AsyncIterator[None]:
        yield
        await self.client.aclose()
