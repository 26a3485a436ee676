"""`limen explain`: what would become of a request, from files alone. No gateway need run, and nothing is sent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from limen.config.load import build
from limen.errors import ClientFault, GatewayFault
from limen.explanation import explain as explain_plan
from limen.plan import make_plan
from limen.policy.rotation import Rotation
from limen.provider_registry import default_registry
from limen.runner.watch import ConfigFile
from limen.server.doors import Doors


@click.command()
@click.argument("request_file", metavar="REQUEST")
@click.option(
    "--config-path",
    envvar=["LIMEN_CONFIG", "MLFLOW_GATEWAY_CONFIG"],
    required=True,
    metavar="FILE",
    help="The configuration. Also LIMEN_CONFIG.",
)
@click.option(
    "--surface",
    default="/v1/chat/completions",
    show_default=True,
    metavar="PATH",
    help="The path that the request is meant for: it says which dialect it is in.",
)
def explain(request_file: str, config_path: str, surface: str) -> None:
    r"""Show what would become of a request, without sending anything.

    REQUEST is a file with the JSON body, or - for standard input. What is printed: the endpoint and the provider that would
    serve it, the exact request that the provider would get (secrets masked), and everything that would be lost in translation.
    The exit status is 0 if it would be sent, else 1.

    \b
    Examples:
      limen explain --config-path gateway.yaml request.json
      limen explain --config-path gateway.yaml --surface /v1/messages - < request.json
    """
    text = sys.stdin.buffer.read() if request_file == "-" else _read(request_file)
    config = ConfigFile(config_path).read().text or ""
    snapshot = build(config, source=config_path, environ=os.environ, registry=default_registry(), transport=None)
    door = Doors(snapshot).find(surface)
    if door is None:
        raise click.UsageError(f"there is no surface {surface}; docs/http-api.md lists them")
    try:
        shown = explain_plan(make_plan(snapshot, door, text, Rotation()))
    except (ClientFault, GatewayFault) as error:
        raise click.ClickException(error.message) from error
    click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
    sys.exit(0 if shown["error"] is None else 1)


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise click.ClickException(f"{name} can't be read: {error.strerror or error}") from error
