"""LiteLLM's proxy as a provider: OpenAI's dialect, with a key of the proxy's own.

The MLflow gateway calls LiteLLM as a library, and so knows `litellm_provider` and `litellm_auth_config`. Here a proxy
answers: `litellm_provider` stands before the model's name, as the library writes it, and the auth block's `api_key` and
`api_base` are the proxy's. Sources: https://docs.litellm.ai/docs/simple_proxy, https://docs.litellm.ai/docs/providers/litellm_proxy.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from pydantic import Field, model_validator

from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import AnyRequest, ProviderAdapter, ProviderConfig
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.openai_compatible import PATHS, Address, OpenAIAdapter, OpenAICompatibleProvider, headers
from limen.wire.edit import Fields

PROXY = "litellm_proxy"
"""LiteLLM's own word for a proxy; it is no part of a model's name there."""


class LiteLLMAuth(ProviderConfig):
    """`litellm_auth_config`, as far as a proxy has a use for it. `auth_mode` says which of MLflow's forms was filled in."""

    auth_mode: str | None = None
    api_key: ApiKey | None = None
    api_base: BaseUrlText | None = None


class LiteLLMConfig(ProviderConfig):
    """The `config:` block. `api_base` and `api_key` are the same as in the auth block, and go first."""

    litellm_provider: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    litellm_auth_config: LiteLLMAuth = LiteLLMAuth()
    api_base: BaseUrlText | None = None
    api_key: ApiKey | None = None

    @model_validator(mode="after")
    def _check_base(self) -> LiteLLMConfig:
        if self.api_base is None and self.litellm_auth_config.api_base is None:
            raise ValueError(
                "limen reaches LiteLLM as a proxy, not as a library: give its address as 'api_base', such as http://localhost:4000"
            )
        return self


class LiteLLMAdapter(OpenAIAdapter):
    """OpenAI's dialects, with `prefix` before the model's name."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """As always, under the model's full name."""
        named = None if model is None else self.prefix + model
        super().edit_relay(operation, fields, model=named, stream=stream, wire=wire)

    def edit_request(self, operation: Operation, request: AnyRequest, losses: Losses) -> AnyRequest:
        """The same for a translated request."""
        return super().edit_request(
            operation, msgspec.structs.replace(request, model=self.prefix + request.model), losses
        )


class LiteLLMProvider(OpenAICompatibleProvider):
    """Sends to `{base}/chat/completions` and so on."""

    NAME = "litellm"
    DISPLAY_NAME = "LiteLLM proxy"
    CONFIG_TYPE = LiteLLMConfig
    KEY_FIELD: ClassVar[str | None] = "api_key"
    DOCS_URL = "https://docs.litellm.ai/docs/simple_proxy"

    def build_adapter(self) -> ProviderAdapter:
        """OpenAI's dialects, and the vendor's name before the model's."""
        vendor = self.config_as(LiteLLMConfig).litellm_provider
        return LiteLLMAdapter(f"{vendor}/" if vendor and vendor != PROXY else "")

    def address(self, operation: Operation) -> Address:
        """The operation's path below the proxy's address."""
        config = self.config_as(LiteLLMConfig)
        auth = config.litellm_auth_config
        base = parse_base_url(config.api_base or auth.api_base or "", tls_profile=self.settings.tls_profile)
        key = config.api_key or auth.api_key
        told = [("authorization", f"Bearer {key.reveal()}")] if key else []
        return Address(base.origin, base.target(PATHS[operation]), headers(*told))
