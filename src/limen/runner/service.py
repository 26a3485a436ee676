"""What the runner runs: the seam between processes and the gateway itself.

The runner knows no provider, no schema and no HTTP; a `Service` turns a file's text into a snapshot, and a snapshot into an
application. Every process makes its own, after the fork.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from limen.config.snapshot import Snapshot
from limen.runner.watch import Content

Message = MutableMapping[str, Any]


class Application(Protocol):
    """An ASGI application that can change its configuration, and knows that it is going."""

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Serve one ASGI scope."""

    def swap(self, snapshot: Snapshot) -> None:
        """Serve `snapshot` from now on; what is in hand keeps the one it began with."""

    def config_failed(self, message: str) -> None:
        """Show that a newer configuration was refused."""

    def begin_drain(self) -> None:
        """From now on every reply says `connection: close`."""


class Service(Protocol):
    """How a process turns configuration into something that serves."""

    def snapshot(self, content: Content) -> Snapshot:
        """Build and validate. Raises ConfigError."""

    def application(self, snapshot: Snapshot) -> Application:
        """The application of this process; called once, within its event loop."""


MakeService = Callable[[], Service]
