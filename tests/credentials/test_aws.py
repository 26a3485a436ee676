"""AWS's chain, with botocore talking to an STS and a container service of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from limen.credentials.aws import ASK_AGAIN
from limen.credentials.store import CredentialStore
from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.aws_keys import AwsKeys
from limen.providers.credentials import AwsChain
from upstream import Asked, Wire, upstream

ROLE = "arn:aws:iam::123456789012:role/limen"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def sts(action: str) -> bytes:
    """The reply of STS to an action."""
    expires = "2099-01-01T00:00:00Z"
    return (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
        f"<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>made</SecretAccessKey><SessionToken>tok</SessionToken>"
        f"<Expiration>{expires}</Expiration></Credentials></{action}Result></{action}Response>"
    ).encode()


async def grant(asked: Asked, wire: Wire) -> None:
    """STS, as far as it goes here."""
    await wire.reply(sts(parse_qs(asked.body.decode())["Action"][0]), content_type="text/xml")


async def obtain(chain: AwsChain) -> AwsKeys:
    return await CredentialStore(Client(), clock=lambda: 1000.0).aws(chain).obtain()


async def test_keys_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default chain begins there; what it finds is looked at again after a while."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert await obtain(AwsChain()) == AwsKeys("AKIA", Secret("s"), None, 1000.0 + ASK_AGAIN)


async def test_keys_of_a_profile(tmp_path: Path) -> None:
    """A profile is one of the shared files."""
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id=A\naws_secret_access_key=s\naws_session_token=t\n")
    assert await obtain(AwsChain(profile="work")) == AwsKeys("A", Secret("s"), Secret("t"), 1000.0 + ASK_AGAIN)


async def test_keys_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """ECS and EKS give keys by a service beside the container; botocore keeps them fresh while it is asked again."""

    async def script(asked: Asked, wire: Wire) -> None:
        keys = {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
        await wire.reply(keys)

    async with upstream(script) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/keys")
        kept = CredentialStore(Client(), clock=lambda: 1000.0).aws(AwsChain())
        assert (await kept.obtain()).session_token == Secret("t")
        await kept.refresh()
        assert len(server.asked) == 1
        await kept.stop()


async def test_no_keys_anywhere() -> None:
    """It is said where they were looked for."""
    with pytest.raises(CredentialFault, match="default chain found none"):
        await obtain(AwsChain())


async def test_a_role_assumed_with_given_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's keys sign the request to STS, in the file's region, for as long as the file says."""
    async with upstream(grant) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        keys = await obtain(
            AwsChain(
                region="eu-west-1",
                role_arn=ROLE,
                session_seconds=1200,
                external_id=Secret("ext"),
                access_key=Secret("AKIA"),
                secret_key=Secret("s"),
                session_token=Secret("base"),
            )
        )
    assert keys == AwsKeys("ASIA", Secret("made"), Secret("tok"), datetime(2099, 1, 1, tzinfo=UTC).timestamp())
    (asked,) = server.asked
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    assert (
        form.items()
        >= {
            "Action": "AssumeRole",
            "RoleArn": ROLE,
            "RoleSessionName": "limen",
            "DurationSeconds": "1200",
            "ExternalId": "ext",
        }.items()
    )
    assert "AKIA" in asked.headers["authorization"]
    assert "/eu-west-1/sts/" in asked.headers["authorization"]
    assert asked.headers["x-amz-security-token"] == "base"


async def test_a_role_assumed_with_the_chain_s_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys in the file the default chain's sign; without a region, STS' first one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKCHAIN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    async with upstream(grant) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        assert (await obtain(AwsChain(role_arn=ROLE))).access_key == "ASIA"
    assert "AKCHAIN" in server.asked[0].headers["authorization"]
    assert "/us-east-1/sts/" in server.asked[0].headers["authorization"]


async def test_a_web_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The token in the file stands for the signature; it is read at each fetch, because it is replaced now and then."""
    (tmp_path / "token").write_text("a.jwt\n")
    async with upstream(grant) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        keys = await obtain(AwsChain(role_arn=ROLE, web_identity_file=str(tmp_path / "token")))
    assert keys.access_key == "ASIA"
    form = parse_qs(server.asked[0].body.decode())
    assert (form["Action"], form["WebIdentityToken"]) == (["AssumeRoleWithWebIdentity"], ["a.jwt"])
    assert "authorization" not in server.asked[0].headers


async def test_a_role_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """STS' own words reach the operator; the keys do not."""

    async def refuse(asked: Asked, wire: Wire) -> None:
        error = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not hunter2</Message></Error></ErrorResponse>"
        await wire.reply(error, 403, content_type="text/xml")

    async with upstream(refuse) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        chain = AwsChain(role_arn=ROLE, access_key=Secret("AKIA"), secret_key=Secret("hunter2"))
        with pytest.raises(CredentialFault, match=rf"AWS role {ROLE}.*AccessDenied") as caught:
            await obtain(chain)
    assert "hunter2" not in caught.value.message
