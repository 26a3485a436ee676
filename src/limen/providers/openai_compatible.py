"""A provider that speaks OpenAI's dialect under a base URL: the ground of `openai` and of every row of the catalog.

Pure. Everything that does not depend on the request (origin, target, headers) is worked out once, when the provider is built.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import msgspec

from limen.dialects.base import AnyDialect
from limen.dialects.jina.rerank import JinaRerank
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.chat_request import Spelling
from limen.dialects.openai.completions import OpenAICompletions
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.dialects.responses.relay_edit import edit_relayed
from limen.dialects.responses.responses import OpenAIResponses
from limen.errors import NotSupported
from limen.model.http import Origin, WireRequest, header_block
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, Sampling
from limen.providers.base import AnyRequest, BaseProvider, ProviderAdapter, ProviderSettings, Transport
from limen.providers.credentials import bearer, ready
from limen.providers.earlier_thoughts import fit, fits
from limen.version import __version__
from limen.wire.edit import Fields

PATHS: Mapping[Operation, str] = {
    Operation.CHAT: "/chat/completions",
    Operation.COMPLETIONS: "/completions",
    Operation.EMBEDDINGS: "/embeddings",
    Operation.RERANK: "/rerank",
}
RESPONSES = OpenAIResponses()
RESPONSES_PATH = "/responses"
STANDARD_HEADERS = (
    ("content-type", "application/json"),
    ("user-agent", f"limen/{__version__}"),
    # Bytes are relayed as they come, and looked into on the way: they must not be packed.
    ("accept-encoding", "identity"),
)
DIALECTS: Mapping[Operation, AnyDialect] = {
    Operation.CHAT: OpenAIChat(),
    Operation.COMPLETIONS: OpenAICompletions(),
    Operation.EMBEDDINGS: OpenAIEmbeddings(),
    Operation.RERANK: JinaRerank(),
}

StreamUsage = Literal["option", "always", "none"]
_ONLY_USAGE = msgspec.Raw(b'{"include_usage":true}')
_OPTIONS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Quirks(msgspec.Struct, frozen=True):
    """Where a provider's way differs from OpenAI's.

    `stream_usage`: how usage comes in a stream: if `stream_options.include_usage` asks for it (``option``), unasked
    (``always``), or not at all (``none``); in the last two cases the option is not sent. `max_tokens_key`: the only name it takes
    for the bound on output. `unsupported`: parameters it refuses; they are left out, and named as lost, when a request is
    translated. `sends_model`: False where the URL names the model. `responses`: it also serves OpenAI's Responses;
    `responses_model`: under this name, where that is not the model's. `thinking_key`: where it wants earlier thoughts back;
    `refuses_thoughts`: nowhere, and it refuses a message with any.
    """

    stream_usage: StreamUsage = "option"
    max_tokens_key: str | None = None
    unsupported: tuple[str, ...] = ()
    sends_model: bool = True
    responses: bool = False
    responses_model: str | None = None
    thinking_key: str | None = None
    refuses_thoughts: bool = False


class OpenAIAdapter(ProviderAdapter):
    """OpenAI's dialects, bent by quirks; `also` are others that the provider speaks."""

    def __init__(self, quirks: Quirks = Quirks(), also: Sequence[AnyDialect] = ()) -> None:  # noqa: B008  an immutable value
        super().__init__(_dialects(quirks), (RESPONSES, *also) if quirks.responses else also)
        self.quirks = quirks

    def relays(self, operation: Operation, fields: Fields, wire: str) -> bool:
        """Not where earlier thoughts stand where the provider does not take them."""
        quirks = self.quirks
        return operation is not Operation.CHAT or fits(fields, quirks.thinking_key, refused=quirks.refuses_thoughts)

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """Set the model, ask for usage in streams, and use the provider's name for the bound on output.

        A parameter that the provider refuses stays: the caller speaks this dialect, and the provider's own refusal says more.
        """
        quirks = self.quirks
        if wire == RESPONSES.wire:
            edit_relayed(fields, quirks.responses_model or model)
            return
        if not quirks.sends_model:
            fields.remove("model")
        elif model is not None:
            fields.set("model", model)
        if stream:
            self._edit_stream_options(fields)
        if quirks.max_tokens_key is not None:
            _rename_max_tokens(fields, quirks.max_tokens_key)

    def _edit_stream_options(self, fields: Fields) -> None:
        if self.quirks.stream_usage != "option":
            fields.remove("stream_options")
            return
        given = fields.raw.get("stream_options")
        if given is None or bytes(given) == b"null":
            fields.set("stream_options", _ONLY_USAGE)
            return
        try:
            options = _OPTIONS.decode(given)
        except msgspec.DecodeError:
            return  # Not an object: the provider will say so, in its own words.
        fields.set("stream_options", {**options, "include_usage": msgspec.Raw(b"true")})

    def edit_request(self, operation: Operation, request: AnyRequest, losses: Losses) -> AnyRequest:
        """Take out what the provider refuses, and name it in `losses`."""
        for name in self.quirks.unsupported:
            request = _without(request, name, losses)
        if isinstance(request, ChatRequest):
            if self.quirks.max_tokens_key is not None:
                request = msgspec.structs.replace(request, max_tokens_key=self.quirks.max_tokens_key)
            if request.dialect == OpenAIChat.wire:
                request = fit(request, self.quirks.thinking_key, losses, refused=self.quirks.refuses_thoughts)
        if self.quirks.stream_usage != "option" and isinstance(request, ChatRequest | CompletionRequest):
            request = msgspec.structs.replace(request, stream_usage=None)
        return request


def _dialects(quirks: Quirks) -> Mapping[Operation, AnyDialect]:
    if quirks.thinking_key is None:
        return DIALECTS
    return {**DIALECTS, Operation.CHAT: OpenAIChat(Spelling(thinking_key=quirks.thinking_key))}


def _rename_max_tokens(fields: Fields, key: str) -> None:
    other = "max_tokens" if key == "max_completion_tokens" else "max_completion_tokens"
    value = fields.raw.get(other)
    if value is not None and key not in fields.raw:
        fields.set(key, value)
        fields.remove(other)


def _without(request: AnyRequest, name: str, losses: Losses) -> AnyRequest:
    if getattr(request, name, None) is not None:
        losses.note(name, "the provider does not take it")
        return msgspec.structs.replace(request, **{name: None})
    sampling: Sampling | None = getattr(request, "sampling", None)
    if sampling is not None and getattr(sampling, name, None) is not None:
        losses.note(name, "the provider does not take it")
        return msgspec.structs.replace(request, sampling=msgspec.structs.replace(sampling, **{name: None}))
    return request


class Address(msgspec.Struct, frozen=True):
    """All of a request but its body."""

    origin: Origin
    target: bytes
    headers: bytes


class OpenAICompatibleProvider(BaseProvider, ABC):
    """Sends to addresses that are known before any request. Subclasses give those addresses and the quirks."""

    QUIRKS: ClassVar[Quirks] = Quirks()

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        self._addresses = {operation: self.address(operation) for operation in PATHS}
        self._responses = self.responses_address() if self.quirks.responses else None

    @property
    def quirks(self) -> Quirks:
        """The quirks of this provider as it is configured."""
        return self.QUIRKS

    def build_adapter(self) -> ProviderAdapter:
        """OpenAI's dialects with this provider's quirks."""
        return OpenAIAdapter(self.quirks)

    @abstractmethod
    def address(self, operation: Operation) -> Address:
        """Where requests for `operation` go, and with which headers."""

    def responses_address(self) -> Address | None:
        """Where requests in the dialect of OpenAI's Responses go; None where they are not served."""
        return None

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
        """The request that carries `body`, with the bearer token of `source` if there is one."""
        speaks_responses = wire == RESPONSES.wire and operation is Operation.CHAT
        address = self._responses if speaks_responses else self._addresses.get(operation)
        if address is None:
            raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")
        token = bearer(ready(self.source)) if self.source is not None else b""
        return WireRequest(address.origin, b"POST", address.target, address.headers + token, body)


def headers(*credentials: tuple[str, str]) -> bytes:
    """The header lines of every request: the standard ones, then `credentials`."""
    return header_block((*STANDARD_HEADERS, *credentials))
