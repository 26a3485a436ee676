"""A workspace of Databricks and a login to it, by Databricks' own SDK, for what the configuration leaves to the environment.

Everything here blocks. The SDK looks at the environment, `~/.databrickscfg`, its command line's login, and the machine's cloud.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.providers.credentials import DatabricksProfile, HostLogin

ASK_AGAIN = 300.0  # seconds; a personal token has no time at which it expires, but may be replaced where it was found


def fetch_databricks_login(profile: DatabricksProfile, clock: Callable[[], float]) -> HostLogin:
    """Where the workspace is, and what it takes now. `clock` counts seconds since 1970."""
    from databricks.sdk.core import Config  # noqa: PLC0415

    given: dict[str, Any] = {
        "host": profile.host,
        "token": profile.token.reveal() if profile.token else None,
        "client_id": profile.client_id,
        "client_secret": profile.client_secret.reveal() if profile.client_secret else None,
    }
    config = Config(**{key: value for key, value in given.items() if value is not None})
    authorization = config.authenticate().get("Authorization")
    if not (config.host and authorization):
        raise CredentialFault("Databricks' chain found no workspace, or no login to it")
    return HostLogin(config.host, Secret(authorization), _expires(config, clock()))


def _expires(config: Any, now: float) -> float:
    try:
        expires: float = config.oauth_token().expiry.timestamp()
    except ValueError:  # not OAuth
        return now + ASK_AGAIN
    return expires
