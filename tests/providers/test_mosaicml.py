"""MosaicML, as far as it still exists."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from limen.providers.mosaicml import MosaicMLConfig
from one_endpoint import answer, asked_once
from upstream import upstream


async def test_a_server_of_one_s_own() -> None:
    """It is asked in OpenAI's dialect."""
    async with upstream(answer) as server:
        told = await asked_once("mosaicml", {"mosaicml_api_key": "k", "mosaicml_api_base": f"{server.url}/v1"})
    assert told.status == 200
    assert server.asked[0].target == "/v1/chat/completions"
    assert server.asked[0].headers["authorization"] == "Bearer k"


def test_the_hosted_one_is_gone() -> None:
    """The message names what came after it."""
    with pytest.raises(ValidationError, match="use `provider: databricks`"):
        MosaicMLConfig(mosaicml_api_key="k")
