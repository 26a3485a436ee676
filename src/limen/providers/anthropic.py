"""Anthropic, and every server that speaks its Messages API.

`anthropic_api_key`, `anthropic_api_base` and `anthropic_version` are the MLflow gateway's keys, so that its files
mean the same here.

Source: platform.claude.com, "API overview" and "Authentication".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import field_validator, model_validator

from limen.dialects.anthropic.count_tokens import AnthropicTokenCount
from limen.dialects.anthropic.messages import AnthropicMessages
from limen.errors import NotSupported
from limen.model.http import WireRequest, header_block
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.providers.api_key import ApiKey
from limen.providers.base import AnyRequest, BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.earlier_thoughts import begins_with_thoughts, without_thinking
from limen.providers.openai_compatible import STANDARD_HEADERS
from limen.wire.edit import Fields

DEFAULT_BASE_URL = "https://api.anthropic.com/v1"
DEFAULT_VERSION = "2023-06-01"
_OAUTH_BETA = "oauth-2025-04-20"
"""Anthropic takes a bearer token only from who says so. Source: anthropic-sdk-python, `lib/credentials`."""
_VERSION, _BETA = b"anthropic-version", b"anthropic-beta"
_PATHS = {Operation.CHAT: "/messages", Operation.COUNT_TOKENS: "/messages/count_tokens"}


class AnthropicAdapter(ProviderAdapter):
    """The two dialects. Thinking within a budget is switched off where the calls before come without Anthropic's own thoughts.

    A client that had them from another provider, or left the thoughts out, would be refused.
    """

    def __init__(self) -> None:
        super().__init__({Operation.CHAT: AnthropicMessages(), Operation.COUNT_TOKENS: AnthropicTokenCount()})

    def relays(self, operation: Operation, fields: Fields, wire: str) -> bool:
        """Not where Anthropic would refuse to think."""
        return begins_with_thoughts(fields)

    def edit_request(self, operation: Operation, request: AnyRequest, losses: Losses) -> AnyRequest:
        """Switch off thinking where it would be refused; only a request of this wire, others are bent by the dialect."""
        if not isinstance(request, ChatRequest) or request.dialect != AnthropicMessages.wire:
            return request
        return without_thinking(request, losses)


class AnthropicConfig(ProviderConfig):
    """The `config:` block. A key goes into `x-api-key`, a token (OAuth) is a bearer's; a server of one's own may want neither."""

    anthropic_api_key: ApiKey | None = None
    anthropic_auth_token: ApiKey | None = None
    anthropic_api_base: BaseUrlText = DEFAULT_BASE_URL
    anthropic_version: str = DEFAULT_VERSION
    anthropic_beta: tuple[str, ...] = ()

    @field_validator("anthropic_beta", mode="before")
    @classmethod
    def _split_betas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("anthropic_version", "anthropic_beta")
    @classmethod
    def _check_words(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for word in (value,) if isinstance(value, str) else value:
            if not word or not all("!" <= ch <= "~" for ch in word):
                raise ValueError(f"{word!r} has a blank or a character outside ASCII in it, or is empty")
        return value

    @model_validator(mode="after")
    def _check_credentials(self) -> AnthropicConfig:
        if self.anthropic_api_key is not None and self.anthropic_auth_token is not None:
            raise ValueError("give either 'anthropic_api_key' or 'anthropic_auth_token', not both")
        at_home = self.anthropic_api_base == DEFAULT_BASE_URL
        if at_home and self.anthropic_api_key is None and self.anthropic_auth_token is None:
            raise ValueError("'anthropic_api_key' is missing (or 'anthropic_auth_token', for a bearer token)")
        return self


class AnthropicProvider(BaseProvider):
    """Sends to `{base}/v1/messages`; `anthropic_api_base` may end with ``/v1``, or stop before it as in Anthropic's SDKs."""

    NAME = "anthropic"
    DISPLAY_NAME = "Anthropic"
    CONFIG_TYPE = AnthropicConfig
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset(_PATHS)
    STREAMS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT})
    ENV_KEYS: ClassVar[tuple[str, ...]] = ("ANTHROPIC_API_KEY",)
    KEY_FIELD = "anthropic_api_key"
    DOCS_URL = "https://platform.claude.com/docs/en/api/messages"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config
        base = parse_base_url(config.anthropic_api_base, tls_profile=settings.tls_profile)
        root = "" if base.path.endswith("/v1") else "/v1"
        self._origin = base.origin
        self._targets = {operation: base.target(root + path) for operation, path in _PATHS.items()}
        self._betas = self._own_betas()
        self._fixed = header_block((*STANDARD_HEADERS, *self._credentials()))
        self._usual = self._fixed + _lines(config.anthropic_version, self._betas)

    @property
    def config(self) -> AnthropicConfig:
        """The `config:` block."""
        return self.config_as(AnthropicConfig)

    def build_adapter(self) -> ProviderAdapter:
        """The two dialects."""
        return AnthropicAdapter()

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
        """The request that carries `body`. A client's own version stands before the configured one, its betas beside those."""
        target = self._targets.get(operation)
        if target is None:
            raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")
        headers = self._usual if not carried else self._fixed + self._carried_lines(carried)
        return WireRequest(self._origin, b"POST", target, headers, body)

    def _credentials(self) -> list[tuple[str, str]]:
        config = self.config
        if config.anthropic_auth_token is not None:
            return [("authorization", f"Bearer {config.anthropic_auth_token.reveal()}")]
        return [("x-api-key", config.anthropic_api_key.reveal())] if config.anthropic_api_key is not None else []

    def _own_betas(self) -> tuple[str, ...]:
        betas = self.config.anthropic_beta
        if self.config.anthropic_auth_token is not None and _OAUTH_BETA not in betas:
            return (*betas, _OAUTH_BETA)
        return betas

    def _carried_lines(self, carried: Sequence[tuple[bytes, bytes]]) -> bytes:
        told = {name.lower(): value for name, value in carried}
        version = told[_VERSION].decode("latin-1") if _VERSION in told else self.config.anthropic_version
        betas = [part.strip() for part in told.get(_BETA, b"").decode("latin-1").split(",")]
        return _lines(version, tuple(dict.fromkeys([*self._betas, *filter(None, betas)])))


def _lines(version: str, betas: tuple[str, ...]) -> bytes:
    pairs = [("anthropic-version", version)]
    if betas:
        pairs.append(("anthropic-beta", ",".join(betas)))
    return header_block(pairs)
