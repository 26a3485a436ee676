"""A gateway for large language models: one URL in front of every provider.

The six parts, each imported when it is first asked for: a command that needs one of them does not wait for the others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from limen.version import __version__

if TYPE_CHECKING:
    from limen.app import GatewayAPI
    from limen.provider_registry import ProviderRegistry
    from limen.providers.base import BaseProvider, ProviderAdapter
    from limen.runner import Runner, run_app
    from limen.streaming import make_streaming_response

__all__ = [
    "BaseProvider",
    "GatewayAPI",
    "ProviderAdapter",
    "ProviderRegistry",
    "Runner",
    "__version__",
    "make_streaming_response",
    "run_app",
]

_HOMES = {
    "BaseProvider": "limen.providers.base",
    "GatewayAPI": "limen.app",
    "ProviderAdapter": "limen.providers.base",
    "ProviderRegistry": "limen.provider_registry",
    "Runner": "limen.runner",
    "make_streaming_response": "limen.streaming",
    "run_app": "limen.runner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
