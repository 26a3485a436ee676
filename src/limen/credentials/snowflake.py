"""Tokens of Snowflake, signed here with a user's private key; nothing is asked of anybody.

https://docs.snowflake.com/developer-guide/snowflake-rest-api/authentication: the claims, and that a token lasts an hour at most.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from limen.model.secret import Secret
from limen.providers.credentials import AccessToken, SnowflakeKeyPair

SECONDS = 3600


def sign_snowflake_token(key_pair: SnowflakeKeyPair, now: float) -> AccessToken:
    """A token that is valid for an hour from `now`, in seconds since 1970."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    passphrase = key_pair.passphrase.reveal().encode() if key_pair.passphrase else None
    key: Any = load_pem_private_key(key_pair.private_key.reveal().encode(), passphrase)
    subject = f"{_account(key_pair.account)}.{key_pair.user.upper()}"
    expires = int(now) + SECONDS
    claims = {"iss": f"{subject}.{_fingerprint(key)}", "sub": subject, "iat": int(now), "exp": expires}
    text = b".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    token = text + b"." + _encoded(key.sign(text, PKCS1v15(), SHA256()))
    return AccessToken(Secret(token.decode()), float(expires))


def _account(account: str) -> str:
    """The account as the claims have it: upper case, and a locator without its region."""
    return account.partition(".")[0].upper()


def _fingerprint(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{base64.b64encode(hashlib.sha256(public).digest()).decode()}"


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
