"""What a person sees of a service that can't start, or that did."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wordservice
from limen.runner import foreground
from limen.runner.foreground import EXIT_CONFIG, EXIT_START, supervise
from limen.runner.supervisor import Plan


@pytest.fixture(autouse=True)
def _log_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service configures the log of its process; this process is the test's."""
    monkeypatch.setattr(foreground.logs, "configure", lambda: None)


def test_a_bad_file_is_one_line(file, capsys) -> None:
    """A configuration that can't be served: its status, and the reason on standard error."""
    file.write_text("{}")
    assert supervise(Plan(str(file), "127.0.0.1", 0, 1), wordservice.WordService) == EXIT_CONFIG
    assert capsys.readouterr().err == "limen: bad words: KeyError('word')\n"


def test_a_bad_host_is_one_line(file, capsys) -> None:
    """A place to listen that can't be had: another status, and the reason."""
    assert supervise(Plan(str(file), "no.such.host.invalid", 0, 1), wordservice.WordService) == EXIT_START
    assert capsys.readouterr().err.startswith("limen: can't listen on host 'no.such.host.invalid'")


def test_a_relative_path_is_told_whole(serve, file, monkeypatch) -> None:
    """The file stays the same whatever the folder is later, and /health names it so that it can be found."""
    monkeypatch.chdir(file.parent)
    words = serve(file.name)
    assert words.get("/health")["configuration"]["source"] == str(file)


def test_runs_in_the_foreground(file) -> None:
    """The calling process is the service, and its exit status the service's."""
    command = [sys.executable, wordservice.__file__, "--config-path", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("ready on http://127.0.0.1:")
        process.terminate()
        assert process.wait(15) == 0
