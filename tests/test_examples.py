"""The example plug-in, installed for real and used by a process of its own, beside one that is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "limen-provider-example"

PROGRAM = """
import asyncio, json
from limen.model.content import Text
from limen.model.events import BlockDelta
from limen.model.request import ChatRequest, Message
from limen.provider_registry import default_registry
from limen.providers.base import ProviderSettings

registry = default_registry()
registry.load_all()
kind = registry.get("reverse")
provider = kind(ProviderSettings("mirror", kind.CONFIG_TYPE(by="words")))
request = ChatRequest("x", (Message("user", (Text("one two three"),)),), "openai_chat")

async def use():
    whole = await provider.chat(request)
    pieces = [event.text async for event in provider.chat_stream(request) if isinstance(event, BlockDelta)]
    return whole.choices[0].blocks[0].text, pieces

text, pieces = asyncio.run(use())
print(json.dumps({
    "names": registry.names(), "origin": registry.origin("reverse"), "failures": dict(registry.failures),
    "local": sorted(kind.LOCAL), "text": text, "pieces": pieces,
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages: the example, built and installed by pip, and one whose module can't be imported."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*command, "--no-build-isolation", "--target", folder, EXAMPLE], check=True, timeout=120)
    (folder / "broken_plug_in.py").write_text("import a_module_that_is_not_there\n")
    info = folder / "broken_plug_in-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plug-in\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[limen.providers]\nbroken = broken_plug_in:Provider\n")
    return folder


def run(site: Path, *arguments: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, *arguments], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_is_a_provider_and_the_broken_one_is_reported(site: Path) -> None:
    """An installed plug-in is a provider like any other; one that can't be imported is left out, with the reason."""
    seen = json.loads(run(site, "-c", PROGRAM))
    assert {"reverse", "openai", "demo"} <= set(seen["names"])
    assert "broken" not in seen["names"]
    assert seen["origin"] == "limen-provider-example"
    assert "a_module_that_is_not_there" in seen["failures"]["broken"]
    assert "broken-plug-in" in seen["failures"]["broken"]
    assert seen["local"] == ["chat", "chat_stream"]
    assert seen["text"] == "".join(seen["pieces"]) == "three two one"


def test_the_command_line_lists_both(site: Path) -> None:
    """`limen providers` shows the plug-in with its package, and what was left out."""
    listed = json.loads(run(site, "-m", "limen", "providers", "--json"))
    reverse = next(one for one in listed["providers"] if one["name"] == "reverse")
    assert reverse["origin"] == "limen-provider-example"
    assert reverse["streams"] == ["chat"]
    assert [failure["name"] for failure in listed["failures"]] == ["broken"]
