"""Snowflake Cortex."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.snowflake import SnowflakeConfig, SnowflakeProvider
from one_endpoint import answer, asked_once
from upstream import upstream

PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


async def test_a_token() -> None:
    """A programmatic access token is a bearer's."""
    async with upstream(answer) as server:
        told = await asked_once("snowflake", {"snowflake_token": "pat", "api_base": server.url})
    assert told.status == 200
    (asked,) = server.asked
    assert asked.target == "/api/v2/cortex/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer pat"


async def test_a_key_pair() -> None:
    """A token is signed with the key, and a header tells its kind."""
    async with upstream(answer) as server:
        config = {
            "snowflake_account": "my_org-acct",
            "snowflake_user": "limen",
            "snowflake_private_key": PEM,
            "api_base": f"{server.url}/api/v2/cortex/v1",
        }
        told = await asked_once("snowflake", config)
    assert told.status == 200, told.body
    (asked,) = server.asked
    assert asked.target == "/api/v2/cortex/v1/chat/completions"
    assert asked.headers["authorization"].count(".") == 2
    assert asked.headers["x-snowflake-authorization-token-type"] == "KEYPAIR_JWT"


def test_an_account_s_address() -> None:
    """Names are not case-sensitive, and an address has no underscores."""
    config = SnowflakeConfig(snowflake_account="MY_ORG-ACCT", snowflake_token="t")
    request = SnowflakeProvider(ProviderSettings("m", config)).prepare(Operation.CHAT, b"{}", model="m", stream=False)
    assert request.origin.host == "my-org-acct.snowflakecomputing.com"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"snowflake_token": "t"}, "'snowflake_account' is missing"),
        ({"snowflake_account": "a"}, "give 'snowflake_token', or"),
        ({"snowflake_account": "a", "snowflake_user": "u"}, "give 'snowflake_token', or"),
        ({"snowflake_account": "a/b", "snowflake_token": "t"}, "pattern"),
        (
            {"snowflake_account": "a", "snowflake_token": "t", "snowflake_user": "u", "snowflake_private_key": "k"},
            "not both",
        ),
    ],
)
def test_what_the_block_refuses(config: dict[str, Any], said: str) -> None:
    """Half a login, or two."""
    with pytest.raises(ValidationError, match=said):
        SnowflakeConfig(**config)
