"""The log, in a process of its own, because logging is a process's own."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, logging
from limen.runner import logs
logs.configure()
logs.configure()
logging.getLogger("limen.x").info("an event")
logging.getLogger("limen.x").debug("a detail")
logging.getLogger("uvicorn.error").info("a banner")
logging.getLogger("uvicorn.error").error("a crash", exc_info=ValueError("reason"))
logging.getLogger("uvicorn.error").error("a cancelled request", exc_info=asyncio.CancelledError())
"""


def test_one_line_for_each_event() -> None:
    """Events and crashes are on standard error once; details, banners and cancelled requests are not."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = ran.stderr.splitlines()
    assert ran.stdout == ""
    assert len(lines) == 3
    assert "INFO    limen.x[" in lines[0]
    assert lines[0].endswith("] an event")
    assert lines[1].endswith("] a crash")
    assert lines[2] == "ValueError: reason"
