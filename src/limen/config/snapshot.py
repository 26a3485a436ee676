"""One configuration, frozen: what a request takes at its start and keeps to its end.

A snapshot holds no state that changes: counters, pools and rotations live in the worker, keyed by name, so that they outlive
it. A reload builds a new snapshot beside the old one and swaps one reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from limen.model.http import Timeouts
from limen.model.operation import Operation
from limen.providers.base import BaseProvider

OnLoss = Literal["note", "error"]
"""What happens to a request that the provider's dialect can't express whole: the reply names the losses, or it is refused."""


class Limit(msgspec.Struct, frozen=True):
    """At most `calls` in a window of `seconds`. `key` and `renewal_period` are echoed as the file has them."""

    calls: int
    seconds: float
    renewal_period: str
    key: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint of the file, with its provider built."""

    name: str
    endpoint_type: str
    operation: Operation
    provider_name: str
    model: str | None
    provider: BaseProvider
    limit: Limit | None = None
    timeouts: Timeouts = Timeouts()
    on_loss: OnLoss = "note"


class Destination(msgspec.Struct, frozen=True):
    """A share of a route's traffic: `weight` out of 100."""

    endpoint: Endpoint
    weight: int


class Route(msgspec.Struct, frozen=True):
    """A name in front of several endpoints of one type."""

    name: str
    task_type: str
    operation: Operation
    destinations: tuple[Destination, ...]
    routing_strategy: str = "TRAFFIC_SPLIT"


class ServerSettings(msgspec.Struct, frozen=True):
    """How the gateway serves. Sizes in bytes, times in seconds; None switches a bound off."""

    max_body_bytes: int = 64 * 1024 * 1024
    keepalive_comment_seconds: float | None = 15.0
    drain_seconds: float = 300.0
    page_size: int = 3000
    on_loss: OnLoss = "note"


class Snapshot(msgspec.Struct, frozen=True):
    """Everything a worker serves.

    `open_providers` answer `<provider>/<any model>`: name → one provider that takes the model from the request.
    `source` is the file's path, or None where there is none; `digest` tells two contents apart.
    """

    endpoints: Mapping[str, Endpoint]
    routes: Mapping[str, Route]
    open_providers: Mapping[str, BaseProvider]
    server: ServerSettings = ServerSettings()
    net: Any = None
    source: str | None = None
    digest: str = ""
    warnings: tuple[str, ...] = ()
