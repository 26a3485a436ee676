"""Manifests: what `bench/peers/<name>.toml` says about a gateway, and whether this machine has it.

A manifest is data. Its templates know the words {command} {config} {folder} {port} {python} {upstream}; any
other brace is left alone, because configuration files are full of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "peers"
BASELINE = "nginx"
"""The gateway that all ratios are taken against."""

_WORD = re.compile(r"\{(command|config|folder|port|python|upstream)\}")
_TABLES: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "": {"name": str, "title": str, "health": str, "detect": dict, "start": dict, "request": dict},
    "detect": {"command": str, "environment": str, "version": list},
    "start": {"command": list, "config": str, "environment": dict},
    "request": {"path": str, "model": str, "streams": bool, "done": bool},
}


class ManifestError(Exception):
    """A manifest that does not say what it must; the message names file and key."""


@dataclass(frozen=True)
class Manifest:
    """One gateway, as its file describes it (the keys are explained in bench/README.md)."""

    name: str
    title: str
    health: str
    command: str
    command_variable: str
    version: Sequence[str]
    start: Sequence[str]
    config: str
    path: str
    model: str
    environment: Mapping[str, str] = field(default_factory=dict)
    streams: bool = True
    done: bool = True

    @classmethod
    def read(cls, file: Path) -> Manifest:
        """Read and check `file`. Raises `ManifestError`."""
        try:
            document = tomllib.loads(file.read_text())
            _check(file, document)
            detect, start, request = document["detect"], document["start"], document["request"]
            return cls(
                name=document["name"],
                title=document["title"],
                health=document.get("health", ""),
                command=detect["command"],
                command_variable=detect.get("environment", ""),
                version=detect["version"],
                start=start["command"],
                config=start["config"],
                environment=start.get("environment", {}),
                **request,
            )
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ManifestError(f"{file}: {error}") from error
        except (KeyError, TypeError) as error:
            raise ManifestError(f"{file}: a key is missing: {error}") from error

    def executable(self, environ: Mapping[str, str]) -> str | None:
        """The program to start: named by the manifest's variable, else found on PATH; None if absent."""
        named = environ.get(self.command_variable) if self.command_variable else None
        return shutil.which(named or fill(self.command, python=sys.executable))

    def find(self, environ: Mapping[str, str]) -> Found:
        """Look for the gateway on this machine by asking it for its version."""
        command = self.executable(environ)
        if command is None:
            hint = f"; name it in {self.command_variable}" if self.command_variable else ""
            return Found(self, "", "", f"no `{self.command}` on PATH{hint}")
        asked = [fill(word, command=command) for word in self.version]
        try:
            answer = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Found(self, command, "", f"{' '.join(asked)}: {error}")
        lines = [line for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
        said = lines[-1].strip() if lines else ""
        if answer.returncode:
            return Found(self, command, "", f"{' '.join(asked)}: exit {answer.returncode}: {said}")
        return Found(self, command, said, "")


@dataclass(frozen=True)
class Found:
    """The result of looking for a gateway: its program and version, or the reason why it is absent."""

    manifest: Manifest
    command: str
    version: str
    absent: str

    @property
    def name(self) -> str:
        """The manifest's name."""
        return self.manifest.name


def fill(template: str, **words: str) -> str:
    """`template` with its known words replaced; a word that was not given stays as it is."""
    return _WORD.sub(lambda match: words.get(match[1], match[0]), template)


def read_all(folder: Path = FOLDER) -> list[Manifest]:
    """All manifests of `folder`: the baseline first, then limen, then the others by name."""
    manifests = [Manifest.read(file) for file in sorted(folder.glob("*.toml"))]
    return sorted(manifests, key=lambda manifest: (manifest.name != BASELINE, manifest.name != "limen"))


def child_environment(manifest: Manifest) -> dict[str, str]:
    """The environment of a gateway: this one without proxies and provider keys, which would alter its work."""
    dropped = re.compile(r".*_proxy|.*_API_KEY|LIMEN_.*|MLFLOW_.*", re.IGNORECASE)
    kept = {key: value for key, value in os.environ.items() if not dropped.fullmatch(key)}
    return kept | dict(manifest.environment)


def _check(file: Path, document: Mapping[str, Any]) -> None:
    for table, keys in _TABLES.items():
        for key, value in (document[table] if table else document).items():
            where = f"{table}.{key}" if table else key
            if key not in keys:
                raise ManifestError(f"{file}: unknown key `{where}`; known: {', '.join(keys)}")
            if not isinstance(value, keys[key]):
                raise ManifestError(f"{file}: `{where}` must be of type {keys[key]}")
