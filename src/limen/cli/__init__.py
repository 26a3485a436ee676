"""The command line: `limen`, one module for each command.

A command's module is imported when the command is used, so that a serving process does not carry what only others need.

Must not: do anything but read options, call the part that does the work, and say what came of it.
"""

from __future__ import annotations

import importlib
from typing import Any

import click

from limen.errors import ConfigError, LimenError
from limen.version import __version__

COMMANDS = ("start", "check", "reload", "ask", "providers", "explain", "schema")


class BadConfiguration(click.ClickException):
    """The configuration is at fault: told apart by the exit status, as in the system limen replaces."""

    exit_code = 2


class Commands(click.Group):
    """The group of all commands. The function `limen.cli.<name>.<name>` is the command `<name>`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"limen.cli.{cmd_name}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a failure that limen knows becomes its sentence, without a traceback."""
        try:
            return super().invoke(ctx)
        except LimenError as error:
            kind = BadConfiguration if isinstance(error, ConfigError) else click.ClickException
            raise kind(error.message) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="limen", message="%(prog)s %(version)s")
def main() -> None:
    r"""One URL in front of every provider of large language models.

    \b
    Try it without any key:
      limen start                       serve the built-in model `demo` on http://127.0.0.1:5000
      limen ask "What is a gateway?"    in another terminal: one streamed answer

    \b
    Then with a configuration of your own:
      limen check gateway.yaml          find every problem in it, without serving
      limen start --config-path gateway.yaml

    Each command explains itself: limen COMMAND --help
    """
