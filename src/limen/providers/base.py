"""The contract of a provider, and of the adapter that translates for it.

A provider says who answers: where requests go, with which credentials, in which dialect. Its adapter is that dialect plus
what this provider does differently. Both are pure but for the transport they are given, so a provider can be used by
itself as a library::

    provider = OpenAIProvider(ProviderSettings("gpt-5", config), transport=client)
    reply = await provider.chat(request)

A provider that can't be described by an HTTP request (a local model, a vendor's SDK) overrides `chat`, `chat_stream`
and so on; the gateway then calls those. All others only describe their requests, and the gateway sends them itself.

Must not: import an event loop, an HTTP client, a clock or the environment. What a provider needs of them is handed to it: a
transport to send with, and in its settings a `sleep` to wait with and a `clock`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from limen.dialects.base import AnyDialect, StreamParser
from limen.errors import ConfigError, MalformedReply, NotSupported, TransportFault
from limen.model.events import Event
from limen.model.http import Timeouts, WireRequest
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest
from limen.model.rerank import RerankRequest, RerankResponse
from limen.model.response import ChatResponse, EmbeddingResponse
from limen.model.token_count import TokenCount
from limen.providers.credentials import AbsentCredentials, Credentials, CredentialSource
from limen.wire.edit import Fields

AnyRequest = ChatRequest | CompletionRequest | EmbeddingRequest | RerankRequest
ConfigT = TypeVar("ConfigT", bound="ProviderConfig")
RequestT = TypeVar("RequestT", ChatRequest, CompletionRequest, EmbeddingRequest, RerankRequest)
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Reply(Protocol):
    """A reply whose head has arrived; the body is still to be pulled."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """The headers, names in lower case."""

    async def read(self, limit: int | None = None) -> bytes:
        """The whole body."""

    async def chunk(self) -> bytes:
        """What has arrived since the last call; empty at the clean end."""

    async def flow(self, sink: Callable[[bytes], bool]) -> None:
        """Give pieces to `sink` as they arrive, until it returns False or there is something for `chunk` to say."""

    def close(self) -> None:
        """Let go of the connection; closes it if the body is not complete."""


class Transport(Protocol):
    """What carries a request out. `limen.net.Client` is one."""

    async def request(self, request: WireRequest, timeouts: Timeouts) -> Reply:
        """Send, and return once the head of the reply is there."""


class ProviderConfig(BaseModel):
    """The base of every provider's `config:` block. Unknown keys are kept out here and reported by the loader."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class ProviderSettings(msgspec.Struct, frozen=True):
    """What an endpoint tells its provider: the model's name (None where the client chooses it), and the `config:` block.

    `sleep` waits for a number of seconds; only providers that pace their own answers use it. Without one they do not wait.
    `credentials` gives sources of credentials that are valid for a while only, to providers that need such. `clock` tells the
    seconds since 1970, to those that sign their requests.
    """

    model: str | None
    config: ProviderConfig
    timeouts: Timeouts = Timeouts()
    tls_profile: str = ""
    sleep: Sleep | None = None
    credentials: Credentials = AbsentCredentials()
    clock: Clock | None = None


class ProviderAdapter:
    """Pure translation between the hub and one provider's wire: a dialect for each operation, plus quirks.

    Override only what differs. The familiar names (`chat_to_model`, `model_to_chat`, …) are all here.
    """

    def __init__(self, dialects: Mapping[Operation, AnyDialect], also: Sequence[AnyDialect] = ()) -> None:
        """`dialects` are what requests are translated to; `also` are others that the provider speaks, for clients that do too."""
        self.dialects = dict(dialects)
        self._spoken = {(each.operation, each.wire): each for each in (*also, *self.dialects.values())}

    def dialect(self, operation: Operation, wire: str = "") -> AnyDialect:
        """The dialect for `operation`: the one of that `wire` if the provider speaks it. NotSupported if there is none."""
        found = self._spoken.get((operation, wire)) or self.dialects.get(operation)
        if found is None:
            raise NotSupported(f"this provider has no {operation} operation")
        return found

    def relays(self, operation: Operation, fields: Fields, wire: str) -> bool:
        """Whether a client's body in `wire`, which the provider speaks, can go on as it is but for `edit_relay`.

        What can't passes through the hub, which bends it and names what it loses. Must be cheap.
        """
        return True

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """Change the top-level keys that must change when a body is relayed: `fields` maps key to raw JSON.

        `wire` is the format it is in, for a provider that speaks several for one operation.
        """
        if model is not None:
            fields.set("model", model)

    def edit_request(self, operation: Operation, request: AnyRequest, losses: Losses) -> AnyRequest:
        """Bend a request to what this provider takes, before it is rendered."""
        return request

    def _to_model(self, operation: Operation, request: AnyRequest, losses: Losses) -> bytes:
        return self.dialect(operation).render_request(self.edit_request(operation, request, losses), losses)

    def chat_to_model(self, request: ChatRequest, losses: Losses) -> bytes:
        """Hub request → body."""
        return self._to_model(Operation.CHAT, request, losses)

    def chat_streaming_to_model(self, request: ChatRequest, losses: Losses) -> bytes:
        """Hub request → body of a streamed request, with usage asked for."""
        return self._to_model(Operation.CHAT, msgspec.structs.replace(request, stream=True, stream_usage=True), losses)

    def model_to_chat(self, body: bytes) -> ChatResponse:
        """Body → hub response."""
        response: ChatResponse = self.dialect(Operation.CHAT).parse_response(body)
        return response

    def model_to_chat_streaming(self) -> StreamParser:
        """A parser: frames → events."""
        return self.dialect(Operation.CHAT).stream_parser()

    def completions_to_model(self, request: CompletionRequest, losses: Losses) -> bytes:
        """Hub request → body."""
        return self._to_model(Operation.COMPLETIONS, request, losses)

    def completions_streaming_to_model(self, request: CompletionRequest, losses: Losses) -> bytes:
        """Hub request → body of a streamed request, with usage asked for."""
        streamed = msgspec.structs.replace(request, stream=True, stream_usage=True)
        return self._to_model(Operation.COMPLETIONS, streamed, losses)

    def model_to_completions(self, body: bytes) -> ChatResponse:
        """Body → hub response."""
        response: ChatResponse = self.dialect(Operation.COMPLETIONS).parse_response(body)
        return response

    def model_to_completions_streaming(self) -> StreamParser:
        """A parser: frames → events."""
        return self.dialect(Operation.COMPLETIONS).stream_parser()

    def embeddings_to_model(self, request: EmbeddingRequest, losses: Losses) -> bytes:
        """Hub request → body."""
        return self._to_model(Operation.EMBEDDINGS, request, losses)

    def model_to_embeddings(self, body: bytes) -> EmbeddingResponse:
        """Body → hub response."""
        response: EmbeddingResponse = self.dialect(Operation.EMBEDDINGS).parse_response(body)
        return response

    def rerank_to_model(self, request: RerankRequest, losses: Losses) -> bytes:
        """Hub request → body."""
        return self._to_model(Operation.RERANK, request, losses)

    def model_to_rerank(self, body: bytes) -> RerankResponse:
        """Body → hub response."""
        response: RerankResponse = self.dialect(Operation.RERANK).parse_response(body)
        return response

    def count_tokens_to_model(self, request: ChatRequest, losses: Losses) -> bytes:
        """Hub request → body of the question how many tokens it would be."""
        return self._to_model(Operation.COUNT_TOKENS, request, losses)

    def model_to_count_tokens(self, body: bytes) -> TokenCount:
        """Body → hub count."""
        count: TokenCount = self.dialect(Operation.COUNT_TOKENS).parse_response(body)
        return count


class BaseProvider:
    """Who answers. Subclasses set the class attributes and build an adapter and `prepare`, or override the operations.

    `NAME` is the word in the configuration file, `DISPLAY_NAME` the one for people. `CONFIG_TYPE` is the pydantic model of the
    `config:` block, which may be left out unless `CONFIG_REQUIRED`; its fields that hold secrets are of type
    :class:`limen.model.secret.Secret`. `KEY_FIELD` is the one of them that holds the key, `ENV_KEYS` the environment
    variables where that key is usually found, most usual first. `STREAMS` are the operations that can be streamed.
    """

    NAME: ClassVar[str] = ""
    DISPLAY_NAME: ClassVar[str] = ""
    CONFIG_TYPE: ClassVar[type[ProviderConfig]] = ProviderConfig
    CONFIG_REQUIRED: ClassVar[bool] = True
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset(
        {Operation.CHAT, Operation.COMPLETIONS, Operation.EMBEDDINGS}
    )
    STREAMS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT, Operation.COMPLETIONS})
    ENV_KEYS: ClassVar[tuple[str, ...]] = ()
    KEY_FIELD: ClassVar[str | None] = None
    DOCS_URL: ClassVar[str] = ""
    LOCAL: ClassVar[frozenset[str]] = frozenset()
    """The names of the operations that a subclass answers itself, found when it is defined."""
    source: CredentialSource[Any] | None = None
    """Where this provider's credentials come from, if they are valid for a while only; set by the subclass's constructor."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names = (*Operation, "chat_stream", "completions_stream")
        cls.LOCAL = frozenset(str(n) for n in names if getattr(cls, n) is not getattr(BaseProvider, n))

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        self.settings = settings
        self.transport = transport
        self.adapter = self.build_adapter()

    def config_as(self, kind: type[ConfigT]) -> ConfigT:
        """The `config:` block, which must be of type `kind`; ConfigError if it is another provider's."""
        config = self.settings.config
        if not isinstance(config, kind):
            raise ConfigError(f"{self.DISPLAY_NAME} takes a {kind.__name__}, not a {type(config).__name__}")
        return config

    def build_adapter(self) -> ProviderAdapter:
        """The adapter of this provider: the dialects it speaks."""
        return ProviderAdapter({})

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
        """The request that carries `body` to this provider: address, credentials, headers. No I/O.

        `wire` is the format of `body`, for a provider that speaks several for one operation. `carried` are the client's own
        headers that belong to a relayed body; see :attr:`limen.dialects.base.Dialect.carried`.
        """
        raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")

    async def authorize(self) -> None:
        """Have a valid credential in `source`, if there is one; to be awaited before `prepare` while its `current()` is None.

        CredentialFault if none can be had.
        """
        if self.source is not None and self.source.current() is None:
            await self.source.obtain()

    def supports(self, operation: Operation, *, stream: bool) -> bool:
        """Whether this provider can do `operation`, streamed or not."""
        return operation in (self.STREAMS if stream else self.OPERATIONS)

    async def chat(self, request: ChatRequest) -> ChatResponse:
        """Answer a conversation."""
        self._require(Operation.CHAT)
        request = self._named(request)
        body = await self._call(Operation.CHAT, self.adapter.chat_to_model(request, Losses()), request.model)
        return self.adapter.model_to_chat(body)

    def chat_stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """Answer a conversation, event by event."""
        self._require(Operation.CHAT, stream=True)
        request = self._named(request)
        body = self.adapter.chat_streaming_to_model(request, Losses())
        return self._stream(Operation.CHAT, body, request.model, self.adapter.model_to_chat_streaming())

    async def completions(self, request: CompletionRequest) -> ChatResponse:
        """Go on with a text."""
        self._require(Operation.COMPLETIONS)
        request = self._named(request)
        body = self.adapter.completions_to_model(request, Losses())
        return self.adapter.model_to_completions(await self._call(Operation.COMPLETIONS, body, request.model))

    def completions_stream(self, request: CompletionRequest) -> AsyncIterator[Event]:
        """Go on with a text, event by event."""
        self._require(Operation.COMPLETIONS, stream=True)
        request = self._named(request)
        body = self.adapter.completions_streaming_to_model(request, Losses())
        parser = self.adapter.model_to_completions_streaming()
        return self._stream(Operation.COMPLETIONS, body, request.model, parser)

    async def embeddings(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Turn texts into vectors."""
        self._require(Operation.EMBEDDINGS)
        request = self._named(request)
        body = self.adapter.embeddings_to_model(request, Losses())
        return self.adapter.model_to_embeddings(await self._call(Operation.EMBEDDINGS, body, request.model))

    async def rerank(self, request: RerankRequest) -> RerankResponse:
        """Put documents in order."""
        self._require(Operation.RERANK)
        request = self._named(request)
        body = self.adapter.rerank_to_model(request, Losses())
        return self.adapter.model_to_rerank(await self._call(Operation.RERANK, body, request.model))

    async def count_tokens(self, request: ChatRequest) -> TokenCount:
        """How many tokens a conversation would be."""
        self._require(Operation.COUNT_TOKENS)
        request = self._named(request)
        body = self.adapter.count_tokens_to_model(request, Losses())
        return self.adapter.model_to_count_tokens(await self._call(Operation.COUNT_TOKENS, body, request.model))

    async def passthrough(self, operation: Operation, body: bytes, *, stream: bool = False) -> Reply:
        """Send `body` as it is, and hand back the reply as it comes, whatever its status."""
        self._require(operation, stream=stream)
        await self.authorize()
        request = self.prepare(operation, body, model=self.settings.model, stream=stream)
        return await self._transport().request(request, self.settings.timeouts)

    def _named(self, request: RequestT) -> RequestT:
        """`request` for the model of the settings, where they name one."""
        model = self.settings.model
        return request if model is None else msgspec.structs.replace(request, model=model)

    def _require(self, operation: Operation, *, stream: bool = False) -> None:
        if not self.supports(operation, stream=stream):
            how = "streamed " if stream else ""
            raise NotSupported(f"The {how}{operation} operation is not implemented for {self.DISPLAY_NAME} models.")

    def _transport(self) -> Transport:
        if self.transport is None:
            raise TransportFault(f"the {self.DISPLAY_NAME} provider was built without a transport", sent=False)
        return self.transport

    async def _open(self, operation: Operation, body: bytes, model: str | None, *, stream: bool) -> Reply:
        await self.authorize()
        request = self.prepare(operation, body, model=model, stream=stream)
        reply = await self._transport().request(request, self.settings.timeouts)
        if reply.status < 300:
            return reply
        # A redirect is an error too: credentials are bound to the origin they were given for.
        raise self.adapter.dialect(operation).parse_error(reply.status, reply.headers, await _read(reply))

    async def _call(self, operation: Operation, body: bytes, model: str | None) -> bytes:
        return await _read(await self._open(operation, body, model, stream=False))

    async def _stream(
        self, operation: Operation, body: bytes, model: str | None, parser: StreamParser
    ) -> AsyncIterator[Event]:
        reply = await self._open(operation, body, model, stream=True)
        framer = self.adapter.dialect(operation).stream_framer()
        try:
            while chunk := await reply.chunk():
                for frame in framer.feed(chunk):
                    for event in parser.feed(frame):
                        yield event
            rest = framer.close()
            for event in [*(parser.feed(rest) if rest else ()), *parser.close()]:
                yield event
            if not parser.ended:
                raise MalformedReply("the provider's stream ended without its end marker")
        finally:
            reply.close()


async def _read(reply: Reply) -> bytes:
    try:
        return await reply.read()
    finally:
        reply.close()
