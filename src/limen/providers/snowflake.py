"""Snowflake Cortex: OpenAI's dialect below an account's address.

Sources: https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api (the path),
https://docs.snowflake.com/developer-guide/snowflake-rest-api/authentication (tokens, and the header that tells their kind).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.credentials import SnowflakeKeyPair
from limen.providers.openai_compatible import PATHS, Address, OpenAICompatibleProvider, headers

CORTEX = "/api/v2/cortex/v1"
KEY_PAIR = "KEYPAIR_JWT"


class SnowflakeConfig(ProviderConfig):
    """The `config:` block: an account, and a token or a user's private key.

    `snowflake_token` is a programmatic access token, or one of OAuth. `snowflake_private_key` is PEM, with
    `snowflake_private_key_passphrase` where it has one. `api_base` stands for the account's usual address.
    """

    snowflake_account: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    snowflake_token: ApiKey | None = None
    snowflake_user: str | None = None
    snowflake_private_key: Secret | None = None
    snowflake_private_key_passphrase: Secret | None = None
    api_base: BaseUrlText | None = None

    @model_validator(mode="after")
    def _check_login(self) -> SnowflakeConfig:
        if self.snowflake_account is None and (self.api_base is None or self.snowflake_token is None):
            raise ValueError("'snowflake_account' is missing, such as 'myorg-myaccount'")
        if self.snowflake_token is None and (self.snowflake_user is None or self.snowflake_private_key is None):
            raise ValueError("give 'snowflake_token', or 'snowflake_user' and 'snowflake_private_key'")
        if self.snowflake_token is not None and self.snowflake_private_key is not None:
            raise ValueError("give either 'snowflake_token' or 'snowflake_private_key', not both")
        return self


class SnowflakeProvider(OpenAICompatibleProvider):
    """Sends to `{account}.snowflakecomputing.com/api/v2/cortex/v1/chat/completions`."""

    NAME = "snowflake"
    DISPLAY_NAME = "Snowflake Cortex"
    CONFIG_TYPE = SnowflakeConfig
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT})
    STREAMS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT})
    KEY_FIELD: ClassVar[str | None] = "snowflake_token"
    DOCS_URL = "https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config_as(SnowflakeConfig)
        if config.snowflake_private_key is not None:
            self.source = settings.credentials.snowflake(
                SnowflakeKeyPair(
                    config.snowflake_account or "",
                    config.snowflake_user or "",
                    config.snowflake_private_key,
                    config.snowflake_private_key_passphrase,
                )
            )

    def address(self, operation: Operation) -> Address:
        """The operation's path at the account; underscores of its name are hyphens in its address."""
        config = self.config_as(SnowflakeConfig)
        host = (config.snowflake_account or "").lower().replace("_", "-")
        base = parse_base_url(
            config.api_base or f"https://{host}.snowflakecomputing.com", tls_profile=self.settings.tls_profile
        )
        root = "" if base.path.endswith(CORTEX) else CORTEX
        if config.snowflake_token is not None:
            told = ("authorization", f"Bearer {config.snowflake_token.reveal()}")
        else:
            told = ("x-snowflake-authorization-token-type", KEY_PAIR)
        return Address(base.origin, base.target(root + PATHS[operation]), headers(told))
