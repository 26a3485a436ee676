"""`limen reload`, on running services."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from limen.cli import main
from words import Words


@pytest.fixture(autouse=True)
def _own_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "words.json"
    path.write_text('{"word": "one"}')
    return path


def reload(*options: str) -> Result:
    return CliRunner().invoke(main, ["reload", *options])


def test_says_what_is_served(file) -> None:
    """With one gateway no port is needed; the outcome names the file and the digest."""
    with Words(file, port=0) as words:
        file.write_text('{"word": "two"}')
        result = reload()
        assert result.exit_code == 0
        assert words.word() == "two"
        assert f"on port {words.port} serves {file}, digest " in result.output


def test_says_why_not(file) -> None:
    """A refused file is an error with its reason, and a status of its own."""
    with Words(file, port=0) as words:
        file.write_text("{}")
        result = reload("--port", str(words.port))
        assert result.exit_code == 2
        assert "bad words" in result.output
        assert words.word() == "one"


def test_needs_a_port_where_several_run(file) -> None:
    """With several gateways it asks which, and names them."""
    with Words(file, port=0) as first, Words(file, port=0) as second:
        result = reload()
        assert result.exit_code == 1
        assert str(first.port) in result.output
        assert str(second.port) in result.output


def test_needs_a_gateway() -> None:
    """Without one it says how to start one."""
    assert "`limen start` starts one" in reload().output
    result = reload("--port", "1")
    assert result.exit_code == 1
    assert "no gateway of this user runs on port 1" in result.output
