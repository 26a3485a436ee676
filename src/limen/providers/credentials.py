"""Credentials that are valid for a while only: what a provider asks for, and how it gets what is valid now.

Pure: a provider says of what a credential is made (a value, so that equal ones are fetched once), and is given a source.
`limen.credentials` has the sources, which fetch and refresh in the background. A provider keeps its source in
:attr:`limen.providers.base.BaseProvider.source`; the exchange then awaits it before a request, but only while nothing valid
is there, and `prepare` takes what is :func:`ready`.
"""

from __future__ import annotations

from typing import Any, NoReturn, Protocol, TypeVar

import msgspec

from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.providers.aws_keys import AwsKeys

T = TypeVar("T")
ValueT_co = TypeVar("ValueT_co", covariant=True)


class AccessToken(msgspec.Struct, frozen=True):
    """A bearer token. `expires` is in seconds since 1970; None if unknown."""

    token: Secret
    expires: float | None = None


class HostLogin(msgspec.Struct, frozen=True):
    """A host, and the value of the `authorization` header that it takes, both found together by a vendor's chain."""

    host: str
    authorization: Secret
    expires: float | None = None


class AwsChain(msgspec.Struct, frozen=True):
    """AWS: the default chain (environment, profile, container, machine), or a role assumed with what the chain gives.

    `access_key`, `secret_key` and `session_token` are the keys to assume `role_arn` with; without them the chain's are.
    `web_identity_file` is the path of a token that is exchanged for the role's keys. `session_seconds` is how long they last.
    """

    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    session_name: str = "limen"
    session_seconds: int = 900
    external_id: Secret | None = None
    access_key: Secret | None = None
    secret_key: Secret | None = None
    session_token: Secret | None = None
    web_identity_file: str | None = None


class GoogleAccount(msgspec.Struct, frozen=True):
    """Google: `credentials` is the JSON text of a key, or the path of its file; without it application default credentials.

    `impersonate` is the service account to act as, with the credentials' help.
    """

    credentials: Secret | None = None
    scopes: tuple[str, ...] = ("https://www.googleapis.com/auth/cloud-platform",)
    impersonate: str | None = None


class AzureIdentity(msgspec.Struct, frozen=True):
    """Microsoft Entra ID: a client with a secret, else a managed identity, else the default chain.

    `client_id` with `managed` is that of a user-assigned identity. `authority` is the sign-in host of another cloud.
    """

    scope: str
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    managed: bool = False
    authority: str | None = None


class ClientCredentials(msgspec.Struct, frozen=True):
    """OAuth 2: `form` is posted to `token_url`, and the reply's `access_token` is what is wanted (RFC 6749, section 4.4).

    `form` holds the parameters that may be shown, `secrets` those that may not; `user` and `password` go into a Basic header,
    where the server wants the client's id and secret there.
    """

    token_url: str
    form: tuple[tuple[str, str], ...] = (("grant_type", "client_credentials"),)
    secrets: tuple[tuple[str, Secret], ...] = ()
    user: str | None = None
    password: Secret | None = None
    tls_profile: str = ""


class DatabricksProfile(msgspec.Struct, frozen=True):
    """Databricks: what its own chain is told (all may be left to the environment and to `~/.databrickscfg`)."""

    host: str | None = None
    token: Secret | None = None
    client_id: str | None = None
    client_secret: Secret | None = None


class SnowflakeKeyPair(msgspec.Struct, frozen=True):
    """Snowflake: a private key in PEM, with which tokens are signed for `user` of `account`."""

    account: str
    user: str
    private_key: Secret
    passphrase: Secret | None = None


class CredentialSource(Protocol[ValueT_co]):
    """Where a credential comes from."""

    def current(self) -> ValueT_co | None:
        """The credential, if there is one that is valid now. Never waits."""

    async def obtain(self) -> ValueT_co:
        """The credential, fetched if need be; many may wait for one fetch. CredentialFault if it can't be had."""

    def reject(self) -> None:
        """The provider refused what :meth:`current` gave: fetch another, though this one has not expired."""


class Credentials(Protocol):
    """Makes sources. Equal arguments give the same source, across snapshots; ConfigError if a library is missing."""

    def aws(self, chain: AwsChain) -> CredentialSource[AwsKeys]:
        """Keys of AWS."""

    def google(self, account: GoogleAccount) -> CredentialSource[AccessToken]:
        """A token of Google Cloud."""

    def azure(self, identity: AzureIdentity) -> CredentialSource[AccessToken]:
        """A token of Microsoft Entra ID."""

    def client_credentials(self, client: ClientCredentials) -> CredentialSource[AccessToken]:
        """A token of an OAuth 2 server."""

    def databricks(self, profile: DatabricksProfile) -> CredentialSource[HostLogin]:
        """A workspace, and a login to it."""

    def snowflake(self, key_pair: SnowflakeKeyPair) -> CredentialSource[AccessToken]:
        """A token signed here."""


class Absent:
    """The source of a provider that was built without `credentials`: it can be configured and checked, but not asked."""

    def current(self) -> None:
        """Nothing."""

    async def obtain(self) -> NoReturn:
        """CredentialFault, always."""
        raise CredentialFault("the provider was built without a way to obtain credentials")

    def reject(self) -> None:
        """Nothing to reject."""


class AbsentCredentials:
    """What a provider has in the place of `Credentials` where none were given."""

    def aws(self, chain: AwsChain) -> Absent:
        """An absent source."""
        return Absent()

    def google(self, account: GoogleAccount) -> Absent:
        """An absent source."""
        return Absent()

    def azure(self, identity: AzureIdentity) -> Absent:
        """An absent source."""
        return Absent()

    def client_credentials(self, client: ClientCredentials) -> Absent:
        """An absent source."""
        return Absent()

    def databricks(self, profile: DatabricksProfile) -> Absent:
        """An absent source."""
        return Absent()

    def snowflake(self, key_pair: SnowflakeKeyPair) -> Absent:
        """An absent source."""
        return Absent()


def bearer(token: AccessToken) -> bytes:
    """The header line that carries `token`."""
    return b"authorization: Bearer %b\r\n" % token.token.reveal().encode("ascii")


def ready(source: CredentialSource[T]) -> T:
    """What `source` has now; for `prepare`, which runs after the source was awaited. CredentialFault if there is nothing."""
    value: Any = source.current()
    if value is None:
        raise CredentialFault("the credentials have expired, and no others are there yet")
    credential: T = value
    return credential
