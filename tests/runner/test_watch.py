"""The configuration file, with real files: what counts as a change, and what as content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from limen.errors import ConfigError
from limen.runner.watch import ConfigFile, Content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "limen.yaml"
    path.write_text("one")
    return path


def settled(file: ConfigFile) -> bool:
    """Whether a change is seen, now and again when it has had time to settle."""
    return file.changed(0.0) or file.changed(10.0)


def edit(path: Path) -> None:
    path.write_text("two!")


def replace(path: Path) -> None:
    draft = path.with_suffix(".new")
    draft.write_text("two")
    draft.replace(path)


def replace_alike(path: Path) -> None:
    """As `cp -p` of a file of the same size and time."""
    times = path.stat()
    replace(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [edit, replace, replace_alike, remove])
def test_sees_every_kind_of_change(path, change) -> None:
    """Edits in place, replacements and removal are changes; reading settles them."""
    file = ConfigFile(str(path))
    file.read()
    assert not settled(file)
    change(path)
    assert settled(file)
    if change is not remove:
        assert file.read().text.startswith("two")
        assert not settled(file)


def test_sees_a_swapped_folder_link(tmp_path) -> None:
    """A link to the folder that holds the file is swapped: the path's own entry never changes."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "limen.yaml").write_text(name)
    (tmp_path / "data").symlink_to("a")
    (tmp_path / "limen.yaml").symlink_to("data/limen.yaml")
    file = ConfigFile(str(tmp_path / "limen.yaml"))
    assert file.read().text == "a"
    (tmp_path / "next").symlink_to("b")
    (tmp_path / "next").replace(tmp_path / "data")
    assert settled(file)
    assert file.read().text == "b"


def test_a_file_that_moves_is_left_alone(path) -> None:
    """While it goes on changing it does not count as changed: half a file is never read."""
    file = ConfigFile(str(path), settle=0.2)
    for step in range(1, 5):
        path.write_text("x" * step * 10)
        assert not file.changed(step * 0.15)
        assert file.moving
    assert not file.changed(0.7)
    assert file.changed(0.81)


def test_a_change_that_is_undone_is_none(path) -> None:
    """A file that is moved away and back is the same file."""
    file = ConfigFile(str(path))
    path.rename(path.with_suffix(".away"))
    assert not file.changed(0.0)
    assert file.moving
    path.with_suffix(".away").rename(path)
    file.read()
    assert not settled(file)
    assert not file.moving


def test_reads_text_with_or_without_a_byte_order_mark(path) -> None:
    """A byte order mark is no content."""
    path.write_bytes(b"\xef\xbb\xbfname: \xc3\xa9")
    assert ConfigFile(str(path)).read() == Content("name: é", str(path))


def test_unreadable_files_say_why(tmp_path, path) -> None:
    """No file, a folder, and bytes that are no text are each named."""
    path.write_bytes(b"name: \xff")
    reasons = {tmp_path / "none": "does not exist", tmp_path: "Is a directory", path: "not UTF-8 text"}
    for place, reason in reasons.items():
        with pytest.raises(ConfigError, match=reason) as caught:
            ConfigFile(str(place)).read()
        assert str(place) in caught.value.message
