"""A provider with a path for each operation and a bearer token."""

import pytest

from limen.errors import NotSupported
from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.base import ProviderSettings
from limen.providers.voyage import VoyageConfig, VoyageProvider


def build(**config: str) -> VoyageProvider:
    return VoyageProvider(ProviderSettings("m", VoyageConfig(api_key=Secret("k"), **config)))


@pytest.mark.parametrize("base", ["http://box:1/v1", "http://box:1/v1/"])
def test_requests_go_below_the_address(base: str) -> None:
    """With the key."""
    request = build(api_base=base).prepare(Operation.RERANK, b"x", model="m", stream=False)
    assert (request.origin.host, request.target, request.body) == ("box", b"/v1/rerank", b"x")
    assert b"authorization: Bearer k\r\n" in request.headers


def test_an_operation_without_a_path_is_refused() -> None:
    """It says who can't."""
    with pytest.raises(NotSupported, match="Voyage AI"):
        build().prepare(Operation.CHAT, b"", model="m", stream=False)
