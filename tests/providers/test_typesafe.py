"""TypeSafe, which answers nothing that an endpoint can be asked."""

from __future__ import annotations

import pytest

from limen.errors import NotSupported
from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.typesafe import TypeSafeConfig, TypeSafeProvider
from one_endpoint import asked_once


async def test_a_call_says_why_it_is_refused() -> None:
    """501, in the client's dialect, and nothing is sent."""
    told = await asked_once("typesafe", {"typesafe_api_key": "k"})
    assert told.status == 501
    assert "TypeSafe" in told.json["error"]["message"]


def test_no_request_can_be_made() -> None:
    """Not even by a program that uses the provider by itself."""
    provider = TypeSafeProvider(ProviderSettings("jev-latest", TypeSafeConfig(typesafe_api_key="k")))
    assert not provider.supports(Operation.CHAT, stream=False)
    with pytest.raises(NotSupported, match="System One"):
        provider.prepare(Operation.CHAT, b"{}", model=None, stream=False)
