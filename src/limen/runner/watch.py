"""The configuration file as the supervisor sees it: its content, and whether it has changed.

Looks at the file instead of waiting to be told: that works the same for editors that replace the file, for a ConfigMap's
swapped links, for bind mounts and network file systems, and needs no thread. Never parses.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from limen.errors import ConfigError


class Content(NamedTuple):
    """What the file says, and where it is. Both None where there is no file: the environment alone decides."""

    text: str | None
    source: str | None


class Mark(NamedTuple):
    """Differs whenever the content might: the file behind all links, and what a write or a replacement changes of it."""

    real_path: str
    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


class ConfigFile:
    """A configuration file that may change, vanish and come back.

    A change counts once the file has been quiet for `settle` seconds, so that a file being written is not read by halves.
    """

    def __init__(self, path: str, *, settle: float = 0.2) -> None:
        self.path = path
        self._settle = settle
        self._seen = self._mark()
        self._moving: tuple[Mark | None, float] | None = None

    def read(self) -> Content:
        """The content now. Raises ConfigError if there is none, or if it is not text."""
        self._seen, self._moving = self._mark(), None
        try:
            with open(self.path, "rb") as file:
                data = file.read()
        except FileNotFoundError as error:
            raise ConfigError(f"the configuration file {self.path!r} does not exist") from error
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ConfigError(f"the configuration file {self.path!r} can't be read: {reason}") from error
        try:
            return Content(data.decode("utf-8-sig"), self.path)
        except UnicodeDecodeError as error:
            raise ConfigError(f"the configuration file {self.path!r} is not UTF-8 text (byte {error.start})") from error

    def changed(self, now: float) -> bool:
        """Whether the file differs from what was read last, and has settled. `now` is in seconds of any steady clock."""
        mark = self._mark()
        if mark == self._seen:
            self._moving = None
            return False
        if self._moving is None or self._moving[0] != mark:
            self._moving = (mark, now)
        return now - self._moving[1] >= self._settle

    @property
    def moving(self) -> bool:
        """Whether the file has changed but not yet settled: time to look more often."""
        return self._moving is not None

    def _mark(self) -> Mark | None:
        try:
            real_path = os.path.realpath(self.path)
            status = os.stat(real_path)
        except OSError:
            return None
        return Mark(real_path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
