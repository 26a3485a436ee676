"""`limen providers`: what is built in or plugged in, and what each can do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from limen.model.operation import Operation
from limen.provider_registry import BUILT_IN, ProviderRegistry, default_registry
from limen.providers.base import BaseProvider

MANY_COLUMNS = 1000  # of a file or a pipe: nothing is wrapped or cut there


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def providers(as_json: bool) -> None:
    r"""List the providers that a configuration may name.

    For each: the operations it can do (with + where it can also stream them), the environment variable that usually holds its
    key, and the package that brought it. A plug-in that could not be loaded is listed with the reason; it never stops the
    gateway.

    \b
    Examples:
      limen providers
      limen providers --json | jq -r '.providers[].name'
    """
    registry = default_registry()
    registry.load_all()
    if as_json:
        click.echo(json.dumps(document(registry), indent=2, ensure_ascii=False))
    else:
        show(registry)


def document(registry: ProviderRegistry) -> dict[str, Any]:
    """Everything that the table shows, and more, as JSON has it."""
    return {
        "providers": [_describe(registry.get(name), name, registry.origin(name)) for name in registry.names()],
        "failures": [{"name": name, "reason": reason} for name, reason in sorted(registry.failures.items())],
    }


def _describe(provider: type[BaseProvider], name: str, origin: str) -> dict[str, Any]:
    return {
        "name": name,
        "display_name": provider.DISPLAY_NAME,
        "operations": [op.value for op in Operation if op in provider.OPERATIONS],
        "streams": [op.value for op in Operation if op in provider.STREAMS],
        "config_required": provider.CONFIG_REQUIRED,
        "key_field": provider.KEY_FIELD,
        "environment": list(provider.ENV_KEYS),
        "documentation": provider.DOCS_URL or None,
        "origin": "built in" if origin == BUILT_IN else origin,
    }


def show(registry: ProviderRegistry) -> None:
    """The table for people, and what was left out below it."""
    console = Console(width=None if sys.stdout.isatty() else MANY_COLUMNS, highlight=False)
    table = Table("provider", "name", "can do", "key in", "from", box=None, pad_edge=False, header_style="bold")
    found = document(registry)
    for one in found["providers"]:
        abilities = _abilities(one["operations"], one["streams"])
        table.add_row(one["name"], one["display_name"], abilities, ", ".join(one["environment"]), one["origin"])
    console.print(table)
    console.print("\n+ can be streamed")
    for failure in found["failures"]:
        console.print(f"left out: {failure['name']}: {failure['reason']}", style="yellow", soft_wrap=True, markup=False)


def _abilities(operations: Iterable[str], streams: Iterable[str]) -> str:
    return ", ".join(f"{name}+" if name in streams else name for name in operations)
