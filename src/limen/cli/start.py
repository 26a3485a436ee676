"""`limen start`: serve. Prints what is served and how to try it, then leaves the terminal to the log."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from typing import Any

import click

from limen.config.snapshot import Endpoint, Route, Snapshot
from limen.model.operation import Operation
from limen.runner import run_app
from limen.runner.supervisor import Started
from limen.version import __version__

MOST_LINES = 20
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  read, not bound

PATHS = {
    Operation.CHAT: "/v1/chat/completions",
    Operation.COMPLETIONS: "/v1/completions",
    Operation.EMBEDDINGS: "/v1/embeddings",
}
QUESTIONS: dict[Operation, dict[str, Any]] = {
    Operation.CHAT: {"stream": True, "messages": [{"role": "user", "content": "Hello!"}]},
    Operation.COMPLETIONS: {"stream": True, "prompt": "Once upon a time"},
    Operation.EMBEDDINGS: {"input": "Hello!"},
}


@click.command()
@click.option(
    "--config-path",
    metavar="FILE",
    envvar=["LIMEN_CONFIG", "MLFLOW_GATEWAY_CONFIG"],
    show_envvar=True,
    help="The configuration. An edit of it is served at once; without it see above.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address or name to listen on.")
@click.option(
    "--port", default=5000, show_default=True, type=click.IntRange(0, 65535), help="The port; 0: any free one."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="How many processes serve.")
@click.option("--strict", is_flag=True, help="Refuse a configuration with keys that limen does not know.")
def start(config_path: str | None, host: str, port: int, workers: int, strict: bool) -> None:
    r"""Serve the gateway until it is told to stop.

    Without a configuration it serves the built-in model `demo`, which needs no key, and every provider whose key it finds in
    the environment, as <provider>/<any model>.

    \b
    Examples:
      limen start
      OPENAI_API_KEY=... limen start           also serves openai/gpt-5-mini and so on
      limen start --config-path gateway.yaml
      limen start --config-path gateway.yaml --host 0.0.0.0 --port 8080 --workers 4

    \b
    While it runs:
      an edit of the file, SIGHUP or `limen reload`    serve the new configuration; nothing is cut
      Ctrl-C or SIGTERM                                finish what is in hand, then exit; twice: exit at once

    The file may be one of MLflow's gateway, as it is. `limen check FILE` explains what is wrong with one.
    """
    sys.exit(run_app(config_path, host, port, workers, strict=strict, on_ready=announce))


def announce(started: Started) -> None:
    """Say what is served, in lines that are coloured where a person reads them."""
    lines = list(banner(started))
    if sys.stdout.isatty():
        # 50 ms and 4 MB that a process without a reader should not carry.
        from rich.console import Console  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        console = Console(highlight=False)
        for style, line in lines:
            console.print(Text(line, style=style), soft_wrap=True)
    else:
        click.echo("\n".join(line for _, line in lines))
    sys.stdout.flush()


def banner(started: Started) -> Iterator[tuple[str, str]]:
    """The first lines: each with the style it has on a terminal."""
    snapshot, url = started.snapshot, reachable(started)
    many = f"{started.workers} workers" if started.workers > 1 else "1 worker"
    yield "bold", f"limen {__version__} serves on {url} with {many}."
    if snapshot.source is None:
        yield "", "There is no configuration file: these are the built-in model and the providers whose key is set."
    else:
        yield "", f"The configuration is {snapshot.source}; an edit of it is served at once."
    yield from _served(snapshot)
    for warning in snapshot.warnings:
        yield "yellow", f"Warning: {warning}"
    example = curl(url, snapshot)
    if example:
        yield "", "Try it:"
        yield "green", f"  {example}"
    yield "", f"Routes: {url}/docs  Health: {url}/health"


def reachable(started: Started) -> str:
    """The address to type. One that stands for all of this machine's addresses is none to connect to."""
    host = ANY_ADDRESS.get(started.host)
    return started.url if host is None else f"http://{host}:{started.port}"


def _served(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    rows = [(name, _endpoint(endpoint)) for name, endpoint in snapshot.endpoints.items()]
    rows += [(name, _route(route)) for name, route in snapshot.routes.items()]
    rows += [(f"{name}/<any model>", provider.DISPLAY_NAME) for name, provider in snapshot.open_providers.items()]
    width = max((len(name) for name, _ in rows[:MOST_LINES]), default=0)
    for name, what in rows[:MOST_LINES]:
        yield "cyan", f"  {name:{width}}  {what}"
    if len(rows) > MOST_LINES:
        yield "cyan", f"  and {len(rows) - MOST_LINES} more"


def _endpoint(endpoint: Endpoint) -> str:
    model = f" {endpoint.model}" if endpoint.model else ""
    limit = f", at most {endpoint.limit.calls} calls per {endpoint.limit.renewal_period}" if endpoint.limit else ""
    return f"{endpoint.operation}, {endpoint.provider.DISPLAY_NAME}{model}{limit}"


def _route(route: Route) -> str:
    shares = ", ".join(f"{d.endpoint.name} {d.weight} %" for d in route.destinations)
    return f"{route.operation}, shared out among {shares}"


def curl(url: str, snapshot: Snapshot) -> str | None:
    """A command that works as it stands: a streamed chat if anything here chats. None if no model is known by name."""
    targets: list[Endpoint | Route] = [*snapshot.endpoints.values(), *snapshot.routes.values()]
    named = {target.operation: target.name for target in reversed(targets)}
    operation = next((op for op in PATHS if op in named), None)
    if operation is None:
        return None
    body = json.dumps({"model": named[operation], **QUESTIONS[operation]})
    return f"curl -N {url}{PATHS[operation]} -H 'content-type: application/json' -d {shlex.quote(body)}"
