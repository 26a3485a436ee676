"""`python -m limen`."""

from __future__ import annotations

import subprocess
import sys


def test_is_the_command_line() -> None:
    """The module is the command `limen`, under that name."""
    ran = subprocess.run([sys.executable, "-m", "limen", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("limen ")
