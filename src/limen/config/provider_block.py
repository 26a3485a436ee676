"""A provider as the file names it: its class, its `config:` block with the keys looked up, and the provider made of both.

Knows no provider's options: they are those of the class's CONFIG_TYPE.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from limen.config.findings import Findings
from limen.config.problems import Path, without_secrets
from limen.config.provider_keys import ProviderKeys, fields, is_key, variable
from limen.config.schema import nearest
from limen.config.secrets import ReadFile, read_secret_file
from limen.errors import LimenError, NotFound
from limen.provider_registry import RETIRED, ProviderRegistry, normalise
from limen.providers.base import BaseProvider, Clock, ProviderConfig, ProviderSettings, Sleep, Transport
from limen.providers.credentials import AbsentCredentials, Credentials

ALLOWED_PROVIDERS = "MLFLOW_GATEWAY_ALLOWED_PROVIDERS"
_ALIASES = ({"bedrock", "amazon-bedrock"}, {"databricks", "databricks-model-serving"})


class Outside(msgspec.Struct, frozen=True):
    """What a configuration depends on that is not in the file."""

    environ: Mapping[str, str]
    registry: ProviderRegistry
    transport: Transport | None = None
    sleep: Sleep | None = None
    read_file: ReadFile = read_secret_file
    credentials: Credentials = AbsentCredentials()
    clock: Clock = time.time


def allowed_providers(environ: Mapping[str, str]) -> frozenset[str] | None:
    """The names that the environment's policy allows, or None where all are."""
    names = {normalise(name) for name in environ.get(ALLOWED_PROVIDERS, "").split(",") if name.strip()}
    for group in _ALIASES:
        if names & group:
            names |= group
    return frozenset(names) or None


class ProviderBlocks:
    """Finds, configures and builds the providers of one file; every mistake becomes a finding."""

    def __init__(self, findings: Findings, outside: Outside) -> None:
        self._findings = findings
        self._outside = outside
        self._allowed = allowed_providers(outside.environ)
        self._keys = ProviderKeys(findings, outside.environ, outside.read_file)

    def find(self, name: str, path: Path) -> type[BaseProvider] | None:
        """The class of the provider `name`, which is written at `path`."""
        if self._allowed is not None and normalise(name) not in self._allowed:
            message = f"Provider {name!r} is not allowed by the current gateway provider policy"
            self._findings.error(path, message, f"`{ALLOWED_PROVIDERS}` holds the names of those that are")
        try:
            return self._outside.registry.get(name)
        except NotFound as error:
            self._findings.error(path, *self._not_found(name, error))
            return None

    def _not_found(self, name: str, error: NotFound) -> tuple[str, str]:
        registry, key = self._outside.registry, normalise(name)
        if key in registry.failures:
            return error.message, "mend or uninstall the package that brings it"
        if key in RETIRED:
            return (
                f"The provider {name!r} has been switched off by its owner",
                f"use `provider: {RETIRED[key]}`, with a model and a key of that provider",
            )
        return f"The provider {name!r} is not supported", nearest(key, registry.names())

    def configure(self, provider: type[BaseProvider], raw: object, path: Path) -> ProviderConfig | None:
        """The `config:` block of `provider`, which is written at `path`."""
        config_type = provider.CONFIG_TYPE
        if raw is None:
            if provider.CONFIG_REQUIRED:
                hint = f"add `config:` with {_examples(provider)}"
                self._findings.error(path, "A config must be supplied when setting a provider", hint)
                return None
            raw = {}
        self._findings.unknown_keys((config_type,), raw, path)
        data = self._keys.looked_up(provider, raw, path) if isinstance(raw, Mapping) else raw
        try:
            return self._findings.validated(config_type, data, path, secrets=self._keys.found)
        except Exception as error:  # A plug-in's validator may raise anything, and it must end here.
            self._findings.error(path, f"the provider's own check of its configuration failed: {self._reason(error)}")
            return None

    def build(self, provider: type[BaseProvider], settings: ProviderSettings, path: Path) -> BaseProvider | None:
        """The provider of an endpoint, ready to serve."""
        try:
            outside = self._outside
            given = msgspec.structs.replace(settings, credentials=outside.credentials, clock=outside.clock)
            return provider(given, self._outside.transport)
        except Exception as error:  # So may its constructor.
            self._findings.error(path, f"the provider {provider.NAME!r} can't be set up: {self._reason(error)}")
            return None

    def _reason(self, error: Exception) -> str:
        said = error.message if isinstance(error, LimenError) else f"{type(error).__name__}: {error}"
        return without_secrets(" ".join(said.split()), self._keys.found)


def _examples(provider: type[BaseProvider]) -> str:
    """The lines that a `config:` block needs at the least, as text."""
    required = {alias: field for alias, field in fields(provider.CONFIG_TYPE) if field.is_required()}
    lines = [f"`{name}: ${variable(provider, name) if is_key(field) else '…'}`" for name, field in required.items()]
    return " and ".join(lines).replace("$…", "…") or "its keys"
