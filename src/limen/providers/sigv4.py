"""AWS Signature Version 4: a request, and the same request signed.

Pure: the time is an argument. Source: AWS, "Create a signed AWS API request". Payloads are hashed, never sent unsigned.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote_plus

import msgspec

from limen.model.http import WireRequest, header_block
from limen.providers.aws_keys import AwsKeys

ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"
# What a proxy on the way may change, or what the network layer decides: botocore leaves the first four out too.
_UNSIGNED = frozenset(
    {"user-agent", "expect", "transfer-encoding", "x-amzn-trace-id", "accept-encoding", "authorization"}
)


def sign(request: WireRequest, keys: AwsKeys, region: str, service: str, now: datetime) -> WireRequest:
    """`request` with `x-amz-date`, the session token where the keys have one, and `authorization`. `now` knows its time zone."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    added = [("x-amz-date", stamp)]
    if keys.session_token is not None:
        added.append(("x-amz-security-token", keys.session_token.reveal()))
    headers = _canonical_headers(request, added)
    names = ";".join(headers)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(_canonical_request(request, headers).encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    key = _signing_key(keys.secret_key.reveal(), stamp[:8], region, service)
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"{ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    block = header_block((*added, ("authorization", credential)))
    return msgspec.structs.replace(request, headers=request.headers + block)


def _canonical_request(request: WireRequest, headers: dict[str, str]) -> str:
    path, _, query = request.target.decode("ascii").partition("?")
    lines = "".join([f"{name}:{value}\n" for name, value in headers.items()])
    payload = hashlib.sha256(request.body).hexdigest()
    # Every service but S3 signs the path encoded once more than it is sent.
    where = quote(path, safe="/" + _UNRESERVED)
    return f"{request.method.decode()}\n{where}\n{_canonical_query(query)}\n{lines}\n{';'.join(headers)}\n{payload}"


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        pairs.append((_encoded(name), _encoded(value)))
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def _encoded(text: str) -> str:
    return quote(unquote_plus(text), safe=_UNRESERVED)


def _canonical_headers(request: WireRequest, added: list[tuple[str, str]]) -> dict[str, str]:
    """The signed headers, sorted: names in lower case, values with single blanks, those of one name joined."""
    found: dict[str, list[str]] = {"host": [request.origin.authority]}
    for line in request.headers.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name.lower() not in _UNSIGNED:
            found.setdefault(name.lower(), []).append(value)
    for name, value in added:
        found[name] = [value]
    return {name: ",".join([" ".join(value.split()) for value in values]) for name, values in sorted(found.items())}


@lru_cache(maxsize=64)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
