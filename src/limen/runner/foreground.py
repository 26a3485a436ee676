"""`run_app`: the service itself, in the foreground of this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

from limen.errors import ConfigError, LimenError, StartError
from limen.runner import logs
from limen.runner.descriptors import raise_limit
from limen.runner.gateway import GatewayService
from limen.runner.service import MakeService
from limen.runner.supervisor import Plan, Started, Supervisor

EXIT_START = 1
EXIT_CONFIG = 2

OnReady = Callable[[Started], None]


def run_app(
    config_path: str | None,
    host: str = "127.0.0.1",
    port: int = 5000,
    workers: int = 1,
    *,
    strict: bool = False,
    on_ready: OnReady | None = None,
) -> int:
    """Serve the gateway until it is told to stop; returns the exit status. For the main thread of a process.

    SIGTERM and SIGINT stop it: what is in hand is finished first, for at most the file's `drain_seconds`; a second one ends
    everything at once. SIGHUP reads the file again; an edit of it is seen by itself. `config_path` None serves what the
    environment has keys for; port 0 takes a free one. `strict` refuses a file with unknown keys. `on_ready` is called
    once, when the first worker serves.

    The status is 0 after a graceful stop, 2 if the configuration can't be served, 1 if the address can't be listened on, 128
    and the signal's number after a second signal.
    """
    return supervise(Plan(config_path, host, port, workers), partial(GatewayService, strict=strict), on_ready)


def supervise(plan: Plan, make_service: MakeService, on_ready: OnReady | None = None) -> int:
    """Run any service by `plan`; returns the exit status. What keeps it from starting goes to standard error."""
    logs.configure()
    raise_limit()
    path = plan.config_path
    plan = plan._replace(config_path=None if path is None else os.path.abspath(path))
    try:
        return Supervisor(plan, make_service, on_ready).run()
    except ConfigError as error:
        return _say(error, EXIT_CONFIG)
    except StartError as error:
        return _say(error, EXIT_START)


def _say(error: LimenError, status: int) -> int:
    sys.stderr.write(f"limen: {error.message}\n")
    sys.stderr.flush()
    return status
