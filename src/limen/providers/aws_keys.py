"""The keys with which requests to AWS are signed: what the file gives, or what a chain of credentials gives for a while. Pure."""

from __future__ import annotations

import msgspec

from limen.model.secret import Secret


class AwsKeys(msgspec.Struct, frozen=True):
    """A pair of keys, and the token that belongs to a temporary pair. `expires` is in seconds since 1970; None if unknown."""

    access_key: str
    secret_key: Secret
    session_token: Secret | None = None
    expires: float | None = None
