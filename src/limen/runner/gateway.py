"""The gateway as a service of the runner: its configuration, its application and its connections to providers."""

from __future__ import annotations

import os
from typing import cast

from limen.app import GatewayAPI
from limen.config.environment import build_from_environment
from limen.config.load import build
from limen.config.snapshot import Snapshot
from limen.credentials.store import CredentialStore
from limen.model.http import Timeouts, WireRequest
from limen.net.client import Client
from limen.net.response import Response
from limen.net.settings import NetSettings
from limen.provider_registry import default_registry
from limen.runner.service import Application
from limen.runner.watch import Content


class Outgoing:
    """The way to the providers, for all snapshots of one worker.

    The client that the newest settings ask for carries new requests. One with other settings, of an earlier file, is kept for
    the replies that it still has in hand; its idle connections time out by themselves. `credentials` are those that are valid
    for a while only; they too outlive snapshots.
    """

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self.credentials = CredentialStore(self)
        self.use(NetSettings())

    async def request(self, request: WireRequest, timeouts: Timeouts) -> Response:
        """Send a request by the newest settings; see :meth:`limen.net.client.Client.request`."""
        return await self._clients[-1].request(request, timeouts)

    def use(self, settings: NetSettings) -> None:
        """Connect by these settings from now on. Equal settings keep their connections."""
        client = next((client for client in self._clients if client.settings == settings), None)
        if client is None:
            client = Client(settings)
        else:
            self._clients.remove(client)
        self._clients.append(client)  # the last is in use
        vars(self)["request"] = client.request  # its own method, found before ours: no call in between on the hot path

    async def aclose(self) -> None:
        """Fetch no more credentials, and close every connection."""
        await self.credentials.aclose()
        for client in self._clients:
            await client.aclose()


class GatewayService:
    """Builds snapshots and the application of one process. With `strict` a file's unknown keys are errors."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._outgoing = Outgoing()

    def snapshot(self, content: Content) -> Snapshot:
        """Build and validate. Raises ConfigError with every problem."""
        snapshot = self._build(content)
        if isinstance(snapshot.net, NetSettings):
            self._outgoing.use(snapshot.net)
        return snapshot

    def _build(self, content: Content) -> Snapshot:
        registry = default_registry()
        if content.text is None:
            return build_from_environment(
                environ=os.environ,
                registry=registry,
                transport=self._outgoing,
                credentials=self._outgoing.credentials,
            )
        return build(
            content.text,
            source=content.source,
            environ=os.environ,
            registry=registry,
            transport=self._outgoing,
            credentials=self._outgoing.credentials,
            strict=self._strict,
        )

    def application(self, snapshot: Snapshot) -> Application:
        """The gateway's application; it closes the connections when it ends."""
        return GatewayAPI(snapshot, client=cast(Client, self._outgoing))
