"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from command import limen
from limen.cli import COMMANDS
from limen.version import __version__


async def test_help_names_every_command_and_a_first_step() -> None:
    """A newcomer reads what to type first, and what else there is."""
    done = await limen("--help")
    assert done.status == 0
    assert "limen start" in done.out
    listed = {line.split()[0] for line in done.out.splitlines() if line.startswith("  ") and line.strip()}
    assert set(COMMANDS) <= listed


async def test_without_a_command_help_is_shown() -> None:
    """`limen` alone explains itself."""
    done = await limen()
    assert "Usage: limen" in done.out + done.err
    assert "limen start" in done.out + done.err


async def test_version() -> None:
    """The name and the version, and nothing else."""
    done = await limen("--version")
    assert (done.status, done.out) == (0, f"limen {__version__}\n")


async def test_an_unknown_command_is_refused() -> None:
    """A mistyped command is named, and the exit status is that of a wrong usage."""
    done = await limen("strat")
    assert done.status == 2
    assert "strat" in done.err


@pytest.mark.parametrize("name", COMMANDS)
async def test_each_command_explains_itself(name: str) -> None:
    """`limen COMMAND --help` works for all of them."""
    done = await limen(name, "--help")
    assert done.status == 0
    assert f"Usage: limen {name}" in done.out


def modules_after(arguments: str) -> set[str]:
    """The modules that a command line has imported by its end."""
    code = f"""
import sys
from limen.cli import main
try:
    main({arguments})
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_a_command_imports_only_what_it_needs() -> None:
    """Serving does not carry the other commands, and asking does not carry the server."""
    serving = modules_after("['start', '--port', 'x']")
    assert "limen.cli.start" in serving
    assert not {"limen.cli.ask", "limen.cli.providers", "limen.cli.check", "rich.console"} & serving
    asking = modules_after("['ask', '']")
    assert "limen.cli.ask" in asking
    assert not {"limen.cli.start", "limen.app", "fastapi", "uvicorn"} & asking
