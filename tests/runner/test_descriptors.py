"""How many sockets a process may have open."""

import subprocess
import sys

CODE = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
from limen.runner.descriptors import raise_limit
print(raise_limit() == hard, resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard)
"""


def test_the_soft_limit_becomes_the_hard_one() -> None:
    """A service started with the usual small limit can still hold thousands of streams."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
