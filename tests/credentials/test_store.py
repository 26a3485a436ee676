"""The sources of a worker."""

from __future__ import annotations

import asyncio
import gc
import time

import pytest

from limen.credentials.store import CredentialStore
from limen.errors import ConfigError
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.credentials import (
    AwsChain,
    AzureIdentity,
    ClientCredentials,
    Credentials,
    DatabricksProfile,
    GoogleAccount,
    SnowflakeKeyPair,
)
from upstream import Asked, Wire, upstream


async def grant(asked: Asked, wire: Wire) -> None:
    await wire.reply({"access_token": "tok", "expires_in": 3600})


async def test_a_source_begins_to_fetch_when_it_is_made() -> None:
    """The first request after the start finds its credential there."""
    async with upstream(grant) as server:
        store = CredentialStore(Client())
        source = store.client_credentials(ClientCredentials(f"{server.url}/token"))
        await source.refresh()
        token = source.current()
        assert token is not None
        assert token.token == Secret("tok")
        assert len(server.asked) == 1
        await store.aclose()


async def test_equal_makings_are_one_source() -> None:
    """A reload fetches nothing again; other secrets are another source."""
    async with upstream(grant) as server:
        store = CredentialStore(Client())
        first = store.client_credentials(ClientCredentials(f"{server.url}/token", password=Secret("a")))
        again = store.client_credentials(ClientCredentials(f"{server.url}/token", password=Secret("a")))
        other = store.client_credentials(ClientCredentials(f"{server.url}/token", password=Secret("b")))
        assert again is first
        assert other is not first
        await asyncio.gather(first.obtain(), again.obtain(), other.obtain())
        assert len(server.asked) == 2
        await store.aclose()


async def test_a_source_that_nobody_holds_is_forgotten() -> None:
    """What a reload has taken out of the file is not fetched for ever."""
    async with upstream(grant) as server:
        store = CredentialStore(Client())
        source = store.client_credentials(ClientCredentials(f"{server.url}/token"))
        await source.obtain()
        assert repr(store) == "<CredentialStore: 1 sources>"
        del source
        await asyncio.sleep(0)
        gc.collect()
        assert repr(store) == "<CredentialStore: 0 sources>"


async def test_closing_gives_up_what_is_under_way() -> None:
    """A worker that ends does not wait for an issuer that is silent."""

    async def silent(asked: Asked, wire: Wire) -> None:
        await asked.gone.wait()

    async with upstream(silent) as server:
        store = CredentialStore(Client())
        source = store.client_credentials(ClientCredentials(f"{server.url}/token"))
        await asyncio.sleep(0)
        await store.aclose()
        assert source.current() is None


def test_without_a_loop_nothing_is_fetched() -> None:
    """`limen check` makes sources, and asks nobody."""
    store: Credentials = CredentialStore(Client())
    assert store.client_credentials(ClientCredentials("https://issuer.invalid")).current() is None


@pytest.mark.parametrize("extra", ["aws", "google", "azure", "databricks", "snowflake"])
@pytest.mark.parametrize("raises", [False, True])
def test_a_library_that_is_missing_is_named_with_its_extra(extra: str, raises: bool) -> None:
    """The message is the command that mends it; a namespace that is missing as a whole is the same."""

    def find(name: str) -> object:
        if raises:
            raise ModuleNotFoundError(name)
        return None

    store = CredentialStore(Client(), eager=False, find=find)
    ask = {
        "aws": lambda: store.aws(AwsChain()),
        "google": lambda: store.google(GoogleAccount()),
        "azure": lambda: store.azure(AzureIdentity("scope")),
        "databricks": lambda: store.databricks(DatabricksProfile()),
        "snowflake": lambda: store.snowflake(SnowflakeKeyPair("a", "u", Secret("k"))),
    }
    with pytest.raises(ConfigError, match=rf"pip install 'limen\[{extra}\]'"):
        ask[extra]()


def test_by_default_time_is_the_system_s() -> None:
    """Credentials expire by the clock on the wall."""
    store = CredentialStore(Client())
    assert store._clock is time.time
