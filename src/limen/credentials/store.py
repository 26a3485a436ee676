"""`CredentialStore`: the sources of one worker. A reload that asks for what is there already gets the source that is there."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar

from limen.credentials.aws import AwsKeySource
from limen.credentials.azure import fetch_azure_token
from limen.credentials.databricks import fetch_databricks_login
from limen.credentials.google import fetch_google_token
from limen.credentials.kept import Clock, Expiring, Kept, Later, call_later
from limen.credentials.oauth import fetch_token
from limen.credentials.snowflake import sign_snowflake_token
from limen.errors import ConfigError
from limen.model.secret import Secret
from limen.providers.aws_keys import AwsKeys
from limen.providers.base import Transport
from limen.providers.credentials import (
    AccessToken,
    AwsChain,
    AzureIdentity,
    ClientCredentials,
    DatabricksProfile,
    GoogleAccount,
    HostLogin,
    SnowflakeKeyPair,
)

T = TypeVar("T", bound=Expiring)


class CredentialStore:
    """A :class:`limen.providers.credentials.Credentials`. `transport` carries what needs no library of a vendor.

    With `eager`, a source begins to fetch when it is made, so that the first request finds its credential there; without, it
    waits until it is asked. `find` tells whether a module is installed. Sources that no provider holds any more are forgotten.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        eager: bool = True,
        clock: Clock = time.time,
        later: Later = call_later,
        find: Callable[[str], object] = find_spec,
    ) -> None:
        self._transport = transport
        self._eager = eager
        self._clock = clock
        self._later = later
        self._find = find
        self._sources: weakref.WeakValueDictionary[object, Kept[Any]] = weakref.WeakValueDictionary()

    def __repr__(self) -> str:
        return f"<CredentialStore: {len(self._sources)} sources>"

    def aws(self, chain: AwsChain) -> Kept[AwsKeys]:
        """Keys of AWS. ConfigError without botocore."""
        self._require("botocore", extra="aws", what="AWS's chain of credentials")
        name = f"AWS role {chain.role_arn}" if chain.role_arn else "AWS default chain"
        secrets = (chain.secret_key, chain.session_token, chain.external_id)
        return self._kept(chain, name, in_thread(AwsKeySource(chain, self._clock)), secrets)

    def google(self, account: GoogleAccount) -> Kept[AccessToken]:
        """A token of Google Cloud. ConfigError without google-auth."""
        for module in ("google.auth", "requests"):
            self._require(module, extra="google", what="Google's credentials")
        fetch = in_thread(partial(fetch_google_token, account))
        return self._kept(account, "Google Cloud", fetch, (account.credentials,))

    def azure(self, identity: AzureIdentity) -> Kept[AccessToken]:
        """A token of Microsoft Entra ID. ConfigError without azure-identity."""
        self._require("azure.identity", extra="azure", what="Microsoft Entra ID's credentials")
        fetch = in_thread(partial(fetch_azure_token, identity))
        return self._kept(identity, "Microsoft Entra ID", fetch, (identity.client_secret,))

    def client_credentials(self, client: ClientCredentials) -> Kept[AccessToken]:
        """A token of an OAuth 2 server."""
        fetch = partial(fetch_token, client, self._transport, self._clock)
        secrets = (client.password, *(secret for _, secret in client.secrets))
        return self._kept(client, f"token of {client.token_url}", fetch, secrets)

    def databricks(self, profile: DatabricksProfile) -> Kept[HostLogin]:
        """A workspace, and a login to it. ConfigError without databricks-sdk."""
        self._require("databricks.sdk", extra="databricks", what="Databricks' chain of credentials")
        fetch = in_thread(partial(fetch_databricks_login, profile, self._clock))
        return self._kept(profile, "Databricks", fetch, (profile.token, profile.client_secret))

    def snowflake(self, key_pair: SnowflakeKeyPair) -> Kept[AccessToken]:
        """A token signed here. ConfigError without cryptography."""
        self._require("cryptography", extra="snowflake", what="a Snowflake key pair")
        fetch = in_thread(lambda: sign_snowflake_token(key_pair, self._clock()))
        secrets = (key_pair.private_key, key_pair.passphrase)
        return self._kept(key_pair, f"Snowflake user {key_pair.user}", fetch, secrets)

    async def aclose(self) -> None:
        """No more fetches, now or later."""
        for source in list(self._sources.values()):
            await source.stop()

    def _require(self, module: str, *, extra: str, what: str) -> None:
        try:
            found = self._find(module)
        except ImportError:  # the package around it is not there either
            found = None
        if found is None:
            raise ConfigError(f"{what} need{'' if what.endswith('s') else 's'} {module}: pip install 'limen[{extra}]'")

    def _kept(
        self,
        made_of: object,
        name: str,
        fetch: Callable[[], Awaitable[T]],
        secrets: Iterable[Secret | None],
    ) -> Kept[T]:
        kept: Kept[T] | None = self._sources.get(made_of)
        if kept is None:
            known = tuple(secret for secret in secrets if secret is not None)
            kept = Kept(name, fetch, known, clock=self._clock, later=self._later)
            self._sources[made_of] = kept
            if self._eager and _loop_runs():
                kept.refresh()
        return kept


def in_thread(fetch: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    """`fetch`, which blocks, as something to await."""
    return partial(asyncio.to_thread, fetch)


def _loop_runs() -> bool:
    """False in a process that only looks at a file, or has not begun to serve."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
