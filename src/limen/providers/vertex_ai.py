"""Google's Vertex AI: Gemini, Claude, and the open models of its Model Garden, each in its own dialect.

The model's name says which: ``claude-…`` is Anthropic's dialect at ``rawPredict``; a name with a publisher before a slash, such
as ``meta/llama-4-maverick-17b-128e-instruct-maas``, is OpenAI's dialect; all others are Gemini's. An endpoint names its
model, so this is decided once. Where clients choose the model it is Gemini's dialect alone.

Sources: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference (Gemini),
https://docs.anthropic.com/en/api/claude-on-vertex-ai and anthropic-sdk-python, `lib/vertex` (Claude, addresses),
https://cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis (open models). Tokens are Google Cloud's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, ClassVar
from urllib.parse import quote

from pydantic import Field, field_validator

from limen.dialects.anthropic.count_tokens import AnthropicTokenCount
from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.anthropic.request_writer import Envelope
from limen.errors import BadRequest
from limen.model.http import WireRequest, header_block
from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.credentials import GoogleAccount, bearer, ready
from limen.providers.gemini import GeminiAdapter, action
from limen.providers.openai_compatible import PATHS, OpenAIAdapter, headers
from limen.wire.edit import Fields

CLAUDE_VERSION = "vertex-2023-10-16"
DEFAULT_LOCATION = "global"
_MULTI_REGIONS = ("us", "eu")
_Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")]


class Family(Enum):
    """Which dialect a model is asked in."""

    GEMINI = "gemini"
    CLAUDE = "claude"
    OPEN = "open"


def family_of(model: str | None) -> Family:
    """The family of a model's name."""
    name = (model or "").removeprefix("publishers/").replace("/models/", "/")
    if name.startswith(("claude", "anthropic/")):
        return Family.CLAUDE
    publisher, slash, _ = name.partition("/")
    return Family.OPEN if slash and publisher != "google" else Family.GEMINI


class VertexConfig(ProviderConfig):
    """The `config:` block.

    `vertex_credentials` is a key's JSON or the path of its file; without it application default credentials are looked for.
    `vertex_impersonate` is a service account to act as. `vertex_anthropic_betas`: which of a client's `anthropic-beta` go on
    to Claude: all if left out, none if empty.
    """

    vertex_project: _Word
    vertex_location: _Word = DEFAULT_LOCATION
    vertex_credentials: Secret | None = None
    vertex_impersonate: str | None = None
    vertex_anthropic_betas: tuple[str, ...] | None = None
    api_base: BaseUrlText | None = None

    @field_validator("vertex_anthropic_betas", mode="before")
    @classmethod
    def _split_betas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("vertex_location", mode="before")
    @classmethod
    def _usual_location(cls, value: object) -> object:
        return DEFAULT_LOCATION if value is None else value

    @property
    def address(self) -> str:
        """Where the location's API is."""
        location = self.vertex_location
        if self.api_base is not None:
            return self.api_base
        if location == DEFAULT_LOCATION:
            return "https://aiplatform.googleapis.com"
        if location in _MULTI_REGIONS:
            return f"https://aiplatform.{location}.rep.googleapis.com"
        return f"https://{location}-aiplatform.googleapis.com"


class ClaudeAdapter(ProviderAdapter):
    """Anthropic's dialect in Vertex' envelope: the path has the model, and the body a version of its own."""

    def __init__(self) -> None:
        chat = AnthropicMessages(Envelope(model=False, version=CLAUDE_VERSION))
        super().__init__({Operation.CHAT: chat, Operation.COUNT_TOKENS: AnthropicTokenCount()})

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """Put a body of Anthropic's own into Vertex' envelope."""
        fields.set("anthropic_version", CLAUDE_VERSION)
        if operation is Operation.CHAT:
            fields.remove("model")
        elif model is not None:
            fields.set("model", _bare(model))


_ADAPTERS: Mapping[Family, Callable[[], ProviderAdapter]] = {
    Family.GEMINI: GeminiAdapter,
    Family.CLAUDE: ClaudeAdapter,
    Family.OPEN: OpenAIAdapter,
}
_OPEN_OPERATIONS = frozenset({Operation.CHAT})


class VertexProvider(BaseProvider):
    """Sends to the paths of a project at a location."""

    NAME = "vertex-ai"
    DISPLAY_NAME = "Google Vertex AI"
    CONFIG_TYPE: ClassVar[type[ProviderConfig]] = VertexConfig
    OPERATIONS = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.COUNT_TOKENS})
    STREAMS = frozenset({Operation.CHAT})
    KEY_FIELD: ClassVar[str | None] = "vertex_credentials"
    DOCS_URL = "https://cloud.google.com/vertex-ai/generative-ai/docs"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config_as(VertexConfig)
        self._base = parse_base_url(config.address, tls_profile=settings.tls_profile)
        self._place = f"/projects/{quote(config.vertex_project, safe=':')}/locations/{config.vertex_location}"
        self._headers = headers()
        self._betas = config.vertex_anthropic_betas
        self.source = settings.credentials.google(
            GoogleAccount(config.vertex_credentials, impersonate=config.vertex_impersonate)
        )

    def build_adapter(self) -> ProviderAdapter:
        """The dialects of the model's family."""
        self._family = family_of(self.settings.model)
        return _ADAPTERS[self._family]()

    def supports(self, operation: Operation, *, stream: bool) -> bool:
        """What the model's family can do."""
        known = _OPEN_OPERATIONS if self._family is Family.OPEN else self.adapter.dialects
        return operation in known and super().supports(operation, stream=stream)

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
        """The request that carries `body`. BadRequest where no model is named, or one of another family than was configured."""
        if not model:
            raise BadRequest("no model is named: Vertex AI's paths need one", param="model", code="missing_model")
        if family_of(model) is not self._family:
            raise BadRequest(
                f"the model {model!r} speaks another dialect than Gemini's: it needs an endpoint of its own in the configuration",
                param="model",
            )
        path, _, query = self._path(operation, body, model, stream=stream).partition("?")
        sent = self._headers + bearer(ready(self.source)) if self.source is not None else self._headers
        betas = self._carried_betas(carried) if self._family is Family.CLAUDE and carried else ""
        if betas:
            sent += header_block([("anthropic-beta", betas)])
        return WireRequest(self._base.origin, b"POST", self._base.target(path, query), sent, body)

    def _path(self, operation: Operation, body: bytes, model: str, *, stream: bool) -> str:
        if self._family is Family.OPEN:
            return f"/v1{self._place}/endpoints/openapi{PATHS[operation]}"
        name = quote(_bare(model), safe="@:-._~")
        if self._family is Family.GEMINI:
            return f"/v1beta1{self._place}/publishers/google/models/{name}{action(operation, body, stream=stream)}"
        if operation is Operation.COUNT_TOKENS:
            return f"/v1{self._place}/publishers/anthropic/models/count-tokens:rawPredict"
        asked = ":streamRawPredict" if stream else ":rawPredict"
        return f"/v1{self._place}/publishers/anthropic/models/{name}{asked}"

    def _carried_betas(self, carried: Sequence[tuple[bytes, bytes]]) -> str:
        told = dict(carried).get(b"anthropic-beta", b"").decode("latin-1")
        betas = [part.strip() for part in told.split(",") if part.strip()]
        return ",".join(beta for beta in betas if self._betas is None or beta in self._betas)


def _bare(model: str) -> str:
    """The name without the publisher before it."""
    return model.rpartition("/")[2]
