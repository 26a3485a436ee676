"""A provider with a path for each operation and a bearer token: the ground of those that speak dialects of their own.

Pure. Everything that does not depend on the request is worked out once, when the provider is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from limen.dialects.base import AnyDialect
from limen.errors import NotSupported
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderSettings, Transport
from limen.providers.base_url import parse_base_url
from limen.providers.openai_compatible import headers


class BearerProvider(BaseProvider):
    """`ROUTES` gives each operation its path and its dialect; `BASE_URL` is where they are unless the file has an `api_base`.

    `VERSIONS` are what people write at the end of an address that these paths begin with already.
    """

    BASE_URL: ClassVar[str] = ""
    VERSIONS: ClassVar[tuple[str, ...]] = ()
    ROUTES: ClassVar[Mapping[Operation, tuple[str, AnyDialect]]] = {}
    STREAMS = frozenset()

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        text: str = (getattr(settings.config, "api_base", None) or self.BASE_URL).rstrip("/")
        text = next((text.removesuffix(end) for end in self.VERSIONS if text.endswith(end)), text)
        base = parse_base_url(text, tls_profile=settings.tls_profile)
        key = getattr(settings.config, self.KEY_FIELD or "").reveal()
        self._origin, self._headers = base.origin, headers(("authorization", f"Bearer {key}"))
        self._targets = {operation: base.target(path) for operation, (path, _) in self.ROUTES.items()}

    def build_adapter(self) -> ProviderAdapter:
        """The dialects of the routes."""
        return ProviderAdapter({operation: dialect for operation, (_, dialect) in self.ROUTES.items()})

    def prepare(
        self,
        operation: Operation,
        body: bytes,
        *,
        model: str | None,
        stream: bool,
        wire: str = "",
        carried: Sequence[tuple[bytes, bytes]] = (),
    ) -> WireRequest:
        """The request that carries `body`."""
        target = self._targets.get(operation)
        if target is None:
            raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")
        return WireRequest(self._origin, b"POST", target, self._headers, body)
