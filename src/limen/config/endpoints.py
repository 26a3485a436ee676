"""The `endpoints` of the file, one by one. Each is checked as far as it goes, whatever is wrong elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from limen.config.findings import Findings
from limen.config.limit_period import parse_period
from limen.config.outgoing import TlsNames
from limen.config.problems import Path
from limen.config.provider_block import ProviderBlocks
from limen.config.schema import EndpointPart, LimitPart
from limen.config.snapshot import Endpoint, Limit, OnLoss
from limen.config.timeouts import overlaid
from limen.model.http import Timeouts
from limen.model.operation import ENDPOINT_TYPES
from limen.provider_registry import normalise
from limen.providers.base import BaseProvider, ProviderConfig, ProviderSettings, Sleep

RETIRED_KEY = "route_type"


class Named(msgspec.Struct, frozen=True):
    """An endpoint that a route may name: `endpoint` is None, and the type perhaps too, where something is wrong with it."""

    name: str
    endpoint_type: str | None
    endpoint: Endpoint | None = None


class EndpointReader:
    """Turns entries of `endpoints` into endpoints. `timeouts` and `on_loss` are those of the file."""

    def __init__(
        self,
        findings: Findings,
        blocks: ProviderBlocks,
        tls: TlsNames,
        timeouts: Timeouts,
        sleep: Sleep | None,
        *,
        on_loss: OnLoss = "note",
    ) -> None:
        self._findings = findings
        self._blocks = blocks
        self._tls = tls
        self._timeouts = timeouts
        self._sleep = sleep
        self._on_loss: OnLoss = on_loss

    def read(self, raw: object, path: Path) -> Named | None:
        """The endpoint at `path`; None if it has no name."""
        if isinstance(raw, Mapping) and RETIRED_KEY in raw:
            message = f"The {RETIRED_KEY!r} configuration key is not supported in the configuration file"
            self._findings.error((*path, RETIRED_KEY), message, "Use 'endpoint_type' instead")
            raw = {"endpoint_type": raw[RETIRED_KEY], **raw}
        part = self._findings.validated(EndpointPart, raw, path)
        found = self._configured(raw, (*path, "model"))
        tls = self._tls.checked(raw.get("tls") if isinstance(raw, Mapping) else None, (*path, "tls"))
        if part is not None:
            endpoint = self._build(part, found, tls, path) if found else None
            return Named(part.name, part.endpoint_type, endpoint)
        name = raw.get("name") if isinstance(raw, Mapping) else None
        return Named(name, None) if isinstance(name, str) else None

    def _configured(self, raw: object, path: Path) -> tuple[type[BaseProvider], ProviderConfig] | None:
        """The provider of the endpoint's `model`, looked at even where the endpoint itself is wrong."""
        model = raw.get("model") if isinstance(raw, Mapping) else None
        name = model.get("provider") if isinstance(model, Mapping) else None
        if not isinstance(name, str) or not isinstance(model, Mapping):
            return None
        provider = self._blocks.find(name, (*path, "provider"))
        if provider is None:
            return None
        config = self._blocks.configure(provider, model.get("config"), (*path, "config"))
        return (provider, config) if config is not None else None

    def _build(
        self, part: EndpointPart, found: tuple[type[BaseProvider], ProviderConfig], tls: str, path: Path
    ) -> Endpoint | None:
        provider_class, config = found
        timeouts = overlaid(self._timeouts, part.timeouts)
        settings = ProviderSettings(part.model.name, config, timeouts, tls, self._sleep)
        provider = self._blocks.build(provider_class, settings, (*path, "model"))
        if provider is None:
            return None
        operation = ENDPOINT_TYPES[part.endpoint_type]
        if not provider.supports(operation, stream=False):
            message = f"{provider.DISPLAY_NAME} has no {operation} operation: every call will be refused"
            self._findings.warning((*path, "endpoint_type"), message, "`limen providers` shows what each can do")
        return Endpoint(
            part.name,
            part.endpoint_type,
            operation,
            normalise(part.model.provider),
            part.model.name,
            provider,
            _limit(part.limit),
            timeouts,
            part.on_loss or self._on_loss,
        )


def _limit(part: LimitPart | None) -> Limit | None:
    if part is None:
        return None
    return Limit(part.calls, parse_period(part.renewal_period), part.renewal_period, part.key)
