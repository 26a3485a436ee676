"""Portkey's gateway, hosted or one's own: OpenAI's dialect, with headers that say which provider answers.

Source: https://portkey.ai/docs/api-reference/inference-api/headers. The configuration keys are the MLflow gateway's.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.openai_compatible import PATHS, Address, OpenAICompatibleProvider, headers

DEFAULT_BASE_URL = "https://api.portkey.ai/v1"
HeaderText = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")]
"""What may stand in a header."""


class PortkeyConfig(ProviderConfig):
    """The `config:` block.

    `portkey_provider` is a provider's name or slug, `portkey_config` the id of a config (or its JSON), `provider_api_key` the
    provider's own key where Portkey does not keep it.
    """

    api_key: ApiKey
    api_base: BaseUrlText | None = None
    portkey_provider: HeaderText | None = None
    portkey_config: HeaderText | None = None
    provider_api_key: ApiKey | None = None


class PortkeyProvider(OpenAICompatibleProvider):
    """Sends to `{base}/chat/completions` and so on."""

    NAME = "portkey"
    DISPLAY_NAME = "Portkey"
    CONFIG_TYPE = PortkeyConfig
    ENV_KEYS: ClassVar[tuple[str, ...]] = ("PORTKEY_API_KEY",)
    KEY_FIELD = "api_key"
    DOCS_URL = "https://portkey.ai/docs/api-reference/inference-api/headers"

    def address(self, operation: Operation) -> Address:
        """The operation's path below the base, with Portkey's headers."""
        config = self.config_as(PortkeyConfig)
        base = parse_base_url(config.api_base or DEFAULT_BASE_URL, tls_profile=self.settings.tls_profile)
        told = [("x-portkey-api-key", config.api_key.reveal())]
        if config.portkey_provider is not None:
            told.append(("x-portkey-provider", config.portkey_provider))
        if config.portkey_config is not None:
            told.append(("x-portkey-config", config.portkey_config))
        if config.provider_api_key is not None:
            told.append(("authorization", f"Bearer {config.provider_api_key.reveal()}"))
        return Address(base.origin, base.target(PATHS[operation]), headers(*told))
