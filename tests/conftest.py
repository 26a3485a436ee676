"""What tests of several folders share."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of recorded traffic that may lie next to the checkout: `<wire>.<operation>.jsonl` files."""
    if not CORPUS.is_dir():
        pytest.skip(f"the recordings are not here: {CORPUS} does not exist")
    return CORPUS


@pytest.fixture
def free_port() -> int:
    """A port that nothing listened on a moment ago, for a server that can't be asked to choose one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
