"""What is served without a configuration file: the embedded provider, and every provider whose key is in the environment."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from limen.config.document import Document
from limen.config.findings import Findings
from limen.config.load import NO_CREDENTIALS, plugin_warnings
from limen.config.outgoing import read_net
from limen.config.problems import Mistake, invalid, without_secrets
from limen.config.provider_block import allowed_providers
from limen.config.snapshot import Endpoint, Snapshot
from limen.config.timeouts import ROUTE_TIMEOUT, environment_timeouts
from limen.errors import LimenError, NotFound
from limen.model.http import Timeouts
from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.provider_registry import ProviderRegistry
from limen.providers.base import BaseProvider, ProviderConfig, ProviderSettings, Sleep, Transport
from limen.providers.credentials import Credentials

DEMO = "demo"


def build_from_environment(
    *,
    environ: Mapping[str, str],
    registry: ProviderRegistry,
    transport: Transport | None,
    sleep: Sleep = asyncio.sleep,
    credentials: Credentials = NO_CREDENTIALS,
) -> Snapshot:
    """The snapshot of a gateway that has no file.

    A provider whose key can't be used is left out with a warning; raises ConfigError only if a setting of the whole gateway, such
    as a proxy, is wrong.
    """
    findings = Findings(Document())
    timeouts = _timeouts(environ, findings)
    net = read_net(None, environ, findings)
    if findings.has_errors:
        raise invalid(findings, "the environment")
    warnings: list[str] = []
    providers: dict[str, BaseProvider] = {}
    for name, provider, variable in _candidates(environ, registry):
        key = {provider.KEY_FIELD: Secret(environ[variable])} if variable else {}
        try:
            config: ProviderConfig = provider.CONFIG_TYPE.model_validate(key)
            settings = ProviderSettings(None, config, timeouts, sleep=sleep, credentials=credentials, clock=time.time)
            providers[name] = provider(settings, transport)
        except Exception as error:  # A plug-in may raise anything, and it must end here.
            reason = without_secrets(_reason(error), [environ.get(variable, "")])
            warnings.append(f"{provider.DISPLAY_NAME} is not served, though {variable} is set: {reason}")
    endpoints = {DEMO: _demo_endpoint(providers[DEMO], timeouts)} if DEMO in providers else {}
    digest = hashlib.sha256("\n".join(sorted(providers)).encode()).hexdigest()
    return Snapshot(endpoints, {}, providers, net=net, digest=digest, warnings=(*warnings, *plugin_warnings(registry)))


def _timeouts(environ: Mapping[str, str], findings: Findings) -> Timeouts:
    try:
        return environment_timeouts(environ)
    except Mistake as mistake:
        findings.outside(ROUTE_TIMEOUT, str(mistake), mistake.hint)
        return Timeouts()


def _candidates(
    environ: Mapping[str, str], registry: ProviderRegistry
) -> Iterator[tuple[str, type[BaseProvider], str]]:
    """Name, class and the variable that holds its key, of what is to be served; the demo needs no key."""
    allowed = allowed_providers(environ)
    for name in registry.names():
        if allowed is not None and name not in allowed:
            continue
        try:
            provider = registry.get(name)
        except NotFound:
            continue  # A plug-in that does not load; it is among the registry's failures.
        variable = next((each for each in provider.ENV_KEYS if environ.get(each)), "")
        if name == DEMO or (variable and provider.KEY_FIELD):
            yield name, provider, variable


def _demo_endpoint(provider: BaseProvider, timeouts: Timeouts) -> Endpoint:
    return Endpoint(DEMO, "llm/v1/chat", Operation.CHAT, DEMO, None, provider, timeouts=timeouts)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(
            f"`{'.'.join(map(str, detail['loc']))}`: {detail['msg'].removeprefix('Value error, ')}"
            for detail in error.errors(include_url=False, include_input=False)
        )
    return error.message if isinstance(error, LimenError) else f"{type(error).__name__}: {error}"
