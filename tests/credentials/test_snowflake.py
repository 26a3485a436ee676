"""Snowflake's tokens, checked with the public key."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from limen.credentials.snowflake import sign_snowflake_token
from limen.model.secret import Secret
from limen.providers.credentials import SnowflakeKeyPair

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(encryption: KeySerializationEncryption) -> Secret:
    return Secret(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode())


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize(
    ("account", "told"), [("myorg-acct", "MYORG-ACCT"), ("xy12345.eu-central-1", "XY12345"), ("XY12345", "XY12345")]
)
def test_the_claims_are_snowflake_s(account: str, told: str) -> None:
    """Account and user in upper case, a locator without its region, the key's fingerprint, one hour."""
    token = sign_snowflake_token(SnowflakeKeyPair(account, "limen", pem(NoEncryption())), 1000.7)
    head, body, signature = token.token.reveal().split(".")
    KEY.public_key().verify(decoded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = base64.b64encode(hashlib.sha256(public).digest()).decode()
    assert json.loads(decoded(head)) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(decoded(body)) == {
        "iss": f"{told}.LIMEN.SHA256:{fingerprint}",
        "sub": f"{told}.LIMEN",
        "iat": 1000,
        "exp": 4600,
    }
    assert token.expires == 4600.0


def test_a_key_may_have_a_passphrase() -> None:
    """An encrypted key is opened with it."""
    pair = SnowflakeKeyPair("a", "u", pem(BestAvailableEncryption(b"open")), Secret("open"))
    assert sign_snowflake_token(pair, 0.0).token
