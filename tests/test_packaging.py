"""The distribution: what a plain `pip install limen` brings, and what is in the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from limen.version import __version__
from source_tree import ROOT, SOURCE

MOST_DISTRIBUTIONS = 30
MOST_BYTES = 80_000_000
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def plain_install() -> dict[str, Distribution]:
    """limen and everything that it requires without extras, by canonical name, as it is installed here."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [("limen", frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        for line in found[name].requires or ():
            need = Requirement(line)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (extras or {""})):
                waiting.append((canonicalize_name(need.name), frozenset(need.extras)))
    return found


def test_a_plain_install_is_few_distributions() -> None:
    """Fewer than 30, limen among them: each one more is one more to trust and to keep."""
    names = sorted(plain_install())
    assert len(names) < MOST_DISTRIBUTIONS, names


def test_a_plain_install_is_small() -> None:
    """Less than 80 MB on disk, compiled bytecode left out."""
    sizes = {
        name: sum(
            path.stat().st_size
            for file in found.files or ()
            if file.suffix != ".pyc" and (path := Path(str(file.locate()))).is_file()
        )
        for name, found in plain_install().items()
    }
    total = sum(sizes.values())
    assert total < MOST_BYTES, sorted(sizes.items(), key=lambda item: -item[1])


def test_requirements_name_no_upper_bound_and_no_place() -> None:
    """A gateway is installed beside other software: it says what it needs at least, and never from where."""
    groups = PROJECT["dependency-groups"].values()
    for line in [*PROJECT["project"]["dependencies"], *(line for group in groups for line in group)]:
        need = Requirement(line)
        assert need.url is None, line
        assert {specifier.operator for specifier in need.specifier} <= {">="}, line


def test_the_version_is_said_once() -> None:
    """The installed metadata and the package agree, and the version is one that tools can order."""
    assert distribution("limen").version == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?(\.dev\d+)?", __version__)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built from the checkout without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        yield archive


def test_the_wheel_has_the_whole_package(wheel: zipfile.ZipFile) -> None:
    """Every source and data file, and the marker that says it is typed."""
    there = {path.relative_to(SOURCE.parent).as_posix() for path in SOURCE.rglob("*") if path.is_file()}
    there = {name for name in there if "__pycache__" not in name}
    assert "limen/py.typed" in there
    assert there == {name for name in wheel.namelist() if name.startswith("limen/")}


def test_the_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No tests, benchmark or examples at the top of somebody's site-packages."""
    assert {name.split("/")[0] for name in wheel.namelist()} == {"limen", f"limen-{__version__}.dist-info"}


def test_the_wheel_s_metadata(wheel: zipfile.ZipFile) -> None:
    """The command, the licence and the least Python."""
    info = f"limen-{__version__}.dist-info"
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "limen = limen.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: Apache-2.0" in metadata
