"""A supervised service for the tests of the runner: `wordservice`, in processes of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from words import Words


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of the test's own."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder / "limen"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration of the word service, which says `one`."""
    path = tmp_path / "words.json"
    path.write_text('{"word": "one"}')
    return path


@pytest.fixture
def serve() -> Iterator[Callable[..., Words]]:
    """Start word services; whatever the test leaves running is ended."""
    with contextlib.ExitStack() as stack:

        def start(path: Path | None, workers: int = 1, port: int = 0) -> Words:
            words = Words(path, port=port, workers=workers)
            words.start()
            stack.callback(_end, words)
            return words

        yield start


def _end(words: Words) -> None:
    if words._process is not None:
        words.stop(timeout=5)


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until a condition holds, but not for ever."""

    def wait(condition: Callable[[], object], seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.02)

    return wait


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process runs; one that ended and waits to be reaped does not."""

    def check(pid: int) -> bool:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return status.rpartition(")")[2].split()[0] != "Z"

    return check


@pytest.fixture
def children_gone(alive: Callable[[int], bool], until: Callable[..., None]) -> Callable[[set[int]], None]:
    """Wait until none of these processes runs."""
    return lambda pids: until(lambda: not any(alive(pid) for pid in pids))
