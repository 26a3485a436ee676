"""Starts, stops and reloads the service; supervises its workers; watches the configuration.

`run_app` is the service itself, in the foreground. `Runner` is for programs and tests that want a gateway beside them.
"""

from limen.runner.foreground import run_app
from limen.runner.runner import Runner

__all__ = ["Runner", "run_app"]
