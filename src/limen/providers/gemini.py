"""Google's Gemini API, and any server that speaks its dialect.

The path names the model and what is asked of it: ``{base}/models/{model}:generateContent``. Vertex AI has the same actions
under another path and takes a token in place of a key; `action` and the two hooks of :class:`GeminiProvider` are what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from limen.dialects.base import AnyDialect
from limen.dialects.gemini.chat import GeminiChat
from limen.dialects.gemini.count_tokens import GeminiCountTokens
from limen.dialects.gemini.embeddings import GeminiEmbeddings
from limen.errors import BadRequest, NotSupported
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrl, BaseUrlText, parse_base_url
from limen.providers.earlier_thoughts import calls_are_signed
from limen.providers.openai_compatible import headers
from limen.wire.edit import Fields

DEFAULT_BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
DIALECTS: Mapping[Operation, AnyDialect] = {
    Operation.CHAT: GeminiChat(),
    Operation.EMBEDDINGS: GeminiEmbeddings(),
    Operation.COUNT_TOKENS: GeminiCountTokens(),
}
_COLLECTIONS = ("models/", "tunedModels/")
_WRAPPED = ("generateContentRequest", "generate_content_request")


class _Batch(msgspec.Struct):
    requests: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_BATCH = msgspec.json.Decoder(_Batch)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def action(operation: Operation, body: bytes, *, stream: bool) -> str:
    """What follows the model in a path, with its query: ``:streamGenerateContent?alt=sse``. NotSupported."""
    match operation:
        case Operation.CHAT if stream:
            return ":streamGenerateContent?alt=sse"
        case Operation.CHAT:
            return ":generateContent"
        case Operation.COUNT_TOKENS:
            return ":countTokens"
        case Operation.EMBEDDINGS:
            return ":batchEmbedContents" if is_batch(body) else ":embedContent"
    raise NotSupported(f"Gemini has no {operation} operation")


def is_batch(body: bytes) -> bool:
    """Whether a request for embeddings holds several."""
    if b'"requests"' not in body:
        return False
    try:
        return _BATCH.decode(body).requests is not msgspec.UNSET
    except msgspec.DecodeError:
        return False


def model_path(model: str) -> str:
    """The model's resource name, such as ``models/gemini-2.5-flash``, fit for a path."""
    name = model if model.startswith(_COLLECTIONS) else f"models/{model}"
    return quote(name, safe="/:@-._~")


class GeminiAdapter(ProviderAdapter):
    """Gemini's dialects. Where a relayed body names its model, as some do though the path does, the real one is put in."""

    def __init__(self, dialects: Mapping[Operation, AnyDialect] = DIALECTS) -> None:
        super().__init__(dialects)

    def relays(self, operation: Operation, fields: Fields, wire: str) -> bool:
        """Not where Gemini would miss its signature on a call that another provider's model made."""
        return operation is not Operation.CHAT or calls_are_signed(fields)

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """Name the model where the body names one: at its top, and in the requests that it holds."""
        if model is None:
            return
        name = msgspec.Raw(msgspec.json.encode(model if model.startswith(_COLLECTIONS) else f"models/{model}"))
        if "model" in fields.raw:
            fields.set("model", name)
        if operation is Operation.COUNT_TOKENS:
            for key in _WRAPPED:
                _name_inside(fields, key, _MEMBERS, name)
        elif operation is Operation.EMBEDDINGS:
            _name_inside(fields, "requests", _LIST, name)


def _name_inside(fields: Fields, key: str, decoder: msgspec.json.Decoder[Any], name: msgspec.Raw) -> None:
    raw = fields.raw.get(key)
    if raw is None:
        return
    try:
        value = decoder.decode(raw)
    except msgspec.DecodeError:
        return  # Of another shape: the provider will say so, in its own words.
    for each in value if isinstance(value, list) else [value]:
        each["model"] = name
    fields.set(key, value)


class GeminiConfig(ProviderConfig):
    """The `config:` block. `api_base` is any server that has Gemini's paths below it."""

    gemini_api_key: ApiKey
    api_base: BaseUrlText | None = None


class GeminiProvider(BaseProvider):
    """Sends to ``{base}/models/{model}:{action}``."""

    NAME = "gemini"
    DISPLAY_NAME = "Google Gemini"
    CONFIG_TYPE: ClassVar[type[ProviderConfig]] = GeminiConfig
    OPERATIONS = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.COUNT_TOKENS})
    STREAMS = frozenset({Operation.CHAT})
    ENV_KEYS: ClassVar[tuple[str, ...]] = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    KEY_FIELD: ClassVar[str | None] = "gemini_api_key"
    DOCS_URL = "https://ai.google.dev/api"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        self._base = self.base()
        self._headers = headers(*self.credentials())

    def build_adapter(self) -> ProviderAdapter:
        """Gemini's dialects."""
        return GeminiAdapter()

    def base(self) -> BaseUrl:
        """What every path begins with."""
        given = self.config_as(GeminiConfig).api_base
        return parse_base_url(given or DEFAULT_BASE_URL, tls_profile=self.settings.tls_profile)

    def credentials(self) -> tuple[tuple[str, str], ...]:
        """The headers that hold the key. Never the query: addresses are written to logs."""
        return (("x-goog-api-key", self.config_as(GeminiConfig).gemini_api_key.reveal()),)

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
        """The request that carries `body`. BadRequest where no model is named."""
        if not model:
            raise BadRequest("no model is named: Gemini's paths need one", param="model", code="missing_model")
        path, _, query = action(operation, body, stream=stream).partition("?")
        target = self._base.target(f"/{model_path(model)}{path}", query)
        return WireRequest(self._base.origin, b"POST", target, self._headers, body)
