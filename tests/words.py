"""A supervised service to test processes with: `wordservice`, run as a gateway is."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

import wordservice
from limen.runner import Runner


class Words(Runner):
    """A Runner whose command is the word service."""

    command = (sys.executable, "-W", "error", wordservice.__file__)

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def word(self) -> str:
        return self.get("/word")["word"]

    def worker_pids(self) -> set[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return {int(pid) for pid in children.split()}
