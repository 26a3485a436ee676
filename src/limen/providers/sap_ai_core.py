"""SAP AI Core: a deployment of a model, behind OAuth 2 and a resource group.

A deployment of OpenAI's models (the executable `azure-openai`) or of another in OpenAI's dialect is reached at
``{deployment}/chat/completions``. Sources: https://sap.github.io/ai-sdk/api/v2/classes/openai_src.SapOpenAi.html and
https://help.sap.com/docs/sap-ai-core/generative-ai/consume-generative-ai-models-using-sap-ai-core.
"""

from __future__ import annotations

from typing import Annotated, ClassVar
from urllib.parse import quote

from pydantic import Field

from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.credentials import ClientCredentials
from limen.providers.openai_compatible import PATHS, Address, OpenAICompatibleProvider, headers

TOKEN_PATH = "/oauth/token"  # noqa: S105  a path


class SapAiCoreConfig(ProviderConfig):
    """The `config:` block. All but the deployment is in the service key of the AI Core instance.

    `deployment_url` is the deployment's own address (``…/v2/inference/deployments/d0123``), `auth_url` the service key's `url`,
    `api_version` what deployments of OpenAI's models want as `api-version`.
    """

    deployment_url: BaseUrlText
    auth_url: BaseUrlText
    client_id: str
    client_secret: ApiKey
    resource_group: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")] = "default"
    api_version: str | None = None


class SapAiCoreProvider(OpenAICompatibleProvider):
    """Sends to `{deployment_url}/chat/completions` and so on."""

    NAME = "sap-ai-core"
    DISPLAY_NAME = "SAP AI Core"
    CONFIG_TYPE = SapAiCoreConfig
    KEY_FIELD: ClassVar[str | None] = "client_secret"
    DOCS_URL = "https://help.sap.com/docs/sap-ai-core"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config_as(SapAiCoreConfig)
        auth = config.auth_url.rstrip("/")
        self.source = settings.credentials.client_credentials(
            ClientCredentials(
                auth if auth.endswith(TOKEN_PATH) else auth + TOKEN_PATH,
                user=config.client_id,
                password=config.client_secret,
                tls_profile=settings.tls_profile,
            )
        )

    def address(self, operation: Operation) -> Address:
        """The operation's path below the deployment, for its resource group."""
        config = self.config_as(SapAiCoreConfig)
        base = parse_base_url(config.deployment_url, tls_profile=self.settings.tls_profile)
        query = f"api-version={quote(config.api_version, safe='')}" if config.api_version else ""
        told = headers(("ai-resource-group", config.resource_group))
        return Address(base.origin, base.target(PATHS[operation], query), told)
