"""What Ollama speaks beside OpenAI's dialect: its own API, for clients that speak it too.

Requests of other dialects go to it as OpenAI's; a request in one of Ollama's own wires is relayed to the path of that wire. Both
live under one address, OpenAI's dialect below ``/v1``. Sources: docs.ollama.com/api, docs.ollama.com/api/openai-compatibility.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence

import msgspec

from limen.dialects.base import AnyDialect
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.ollama.embed import OllamaEmbed, OllamaEmbeddings
from limen.dialects.ollama.generate import OllamaGenerate
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.providers.base import ProviderAdapter, ProviderSettings, Transport
from limen.providers.openai_compatible import (
    PATHS,
    RESPONSES_PATH,
    Address,
    OpenAIAdapter,
    OpenAICompatibleProvider,
    Quirks,
)
from limen.wire.edit import Fields

OWN_DIALECTS: Mapping[str, AnyDialect] = {
    "/api/chat": OllamaChat(),
    "/api/generate": OllamaGenerate(),
    "/api/embed": OllamaEmbed(),
    "/api/embeddings": OllamaEmbeddings(),
}
"""Ollama's own dialects, each with its path."""
_OPENAI_PATHS = {path.encode(): b"/v1" + path.encode() for path in PATHS.values()}
_BELOW = (b"/v1", b"/api")
"""What people write at the end of Ollama's address."""


class OllamaAdapter(OpenAIAdapter):
    """OpenAI's dialects, and Ollama's own."""

    def __init__(self, quirks: Quirks = Quirks()) -> None:  # noqa: B008  an immutable value
        super().__init__(quirks, tuple(OWN_DIALECTS.values()))

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """Set the model; all else that OpenAI's dialect needs means nothing in Ollama's own."""
        if wire.startswith("ollama_"):
            ProviderAdapter.edit_relay(self, operation, fields, model=model, stream=stream, wire=wire)
        else:
            super().edit_relay(operation, fields, model=model, stream=stream, wire=wire)


class OllamaProvider(OpenAICompatibleProvider, ABC):
    """Sends each wire to its own path, whether the address was written with ``/v1``, ``/api`` or neither."""

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        for operation, address in self._addresses.items():
            path = PATHS[operation].encode()
            root = _root(address.target, path)
            self._addresses[operation] = msgspec.structs.replace(address, target=root + _OPENAI_PATHS[path])
        chat = self._addresses[Operation.CHAT]
        root = _root(chat.target, PATHS[Operation.CHAT].encode())
        if self._responses is not None:
            self._responses = msgspec.structs.replace(chat, target=root + b"/v1" + RESPONSES_PATH.encode())
        self._own: dict[str, Address] = {
            dialect.wire: msgspec.structs.replace(chat, target=root + path.encode())
            for path, dialect in OWN_DIALECTS.items()
        }

    def build_adapter(self) -> ProviderAdapter:
        """OpenAI's dialects with this provider's quirks, and Ollama's own."""
        return OllamaAdapter(self.quirks)

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
        address = self._own.get(wire)
        if address is None:
            return super().prepare(operation, body, model=model, stream=stream, wire=wire, carried=carried)
        return WireRequest(address.origin, b"POST", address.target, address.headers, body)


def _root(target: bytes, path: bytes) -> bytes:
    """What stands before either kind of path."""
    root = target.removesuffix(path)
    return next((root.removesuffix(end) for end in _BELOW if root.endswith(end)), root)
