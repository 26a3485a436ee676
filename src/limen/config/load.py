"""The configuration file: text in, a snapshot or every problem out.

Looks at each part as far as it goes, so that one look finds all that is wrong. What is outside the file (environment, key files,
providers, transport) is an argument.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

from limen.config.document import Document, read_document
from limen.config.endpoints import RETIRED_KEY, EndpointReader, Named
from limen.config.findings import Findings
from limen.config.open_providers import OpenProviders
from limen.config.outgoing import TlsNames, read_net
from limen.config.problems import Mistake, Path, Problem, invalid
from limen.config.provider_block import Outside, ProviderBlocks
from limen.config.routes import RouteReader
from limen.config.schema import ConfigFile, Part, ServerPart, TimeoutsPart, TlsPart
from limen.config.secrets import ReadFile, read_secret_file
from limen.config.snapshot import ServerSettings, Snapshot
from limen.config.timeouts import ROUTE_TIMEOUT, environment_timeouts, overlaid
from limen.model.http import Timeouts
from limen.provider_registry import ProviderRegistry
from limen.providers.base import ProviderConfig, ProviderSettings, Sleep, Transport
from limen.providers.credentials import AbsentCredentials, Credentials

PartT = TypeVar("PartT", bound=Part)
NO_CREDENTIALS = AbsentCredentials()


def check(
    text: str,
    *,
    environ: Mapping[str, str],
    registry: ProviderRegistry,
    source: str | None = None,
    read_file: ReadFile = read_secret_file,
    credentials: Credentials = NO_CREDENTIALS,
    strict: bool = False,
) -> list[Problem]:
    """Every problem of the file, in its order; warnings too. With `strict` an unknown key is an error."""
    outside = Outside(environ, registry, read_file=read_file, credentials=credentials)
    loading = _Loading(read_document(text), outside, strict=strict)
    loading.snapshot(text, source)
    return list(loading.findings)


def build(
    text: str,
    *,
    source: str | None,
    environ: Mapping[str, str],
    registry: ProviderRegistry,
    transport: Transport | None,
    sleep: Sleep = asyncio.sleep,
    read_file: ReadFile = read_secret_file,
    credentials: Credentials = NO_CREDENTIALS,
    strict: bool = False,
) -> Snapshot:
    """The snapshot of the file. Raises ConfigError with every problem."""
    document = read_document(text)
    outside = Outside(environ, registry, transport, sleep, read_file, credentials)
    loading = _Loading(document, outside, strict=strict)
    snapshot = loading.snapshot(text, source)
    if snapshot is None:
        raise invalid(loading.findings, source, is_yaml=document.readable)
    return snapshot


class _Loading:
    """One pass over one file."""

    def __init__(self, document: Document, outside: Outside, *, strict: bool) -> None:
        self.findings = Findings(document, strict=strict)
        self._document = document
        self._outside = outside
        self._blocks = ProviderBlocks(self.findings, outside)

    def snapshot(self, text: str, source: str | None) -> Snapshot | None:
        """What the file says, or None if there is an error in it."""
        data = self._top()
        if data is None:
            return None
        server = self._part(ServerPart, data, "server")
        tls_part = self._part(TlsPart, data, "tls")
        net = read_net(tls_part, self._outside.environ, self.findings)
        tls = TlsNames(tls_part, self.findings)
        timeouts = self._timeouts(data)
        settings = ServerSettings(**server.model_dump()) if server else ServerSettings()
        endpoint_reader = EndpointReader(
            self.findings, self._blocks, tls, timeouts, self._outside.sleep, on_loss=settings.on_loss
        )
        named = self._endpoints(data, endpoint_reader)
        endpoints = {each.name: each.endpoint for each in named if each.endpoint}
        reader = RouteReader(self.findings, {each.name: each for each in named})
        routes = [reader.read(raw, path) for raw, path in self._entries(data, "routes")]
        shared = ProviderSettings(None, ProviderConfig(), timeouts, tls.checked(None, ()), self._outside.sleep)
        open_providers = OpenProviders(self.findings, self._blocks, shared).read(data.get("providers"), ("providers",))
        self._check_names(data)
        if self.findings.has_errors:
            return None
        return Snapshot(
            endpoints,
            {route.name: route for route in routes if route},
            open_providers,
            settings,
            net,
            source,
            hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            (*map(str, self.findings), *plugin_warnings(self._outside.registry)),
        )

    def _top(self) -> Mapping[str, Any] | None:
        data, findings = self._document.data, self.findings
        if not self._document.readable:
            return None
        if data is None:
            findings.error((), "the file is empty", "add `endpoints:`, or start without a file to serve the demo")
            return None
        if not isinstance(data, Mapping):
            kind = "a list" if isinstance(data, list) else "a single value"
            hint = "put `endpoints:` above it, and indent what follows"
            findings.error((), f"the top of the file must be a mapping, and is {kind}", hint)
            return None
        findings.unknown_keys((ConfigFile,), data, (), ignore=(RETIRED_KEY,))
        if "endpoints" not in data and not data.get("providers"):
            hint = "add a list of at least one endpoint, with its name, endpoint_type and model"
            findings.error(("endpoints",), "this key is missing: Field required", hint)
        return data

    def _part(self, model: type[PartT], data: Mapping[str, Any], name: str) -> PartT | None:
        """An optional part at the top of the file; a part without content is the same as none."""
        given = data.get(name)
        return self.findings.validated(model, {} if given is None else given, (name,))

    def _entries(self, data: Mapping[str, Any], name: str) -> list[tuple[Any, Path]]:
        """The items of a list at the top of the file."""
        given = data.get(name)
        if given is None and (name not in data or name != "endpoints"):
            return []
        if not isinstance(given, list):
            message = "this must be a list, and is empty" if given is None else "this must be a list"
            self.findings.error((name,), message, "write each entry on a line of its own, after `- `")
            return []
        return [(item, (name, index)) for index, item in enumerate(given)]

    def _timeouts(self, data: Mapping[str, Any]) -> Timeouts:
        try:
            base = environment_timeouts(self._outside.environ)
        except Mistake as mistake:
            self.findings.outside(ROUTE_TIMEOUT, str(mistake), mistake.hint)
            base = Timeouts()
        return overlaid(base, self._part(TimeoutsPart, data, "timeouts"))

    def _endpoints(self, data: Mapping[str, Any], reader: EndpointReader) -> list[Named]:
        read = [reader.read(raw, path) for raw, path in self._entries(data, "endpoints")]
        return [each for each in read if each]

    def _check_names(self, data: Mapping[str, Any]) -> None:
        """An endpoint and a route, or two of either, can't share a name: clients could not tell them apart."""
        first: dict[str, Path] = {}
        for raw, path in [item for kind in ("endpoints", "routes") for item in _listed(data, kind)]:
            name = raw.get("name") if isinstance(raw, Mapping) else None
            if not isinstance(name, str):
                continue
            where = (*path, "name")
            if name in first:
                message = f"Duplicate names found in endpoint / route configurations: {name!r} is there already"
                self.findings.error(
                    where, message, f"rename this one, or that on line {self.findings.line(first[name])}"
                )
            first.setdefault(name, where)


def _listed(data: Mapping[str, Any], name: str) -> list[tuple[Any, Path]]:
    given = data.get(name)
    return [(item, (name, index)) for index, item in enumerate(given)] if isinstance(given, list) else []


def plugin_warnings(registry: ProviderRegistry) -> tuple[str, ...]:
    """A line for each plug-in that was left out."""
    return tuple(f"the provider plug-in {name!r} is left out: {why}" for name, why in registry.failures.items())
