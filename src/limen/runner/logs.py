"""The log of the service: one line for each event, on standard error."""

from __future__ import annotations

import asyncio
import logging
import sys

LINE = "%(asctime)s %(levelname)-7s %(name)s[%(process)d] %(message)s"


def configure(level: int = logging.INFO) -> None:
    """Send the events of limen, and the errors of the server under it, to standard error; again changes nothing."""
    logger = logging.getLogger("limen")
    if logger.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(LINE))
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    server = logging.getLogger("uvicorn.error")
    server.addHandler(handler)
    server.addFilter(_not_cancelled)
    server.setLevel(logging.WARNING)
    server.propagate = False


def _not_cancelled(record: logging.LogRecord) -> bool:
    """Leave out cancelled requests, which uvicorn takes for crashes: the client left, or the stop's bound passed."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
