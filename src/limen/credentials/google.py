"""Tokens of Google Cloud, by google-auth: a service account's key, application default credentials, impersonation.

Everything here blocks. The default credentials include the metadata server of a machine on Google Cloud, and workload identities.
"""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.providers.credentials import AccessToken, GoogleAccount

AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105  a name, not a token


def fetch_google_token(account: GoogleAccount) -> AccessToken:
    """A token that was fetched just now."""
    from google.auth.transport.requests import Request  # noqa: PLC0415

    credentials = _credentials(account)
    credentials.refresh(Request())
    expires = credentials.expiry.replace(tzinfo=UTC).timestamp() if credentials.expiry else None
    return AccessToken(Secret(credentials.token), expires)


def _credentials(account: GoogleAccount) -> Any:
    from google.auth import default, impersonated_credentials  # noqa: PLC0415

    scopes = list(account.scopes)
    if account.credentials is None:
        credentials, _ = default(scopes=scopes)
    else:
        credentials = _from_key(read_key(account.credentials.reveal()), scopes)
    if account.impersonate is None:
        return credentials
    return impersonated_credentials.Credentials(
        source_credentials=credentials, target_principal=account.impersonate, target_scopes=scopes
    )


def _from_key(key: dict[str, Any], scopes: list[str]) -> Any:
    """Credentials by the kind of key. google-auth wants the kind to be chosen by who calls, not by the key alone."""
    from google.auth import aws, identity_pool, impersonated_credentials, pluggable  # noqa: PLC0415
    from google.oauth2 import credentials, service_account  # noqa: PLC0415

    match key.get("type"):
        case "service_account":
            return service_account.Credentials.from_service_account_info(key, scopes=scopes)
        case "authorized_user":
            return credentials.Credentials.from_authorized_user_info(key, scopes=scopes)
        case "impersonated_service_account":
            return impersonated_credentials.Credentials.from_impersonated_service_account_info(key, scopes=scopes)
        case "external_account":
            if key.get("subject_token_type") == AWS_TOKEN:
                return aws.Credentials.from_info(key, scopes=scopes)
            runs = "executable" in (key.get("credential_source") or {})
            return (pluggable if runs else identity_pool).Credentials.from_info(key, scopes=scopes)
    raise CredentialFault(f"Google's credentials are of a kind that limen does not take: {key.get('type')!r}")


def read_key(text: str) -> dict[str, Any]:
    """The key that `text` is, or is the path of."""
    try:
        content = text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8")
        key = json.loads(content)
    except OSError as error:
        raise CredentialFault(f"Google's credentials are neither JSON nor a file: {error.strerror}") from None
    except ValueError:
        raise CredentialFault("Google's credentials are not valid JSON") from None
    if not isinstance(key, dict):
        raise CredentialFault("Google's credentials are not a JSON object")
    return key
