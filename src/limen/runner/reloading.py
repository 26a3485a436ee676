"""The configuration of the service over time: what is served, what was refused, and what to tell the workers next.

The supervisor validates before it tells anyone. The workers get the text, not the path, so that all of them serve the same
content even while the file goes on changing.
"""

from __future__ import annotations

import logging

from limen.config.snapshot import Snapshot
from limen.errors import ConfigError
from limen.runner.control import ConfigFailed, Serve
from limen.runner.service import Service
from limen.runner.watch import ConfigFile, Content

LOOK_SECONDS = 0.5
LOOK_SECONDS_WHILE_MOVING = 0.1

_log = logging.getLogger("limen.config")


class Configuration:
    """The last content that was good, and why a newer one is not. Raises ConfigError if there is no good one to begin with."""

    def __init__(self, path: str | None, service: Service) -> None:
        self._service = service
        self._file = None if path is None else ConfigFile(path)
        self.content = self._read()
        self.snapshot: Snapshot = service.snapshot(self.content)
        self.refused: str | None = None
        self.number = 0

    @property
    def patience(self) -> float | None:
        """Seconds until the file is worth another look; None where there is no file."""
        if self._file is None:
            return None
        return LOOK_SECONDS_WHILE_MOVING if self._file.moving else LOOK_SECONDS

    def look(self, now: float) -> Serve | ConfigFailed | None:
        """What to tell the workers, if the file has changed and settled."""
        if self._file is None or not self._file.changed(now):
            return None
        try:
            content = self._read()
        except ConfigError as error:
            return self._refuse(error.message)
        return None if content == self.content and self.refused is None else self._take(content)

    def reload(self) -> Serve | ConfigFailed:
        """What to tell the workers, changed or not: secrets that the file names may have changed."""
        try:
            return self._take(self._read())
        except ConfigError as error:
            return self._refuse(error.message)

    def _take(self, content: Content) -> Serve | ConfigFailed:
        try:
            snapshot = self._service.snapshot(content)
        except ConfigError as error:
            return self._refuse(error.message)
        except Exception as error:
            _log.exception("building the new configuration failed inside limen")
            return self._refuse(f"building it failed inside limen: {error!r}; the log has the reason")
        self.content, self.snapshot, self.refused = content, snapshot, None
        self.number += 1
        return Serve(self.number, *content)

    def _refuse(self, message: str) -> ConfigFailed:
        # One event, one line, however many problems the file has.
        _log.error("the new configuration is refused, the one before stays: %s", " ".join(message.split()))
        self.refused = message
        return ConfigFailed(message)

    def _read(self) -> Content:
        return Content(None, None) if self._file is None else self._file.read()
