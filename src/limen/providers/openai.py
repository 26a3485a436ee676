"""OpenAI itself, and the same API as Azure serves it.

The keys of the `config:` block and the rules between them are those of the MLflow gateway, so that its files mean the same here.
"""

from __future__ import annotations

from typing import ClassVar, Literal
from urllib.parse import quote

from pydantic import field_validator, model_validator

from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.openai_compatible import (
    PATHS,
    RESPONSES_PATH,
    Address,
    OpenAICompatibleProvider,
    Quirks,
    StreamUsage,
    headers,
)

DEFAULT_BASE_URL = "https://api.openai.com/v1"
API_TYPES = ("openai", "azure", "azuread")
_AZURE_TAKES_STREAM_OPTIONS = "2024-09-01"


class OpenAIConfig(ProviderConfig):
    """The `config:` block. `openai_api_type` is openai, azure (a key) or azuread (a token), in any case."""

    openai_api_key: ApiKey
    openai_api_type: Literal["openai", "azure", "azuread"] = "openai"
    openai_api_base: BaseUrlText | None = None
    openai_api_version: str | None = None
    openai_deployment_name: str | None = None
    openai_organization: str | None = None

    @field_validator("openai_api_type", mode="before")
    @classmethod
    def _lower_api_type(cls, value: object) -> object:
        lowered = value.lower() if isinstance(value, str) else value
        if lowered not in API_TYPES:
            raise ValueError(f"Invalid OpenAI API type {value!r}; it must be one of openai, azure and azuread")
        return lowered

    @field_validator("openai_organization")
    @classmethod
    def _check_organization(cls, value: str | None) -> str | None:
        if value is not None and not all("!" <= ch <= "~" for ch in value):
            raise ValueError("the organization has a blank or a character outside ASCII in it")
        return value

    @model_validator(mode="after")
    def _check_api_type(self) -> OpenAIConfig:
        self.check_address()
        return self

    def check_address(self) -> None:
        """ValueError unless the keys that say where the server is fit its type."""
        if self.openai_api_type == "openai":
            if self.openai_deployment_name is not None:
                raise ValueError(
                    "OpenAI route configuration can only specify 'openai_deployment_name' "
                    f"if 'openai_api_type' is 'azure' or 'azuread'. Found type: {self.openai_api_type!r}"
                )
            return
        if self.openai_organization is not None:
            raise ValueError(
                "OpenAI route configuration can only specify 'openai_organization' "
                f"if 'openai_api_type' is 'openai'. Found type: {self.openai_api_type!r}"
            )
        if not (self.openai_api_base and self.openai_deployment_name and self.openai_api_version):
            raise ValueError(
                "OpenAI route configuration must specify 'openai_api_base', 'openai_deployment_name', and "
                "'openai_api_version' if 'openai_api_type' is 'azure' or 'azuread'."
            )


class OpenAIProvider(OpenAICompatibleProvider):
    """OpenAI's API at OpenAI, at Azure, or anywhere that `openai_api_base` says."""

    NAME = "openai"
    DISPLAY_NAME = "OpenAI"
    CONFIG_TYPE = OpenAIConfig
    ENV_KEYS: ClassVar[tuple[str, ...]] = ("OPENAI_API_KEY",)
    KEY_FIELD = "openai_api_key"
    DOCS_URL = "https://platform.openai.com/docs/api-reference"

    @property
    def config(self) -> OpenAIConfig:
        """The `config:` block."""
        return self.config_as(OpenAIConfig)

    @property
    def quirks(self) -> Quirks:
        """At Azure the URL names the model, and API versions before September 2024 refuse `stream_options`.

        Source: https://github.com/Azure/azure-rest-api-specs/issues/30810 and
        https://github.com/Azure/azure-sdk-for-java/issues/40998.
        """
        if self.config.openai_api_type == "openai":
            return Quirks(responses=True, refuses_thoughts=True)
        version = self.config.openai_api_version or ""
        old = version[:4].isdigit() and version < _AZURE_TAKES_STREAM_OPTIONS
        usage: StreamUsage = "none" if old else "option"
        name = self.config.openai_deployment_name
        return Quirks(
            sends_model=False, stream_usage=usage, responses=True, responses_model=name, refuses_thoughts=True
        )

    def address(self, operation: Operation) -> Address:
        """`{base}/chat/completions`, or at Azure `{base}/openai/deployments/{name}/chat/completions?api-version=…`."""
        config, path = self.config, PATHS[operation]
        if config.openai_api_type == "openai":
            return self._under(path)
        deployment = quote(config.openai_deployment_name or "", safe="")
        query = f"api-version={quote(config.openai_api_version or '', safe='')}"
        return self._under(f"/openai/deployments/{deployment}{path}", query)

    def responses_address(self) -> Address:
        """`{base}/responses`, or at Azure `{base}/openai/v1/responses`, which has neither deployment nor version in it.

        Source: recorded requests to Azure; the deployment's name stands in the body, as the model.
        """
        at_openai = self.config.openai_api_type == "openai"
        return self._under(RESPONSES_PATH if at_openai else f"/openai/v1{RESPONSES_PATH}")

    def _under(self, path: str, query: str = "") -> Address:
        config = self.config
        base = parse_base_url(config.openai_api_base or DEFAULT_BASE_URL, tls_profile=self.settings.tls_profile)
        organization = [("openai-organization", config.openai_organization)] if config.openai_organization else []
        return Address(base.origin, base.target(path, query), headers(*self.credentials(), *organization))

    def credentials(self) -> list[tuple[str, str]]:
        """The header that holds the key; none where an identity stands in its place."""
        key: Secret | None = self.config.openai_api_key
        if key is None:
            return []
        as_key = self.config.openai_api_type == "azure"
        return [("api-key", key.reveal()) if as_key else ("authorization", f"Bearer {key.reveal()}")]
