"""Databricks' model serving: OpenAI's dialect below a workspace's address.

Sources: https://docs.databricks.com/machine-learning/model-serving/score-foundation-models (the paths),
https://docs.databricks.com/dev-tools/auth/oauth-m2m (service principals). The configuration keys are the MLflow gateway's; what
they leave out is looked for by Databricks' own chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, model_validator

from limen.errors import NotSupported
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrl, BaseUrlText, parse_base_url
from limen.providers.credentials import (
    ClientCredentials,
    CredentialSource,
    DatabricksProfile,
    HostLogin,
    bearer,
    ready,
)
from limen.providers.openai_compatible import PATHS, OpenAIAdapter, headers

ENDPOINTS = "/serving-endpoints"
GOVERNED = "/ai-gateway/mlflow/v1"
"""Where models of Unity Catalog are, whose names have three parts: ``system.ai.gpt-5-2``."""


def _with_scheme(value: object) -> object:
    return f"https://{value}" if isinstance(value, str) and value and "://" not in value else value


class DatabricksConfig(ProviderConfig):
    """The `config:` block: a workspace's `host`, and a personal `token` or a service principal's id and secret."""

    host: Annotated[BaseUrlText, BeforeValidator(_with_scheme)] | None = None
    token: ApiKey | None = None
    client_id: str | None = None
    client_secret: ApiKey | None = None

    @model_validator(mode="after")
    def _check_login(self) -> DatabricksConfig:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("a service principal has both 'client_id' and 'client_secret'")
        if self.token is not None and self.client_id is not None:
            raise ValueError("give either 'token' or 'client_id' and 'client_secret', not both")
        return self


class DatabricksProvider(BaseProvider):
    """Sends to `{host}/serving-endpoints/chat/completions` and so on."""

    NAME = "databricks"
    DISPLAY_NAME = "Databricks"
    CONFIG_TYPE = DatabricksConfig
    CONFIG_REQUIRED = False
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset(PATHS) - {Operation.RERANK}
    KEY_FIELD: ClassVar[str | None] = "token"
    DOCS_URL = "https://docs.databricks.com/machine-learning/model-serving/score-foundation-models"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config_as(DatabricksConfig)
        self._headers = headers()
        self._host = parse_base_url(config.host, tls_profile=settings.tls_profile) if config.host else None
        self._chain: CredentialSource[HostLogin] | None = None
        if config.host and config.token:
            self._headers = headers(("authorization", f"Bearer {config.token.reveal()}"))
        elif config.host and config.client_id and config.client_secret:
            self.source = settings.credentials.client_credentials(
                ClientCredentials(
                    f"{config.host.rstrip('/')}/oidc/v1/token",
                    form=(("grant_type", "client_credentials"), ("scope", "all-apis")),
                    user=config.client_id,
                    password=config.client_secret,
                    tls_profile=settings.tls_profile,
                )
            )
        else:
            given = DatabricksProfile(config.host, config.token, config.client_id, config.client_secret)
            self.source = self._chain = settings.credentials.databricks(given)

    def build_adapter(self) -> ProviderAdapter:
        """OpenAI's dialects."""
        return OpenAIAdapter()

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
        """The request that carries `body`, to where a model of that name is."""
        if operation not in self.OPERATIONS:
            raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")
        host, login = self._login()
        place = GOVERNED if model is not None and model.count(".") == 2 and "/" not in model else ENDPOINTS
        return WireRequest(host.origin, b"POST", host.target(place + PATHS[operation]), self._headers + login, body)

    def _login(self) -> tuple[BaseUrl, bytes]:
        if self._chain is not None:
            found = ready(self._chain)
            host = self._host or parse_base_url(found.host, tls_profile=self.settings.tls_profile)
            return host, b"authorization: %b\r\n" % found.authorization.reveal().encode("latin-1")
        if self._host is None:
            raise NotSupported("Databricks' workspace is not known")
        return self._host, bearer(ready(self.source)) if self.source is not None else b""
