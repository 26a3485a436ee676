"""`limen schema`: the JSON Schema of the configuration, for editors."""

from __future__ import annotations

import json

import click

from limen.config.json_schema import file_schema
from limen.provider_registry import default_registry


@click.command()
def schema() -> None:
    r"""Print the JSON Schema of the configuration file.

    It knows the `config:` block of every provider, plug-ins included. Editors complete and check a file with it.

    \b
    Examples:
      limen schema > limen.schema.json
      # yaml-language-server: $schema=limen.schema.json      as the first line of the configuration
    """
    click.echo(json.dumps(file_schema(default_registry()), indent=2, ensure_ascii=False))
