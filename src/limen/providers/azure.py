"""Azure OpenAI: OpenAI's dialect at a deployment's address, with a key, a token, or an identity of Microsoft Entra ID.

Two kinds of address: ``{base}/openai/deployments/{name}/…?api-version=…``, and the newer ``{resource}/openai/v1/…``, which is
OpenAI's own. Source: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderSettings, Transport
from limen.providers.credentials import AzureIdentity
from limen.providers.openai import OpenAIConfig, OpenAIProvider
from limen.providers.openai_compatible import PATHS, RESPONSES_PATH, Address, Quirks

SCOPE = "https://cognitiveservices.azure.com/.default"
V1 = "/openai/v1"


class AzureConfig(OpenAIConfig):
    """The `config:` block of `openai`, and what an identity is made of.

    Without `openai_api_key` tokens are fetched: for a client with `azure_tenant_id`, `azure_client_id` and
    `azure_client_secret`; for the machine's managed identity with `azure_managed_identity` (`azure_client_id` names one that
    is user-assigned); else by Azure's default chain. `azure_authority` is another cloud's sign-in host.
    """

    openai_api_key: ApiKey | None = None  # type: ignore[assignment]  # an identity may stand in its place
    azure_tenant_id: str | None = None
    azure_client_id: str | None = None
    azure_client_secret: ApiKey | None = None
    azure_managed_identity: bool = False
    azure_authority: str | None = None
    azure_scope: str = SCOPE

    @property
    def at_v1(self) -> bool:
        """Whether the address is of the newer kind."""
        return (self.openai_api_base or "").rstrip("/").endswith(V1)

    @model_validator(mode="after")
    def _check_identity(self) -> AzureConfig:
        if self.openai_api_key is None and self.openai_api_type != "azuread":
            raise ValueError(
                "'openai_api_key' is missing; with 'openai_api_type: azuread' an identity may take its place"
            )
        if self.openai_api_key is not None and self.azure_client_secret is not None:
            raise ValueError("give either 'openai_api_key' or an identity, not both")
        if self.azure_client_secret is not None and not (self.azure_tenant_id and self.azure_client_id):
            raise ValueError("'azure_client_secret' needs 'azure_tenant_id' and 'azure_client_id'")
        return self

    def check_address(self) -> None:
        """The same, but an address of the newer kind needs no deployment and no version."""
        if self.openai_api_type == "openai" or not self.at_v1 or self.openai_organization is not None:
            super().check_address()


class AzureProvider(OpenAIProvider):
    """As in MLflow the name alone does not say `openai_api_type: azure`; the file does."""

    NAME = "azure"
    DISPLAY_NAME = "Azure OpenAI"
    CONFIG_TYPE = AzureConfig
    ENV_KEYS: ClassVar[tuple[str, ...]] = ()
    DOCS_URL = "https://learn.microsoft.com/azure/ai-services/openai/reference"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config
        if config.openai_api_key is None:
            self.source = settings.credentials.azure(
                AzureIdentity(
                    config.azure_scope,
                    config.azure_tenant_id,
                    config.azure_client_id,
                    config.azure_client_secret,
                    config.azure_managed_identity,
                    config.azure_authority,
                )
            )

    @property
    def config(self) -> AzureConfig:
        """The `config:` block."""
        return self.config_as(AzureConfig)

    @property
    def quirks(self) -> Quirks:
        """At an address of the newer kind Azure is as OpenAI is."""
        return Quirks(responses=True) if self.config.at_v1 else super().quirks

    def address(self, operation: Operation) -> Address:
        """One of the two kinds; or, with `openai_api_type: openai`, whatever the base says."""
        return self._under(PATHS[operation]) if self.config.at_v1 else super().address(operation)

    def responses_address(self) -> Address:
        """Below the newer kind of address, which the base may be already."""
        return self._under(RESPONSES_PATH) if self.config.at_v1 else super().responses_address()
