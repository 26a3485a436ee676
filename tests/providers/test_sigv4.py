"""Requests signed for AWS: the published examples, and botocore's signer as an oracle."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.model.http import Origin, WireRequest, header_block
from limen.model.secret import Secret
from limen.providers.aws_keys import AwsKeys
from limen.providers.sigv4 import sign

KEYS = AwsKeys("AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
ORIGIN = Origin("https", "example.amazonaws.com", 443)


def request(
    method: bytes = b"GET", target: bytes = b"/", headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> WireRequest:
    return WireRequest(ORIGIN, method, target, header_block(headers), body)


def lines(signed: WireRequest) -> dict[str, str]:
    """The headers of a request, by name."""
    pairs = [line.split(": ", 1) for line in signed.headers.decode().split("\r\n") if line]
    return dict(pairs)


def signature(signed: WireRequest) -> str:
    return lines(signed)["authorization"].rpartition("Signature=")[2]


# From AWS's Signature Version 4 test suite.
@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", request()),
        (
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            request(target=b"/?Param2=value2&Param1=value1"),
        ),
        ("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", request(b"POST")),
        (
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            request(headers=(("My-Header1", " value1"), ("My-Header2", ' "a   b   c"'))),
        ),
        (
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            request(b"POST", headers=(("Content-Type", "application/x-www-form-urlencoded"),), body=b"Param1=value1"),
        ),
    ],
)
def test_the_published_examples(wanted: str, asked: WireRequest) -> None:
    """AWS's own examples get the signatures that AWS prints for them."""
    assert signature(sign(asked, KEYS, "us-east-1", "service", TIME)) == wanted


def oracle(asked: WireRequest, keys: AwsKeys, monkeypatch: pytest.MonkeyPatch) -> str:
    """What botocore's signer makes of the same request."""
    known = lines(asked)
    aws = AWSRequest("POST", f"https://{ORIGIN.host}{asked.target.decode()}", headers=known, data=asked.body)
    token = None if keys.session_token is None else keys.session_token.reveal()
    signer = SigV4Auth(Credentials(keys.access_key, keys.secret_key.reveal(), token), "bedrock", "eu-west-1")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: TIME.replace(tzinfo=None))
    signer.add_auth(aws)
    return str(aws.headers["Authorization"])


MODELS = [
    "/model/anthropic.claude-sonnet-4-20250514-v1%3A0/converse",
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x/converse-stream",
    "/model/plain/invoke",
]


@pytest.mark.parametrize("target", MODELS)
@pytest.mark.parametrize("token", [None, Secret("a+token/with=signs")])
def test_botocore_signs_the_same(target: str, token: Secret | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoded model names, a session token, a body of JSON: the header is botocore's to the letter."""
    keys = AwsKeys("AKID", Secret("secret/key"), token)
    asked = request(b"POST", target.encode(), (("content-type", "application/json"),), b'{"messages":[]}')
    signed = sign(asked, keys, "eu-west-1", "bedrock", TIME)
    assert lines(signed)["authorization"] == oracle(asked, keys, monkeypatch)
    assert lines(signed).get("x-amz-security-token") == (None if token is None else token.reveal())


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abcXYZ019-_.~:/ +%&=", min_size=1, max_size=30), st.binary(max_size=200))
def test_botocore_signs_the_same_whatever_is_sent(model: str, body: bytes) -> None:
    """Any model's name that can be encoded, any body."""
    asked = request(b"POST", f"/model/x{quote(model, safe='')}/converse".encode(), (("x-other", "a  b"),), body)
    with pytest.MonkeyPatch.context() as patch:
        wanted = oracle(asked, KEYS, patch)
    assert lines(sign(asked, KEYS, "eu-west-1", "bedrock", TIME))["authorization"] == wanted


def test_the_time_is_told_in_utc() -> None:
    """A clock of another zone gives the same signature."""
    elsewhere = TIME.astimezone(timezone(timedelta(hours=9)))
    assert sign(request(), KEYS, "r", "s", elsewhere) == sign(request(), KEYS, "r", "s", TIME)


def test_what_a_proxy_may_change_is_not_signed() -> None:
    """`user-agent` and `accept-encoding` stay out of the signature."""
    plain = sign(request(), KEYS, "r", "s", TIME)
    dressed = sign(request(headers=(("user-agent", "x"), ("accept-encoding", "identity"))), KEYS, "r", "s", TIME)
    assert signature(plain) == signature(dressed)
