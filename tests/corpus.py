"""Exchanges that public projects recorded with real providers, where they lie beside the checkout.

They are data of others and too big for this repository, so a clone does without and is tested by the hand-written fixtures.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


def recordings(api: str) -> list[dict[str, Any]]:
    """Every recorded exchange of `api`, such as ``chat``, with any provider. Skips the test where there are no recordings."""
    if not CORPUS.is_dir():
        pytest.skip(f"no recordings beside the checkout (looked for {CORPUS})")
    return [exchange for path in sorted(CORPUS.glob(f"*.{api}.jsonl")) for exchange in _read(path)]


@functools.cache
def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def bodies(api: str, key: str, *, status: int = 200) -> list[tuple[str, bytes]]:
    """Names and bodies: the `request` or the `response` of each exchange that ended with `status`."""
    return [
        (exchange["id"], json.dumps(exchange[key], ensure_ascii=False).encode())
        for exchange in recordings(api)
        if exchange["status"] == status and isinstance(exchange.get(key), dict)
    ]


def streams(api: str) -> list[tuple[str, bytes]]:
    """Names and bytes of the streamed answers."""
    return [
        (exchange["id"], exchange["response_text"].encode())
        for exchange in recordings(api)
        if exchange["status"] == 200 and exchange.get("response_text")
    ]


def errors(api: str) -> list[dict[str, Any]]:
    """The exchanges that ended with an error."""
    return [exchange for exchange in recordings(api) if exchange["status"] >= 400]
