"""What the gateway says of itself: which configuration it serves, since when, and the last that was refused."""

from __future__ import annotations

import datetime
from typing import Any

from limen.config.snapshot import Snapshot


class Status:
    """The state of one worker, as `/health` shows it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._error: dict[str, str] | None = None
        self.draining = False
        self.serving(snapshot)

    def serving(self, snapshot: Snapshot) -> None:
        """A configuration is served from now on; an earlier refusal is forgotten."""
        self._error = None
        self._configuration = {
            "source": snapshot.source,
            "digest": snapshot.digest,
            "loaded_at": _now(),
            "endpoints": len(snapshot.endpoints),
            "routes": len(snapshot.routes),
        }

    def refused(self, message: str) -> None:
        """A configuration was refused; the one before is still served."""
        self._error = {"message": message, "at": _now()}

    def report(self) -> dict[str, Any]:
        """The body of `/health`. `status` is the one key that MLflow's gateway has."""
        return {
            "status": "OK",
            "state": "draining" if self.draining else "serving",
            "configuration": {**self._configuration, "last_error": self._error},
        }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
