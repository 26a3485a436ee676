"""Tokens of Microsoft Entra ID, by azure-identity: a client's secret, a managed identity, the default chain.

Everything here blocks. A new credential object is made for each fetch, because the library's own keep their tokens.
"""

from __future__ import annotations

from typing import Any

from limen.model.secret import Secret
from limen.providers.credentials import AccessToken, AzureIdentity


def fetch_azure_token(identity: AzureIdentity) -> AccessToken:
    """A token that was fetched just now."""
    with _credential(identity) as credential:
        token = credential.get_token(identity.scope)
    return AccessToken(Secret(token.token), float(token.expires_on))


def _credential(identity: AzureIdentity) -> Any:
    from azure.identity import (  # noqa: PLC0415
        ClientSecretCredential,
        DefaultAzureCredential,
        ManagedIdentityCredential,
    )

    # A sign-in host that the file names is trusted as it is, and not looked up at Microsoft's public one.
    place = {"authority": identity.authority, "disable_instance_discovery": True} if identity.authority else {}
    if identity.client_secret is not None:
        return ClientSecretCredential(
            identity.tenant_id or "", identity.client_id or "", identity.client_secret.reveal(), **place
        )
    if identity.managed:
        return ManagedIdentityCredential(client_id=identity.client_id)
    return DefaultAzureCredential(managed_identity_client_id=identity.client_id, **place)
