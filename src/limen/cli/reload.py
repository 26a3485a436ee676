"""`limen reload`: have a running gateway read its configuration again, and say what came of it."""

from __future__ import annotations

import click

from limen.errors import StartError
from limen.runner.runtime import RunningGateway, all_running, ask_to_reload, find_running


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Which gateway. Needed only where several run.")
@click.option(
    "--timeout", type=click.FloatRange(0.1), default=30.0, show_default=True, help="Seconds to wait for its answer."
)
def reload(port: int | None, timeout: float) -> None:
    r"""Have a running gateway read its configuration again.

    An edit of the file needs no command: a gateway sees it by itself. This one also reads again what the file names, such as
    files with keys, and waits until every worker serves the result. If the configuration is refused, the gateway goes on
    with the one before; the reason is printed, and the exit status is 2.

    \b
    Examples:
      limen reload
      limen reload --port 8080
    """
    gateway = ask_to_reload(_choose(port), timeout)
    click.echo(
        f"The gateway on port {gateway.port} serves {gateway.config or 'its environment'}, digest {gateway.digest[:12]}."
    )


def _choose(port: int | None) -> RunningGateway:
    """The gateway that is meant. Raises StartError if there is none, or if several could be meant."""
    if port is not None:
        gateway = find_running(port)
        if gateway is None:
            raise StartError(f"no gateway of this user runs on port {port}")
        return gateway
    running = list(all_running())
    if not running:
        raise StartError("no gateway of this user runs on this machine; `limen start` starts one")
    if len(running) > 1:
        ports = ", ".join(str(gateway.port) for gateway in running)
        raise StartError(f"several gateways run, on the ports {ports}; say which with --port")
    return running[0]
