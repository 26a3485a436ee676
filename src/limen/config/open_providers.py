"""The `providers` of the file: each serves any of its models as `<provider>/<model>`, without an endpoint for it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from limen.config.findings import Findings
from limen.config.problems import Path
from limen.config.provider_block import ProviderBlocks
from limen.provider_registry import normalise
from limen.providers.base import BaseProvider, ProviderSettings


class OpenProviders:
    """Turns the mapping of names and `config:` blocks into providers. `shared`: the settings that are the same for all."""

    def __init__(self, findings: Findings, blocks: ProviderBlocks, shared: ProviderSettings) -> None:
        self._findings = findings
        self._blocks = blocks
        self._shared = shared

    def read(self, raw: object, path: Path) -> dict[str, BaseProvider]:
        """The providers at `path`, by the names that clients put before the slash."""
        if raw is not None and not isinstance(raw, Mapping):
            self._findings.error(
                path, "this must be a mapping", "write a provider's name, and its `config:` block below"
            )
        made: dict[str, BaseProvider] = {}
        first: dict[str, str] = {}
        for written, block in raw.items() if isinstance(raw, Mapping) else ():
            name = normalise(written)
            if name in first:
                message = f"this is the same provider as {first[name]!r}: case, - and _ do not matter"
                self._findings.error((*path, written), message, "keep one of them")
            first.setdefault(name, written)
            provider = self._read_one(written, block, (*path, written))
            if provider is not None:
                made[name] = provider
        return made

    def _read_one(self, name: str, block: object, path: Path) -> BaseProvider | None:
        provider = self._blocks.find(name, path)
        config = self._blocks.configure(provider, block, path) if provider else None
        if provider is None or config is None:
            return None
        return self._blocks.build(provider, msgspec.structs.replace(self._shared, config=config), path)
