"""What a provider asks of credentials that are valid for a while only."""

from __future__ import annotations

import pytest

from limen.errors import CredentialFault, FaultKind
from limen.model.secret import Secret
from limen.providers.aws_keys import AwsKeys
from limen.providers.credentials import (
    AbsentCredentials,
    AccessToken,
    AwsChain,
    AzureIdentity,
    ClientCredentials,
    DatabricksProfile,
    GoogleAccount,
    SnowflakeKeyPair,
    ready,
)


class Fixed:
    """A source that always has the same."""

    def __init__(self, value: AccessToken | None) -> None:
        self.value = value

    def current(self) -> AccessToken | None:
        return self.value

    async def obtain(self) -> AccessToken:
        raise AssertionError

    def reject(self) -> None:
        raise AssertionError


def test_ready_gives_what_is_there() -> None:
    """`prepare` takes the current value without waiting."""
    token = AccessToken(Secret("t"), expires=None)
    assert ready(Fixed(token)) is token


def test_ready_refuses_when_nothing_is_valid() -> None:
    """A credential that ran out in between is the gateway's trouble: 502, of the credentials kind."""
    with pytest.raises(CredentialFault, match="expired") as caught:
        ready(Fixed(None))
    assert (caught.value.status, caught.value.kind) == (502, FaultKind.CREDENTIALS)


async def test_without_credentials_nothing_can_be_obtained() -> None:
    """A provider that was only checked has sources that never have anything, and say so when asked."""
    absent = AbsentCredentials()
    for source in (
        absent.aws(AwsChain()),
        absent.google(GoogleAccount()),
        absent.azure(AzureIdentity("scope")),
        absent.client_credentials(ClientCredentials("https://issuer.test/token")),
        absent.databricks(DatabricksProfile()),
        absent.snowflake(SnowflakeKeyPair("a", "u", Secret("k"))),
    ):
        source.reject()
        assert source.current() is None
        with pytest.raises(CredentialFault, match="without a way"):
            await source.obtain()


def test_what_a_source_is_made_of_is_a_key() -> None:
    """Equal values are equal keys, secrets included, so that a reload finds the source that is there."""
    one = AwsChain(role_arn="arn:aws:iam::1:role/x", secret_key=Secret("s"))
    assert one == AwsChain(role_arn="arn:aws:iam::1:role/x", secret_key=Secret("s"))
    assert hash(one) == hash(AwsChain(role_arn="arn:aws:iam::1:role/x", secret_key=Secret("s")))
    assert one != AwsChain(role_arn="arn:aws:iam::1:role/x", secret_key=Secret("other"))


def test_no_credential_prints_its_secret() -> None:
    """Neither what is asked for nor what is had shows in a traceback or a log."""
    for value in (
        AwsKeys("id", Secret("hidden"), Secret("hidden")),
        AccessToken(Secret("hidden")),
        GoogleAccount(Secret("hidden")),
        ClientCredentials("https://issuer.test", secrets=(("client_secret", Secret("hidden")),)),
    ):
        assert "hidden" not in repr(value)
