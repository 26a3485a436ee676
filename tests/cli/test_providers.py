"""`limen providers`, as a process."""

from __future__ import annotations

import json
from pathlib import Path

from command import limen
from limen.provider_registry import default_registry


def plug_in(folder: Path, name: str, body: str) -> dict[str, str]:
    """Make an installed distribution out of thin air; gives the environment in which it is there."""
    (folder / f"{name}_plugin.py").write_text(body)
    info = folder / f"{name}_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[limen.providers]\n{name} = {name}_plugin:Provider\n")
    return {"PYTHONPATH": str(folder)}


GOOD = """
from limen.providers.base import BaseProvider

class Provider(BaseProvider):
    NAME, DISPLAY_NAME = "acme", "Acme models"
"""


async def test_lists_every_provider() -> None:
    """One line for each name, with what it can do and where its key is looked for."""
    done = await limen("providers")
    assert (done.status, done.err) == (0, "")
    first_words = {line.split()[0] for line in done.out.splitlines() if line}
    assert set(default_registry().names()) <= first_words
    openai = next(line for line in done.out.splitlines() if line.startswith("openai "))
    assert "chat+, completions+, embeddings" in openai
    assert "OPENAI_API_KEY" in openai
    assert openai.rstrip().endswith("built in")


async def test_json_says_the_same_for_programs() -> None:
    """Names, operations, streams, key and origin, as data."""
    done = await limen("providers", "--json")
    found = {one["name"]: one for one in json.loads(done.out)["providers"]}
    assert set(found) == set(default_registry().names())
    assert found["openai"]["operations"] == ["chat", "completions", "embeddings"]
    assert found["openai"]["streams"] == ["chat", "completions"]
    assert found["openai"]["environment"] == ["OPENAI_API_KEY"]
    assert found["openai"]["key_field"] == "openai_api_key"
    assert found["openai"]["origin"] == "built in"
    assert json.loads(done.out)["failures"] == []


async def test_a_plug_in_is_listed_with_its_origin(tmp_path: Path) -> None:
    """A provider of another distribution stands among the others and names where it is from."""
    done = await limen("providers", environ=plug_in(tmp_path, "acme", GOOD))
    acme = next(line for line in done.out.splitlines() if line.startswith("acme "))
    assert "Acme models" in acme
    assert acme.rstrip().endswith("acme-plugin")


async def test_a_broken_plug_in_is_listed_with_its_reason(tmp_path: Path) -> None:
    """What went wrong is told in a line, and the others are listed all the same."""
    environ = plug_in(tmp_path, "acme", "raise RuntimeError('the licence [key] has run out')")
    done = await limen("providers", environ=environ)
    assert done.status == 0
    assert "left out: acme" in done.out
    assert "the licence [key] has run out" in done.out
    assert "openai" in done.out
    failures = json.loads((await limen("providers", "--json", environ=environ)).out)["failures"]
    assert [failure["name"] for failure in failures] == ["acme"]
