"""Every test of the network layer runs on both loops: uvloop, which serves in production, and asyncio's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from limen.net import Client


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client with default settings; at the end no slot may be taken that is not idle."""
    instance = Client()
    yield instance
    for stats in instance.stats().values():
        assert stats.active == 0
        assert stats.waiting == 0
    await instance.aclose()
