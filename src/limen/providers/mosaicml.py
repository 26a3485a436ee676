"""MosaicML: the hosted inference is gone, a server of one's own may still be reached.

The MLflow gateway sent to ``models.hosted-on.mosaicml.hosting``, which went with the product when Databricks took it over; the
MLflow gateway marks the provider as deprecated. Under `mosaicml_api_base` a server in OpenAI's dialect is expected.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.openai_compatible import PATHS, Address, OpenAICompatibleProvider, headers


class MosaicMLConfig(ProviderConfig):
    """The `config:` block."""

    mosaicml_api_key: ApiKey
    mosaicml_api_base: BaseUrlText | None = None

    @model_validator(mode="after")
    def _check_base(self) -> MosaicMLConfig:
        if self.mosaicml_api_base is None:
            raise ValueError(
                "MosaicML's hosted inference no longer exists: use `provider: databricks`, "
                "or give the address of your own OpenAI-compatible server as 'mosaicml_api_base'"
            )
        return self


class MosaicMLProvider(OpenAICompatibleProvider):
    """Sends to `{mosaicml_api_base}/chat/completions` and so on."""

    NAME = "mosaicml"
    DISPLAY_NAME = "MosaicML"
    CONFIG_TYPE = MosaicMLConfig
    KEY_FIELD: ClassVar[str | None] = "mosaicml_api_key"
    DOCS_URL = "https://docs.databricks.com/machine-learning/foundation-model-apis/"

    def address(self, operation: Operation) -> Address:
        """The operation's path below the base."""
        config = self.config_as(MosaicMLConfig)
        base = parse_base_url(config.mosaicml_api_base or "", tls_profile=self.settings.tls_profile)
        credentials = ("authorization", f"Bearer {config.mosaicml_api_key.reveal()}")
        return Address(base.origin, base.target(PATHS[operation]), headers(credentials))
