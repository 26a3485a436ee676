"""Everything that a user can set, type or call is documented, and what the documentation shows works."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from limen.app import GatewayAPI
from limen.cli import COMMANDS, main
from limen.config.snapshot import Snapshot
from limen.model.operation import Operation
from limen.provider_registry import BUILT_IN, default_registry
from limen.runner import Runner
from limen.server.doors import Doors
from limen.server.surfaces import PATTERNS
from source_tree import ROOT, SOURCE, modules

DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "bench/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# Words in capitals that are no environment variables.
CONSTANTS = {"KEYPAIR_JWT", "TRAFFIC_SPLIT"}
EMPTY = Snapshot({}, {}, {})


def page(name: str) -> str:
    return (DOCS / name).read_text()


def says(text: str, word: str) -> bool:
    """Whether `word` stands in `text` as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def blocks(language: str) -> list[tuple[str, str]]:
    """Every fenced block of a language: where it is, and its text."""
    return [
        (f"{path.relative_to(ROOT)}#{number}", found[2])
        for path in PAGES
        for number, found in enumerate(BLOCK.finditer(path.read_text()), 1)
        if found[1] == language
    ]


def id_of(value: Any) -> str:
    return value[0] if isinstance(value, tuple) else str(value)


# Configuration


def keys(schema: Any) -> Iterator[str]:
    """Every key that a JSON Schema knows."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def test_every_setting_is_documented() -> None:
    """Each key of the configuration's schema is on the page about it, or on the page about providers."""
    done = CliRunner().invoke(main, ["schema"])
    assert done.exit_code == 0, done.output
    text = page("configuration.md") + page("providers.md")
    assert [key for key in sorted(set(keys(json.loads(done.output)))) if not says(text, key)] == []


def test_every_provider_key_is_documented() -> None:
    """So is each key of each provider's `config:` block."""
    text = page("configuration.md") + page("providers.md")
    registry = default_registry()
    missing = [
        f"{name}: {key}"
        for name in registry.names()
        for key in registry.get(name).CONFIG_TYPE.model_fields
        if not says(text, key)
    ]
    assert missing == []


@pytest.mark.parametrize("block", blocks("yaml"), ids=id_of)
def test_shown_configurations_are_right(block: tuple[str, str], tmp_path: Path) -> None:
    """A sample that has endpoints passes `limen check`; a fragment is at least YAML."""
    _, text = block
    if "endpoints" not in yaml.safe_load(text):
        return
    path = tmp_path / "sample.yaml"
    path.write_text(text)
    environ = dict.fromkeys(re.findall(r"\$([A-Z][A-Z0-9_]*)", text), "sk-sample")
    done = CliRunner().invoke(main, ["check", str(path)], env=environ)
    assert done.exit_code == 0, done.output


def test_every_environment_variable_is_documented() -> None:
    """Each name in capitals that the code holds, or the catalog names, is told to users."""
    text = "".join(path.read_text() for path in PAGES)
    assert [name for name in sorted(environment_names()) if not says(text, name)] == []


def environment_names() -> set[str]:
    """What looks like an environment variable in the source and its data; dialects, whose words are others', know of none."""
    shape = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
    constants = {
        node.value
        for module in modules()
        if module.part != "dialects"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and shape.fullmatch(node.value)
    }
    data = {
        value
        for path in SOURCE.rglob("*.toml")
        for value in strings(tomllib.loads(path.read_text()))
        if shape.fullmatch(value)
    }
    return (constants | data) - CONSTANTS


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


# Commands


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


def section(name: str) -> str:
    """What `docs/cli.md` says under the heading of one command."""
    parts = re.split(r"^## ", page("cli.md"), flags=re.MULTILINE)
    found = [part for part in parts if part.startswith((f"limen {name}\n", f"`limen {name}`\n"))]
    assert len(found) == 1, f"docs/cli.md has {len(found)} sections about `limen {name}`"
    return found[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_is_documented(name: str) -> None:
    """Each command has a section, with each of its options, their environment variables and its arguments."""
    text = section(name)
    for parameter in command(name).params:
        words = (
            list(parameter.opts)
            if isinstance(parameter, click.Option)
            else [parameter.make_metavar(click.Context(main))]
        )
        variables = [parameter.envvar] if isinstance(parameter.envvar, str) else list(parameter.envvar or ())
        for word in [*words, *variables]:
            assert says(text, word.strip("[].")), f"`limen {name}`: {word}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_example(name: str) -> None:
    """`--help` has a sentence about the command, an example, and a word on each option."""
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert f"limen {name}" in done.output.split("\n", 1)[1]
    for parameter in command(name).params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


def shown_commands() -> list[tuple[str, str]]:
    """Every `limen …` line in a block of the documentation."""
    return [
        (where, line.strip())
        for path in PAGES
        for where, text in ((str(path.relative_to(ROOT)), found[2]) for found in BLOCK.finditer(path.read_text()))
        for line in text.splitlines()
        if line.strip().startswith("limen ")
    ]


def test_shown_commands_exist() -> None:
    """A command line in the documentation has a command and flags that there are."""
    for where, line in shown_commands():
        name, *rest = shlex.split(line, comments=True)[1:]
        if name in ("COMMAND", "--help", "--version"):
            continue
        assert name in COMMANDS, f"{where}: {line}"
        known = {option for parameter in command(name).params for option in parameter.opts} | {"--help"}
        used = {word.split("=")[0] for word in rest if word.startswith("--")}
        assert used <= known, f"{where}: {line}"


# The README


def readme(language: str) -> list[str]:
    return [found[2] for found in BLOCK.finditer((ROOT / "README.md").read_text()) if found[1] == language]


@pytest.fixture(scope="module")
def without_a_file() -> Iterator[str]:
    """The address of a gateway that serves no file: what the README's first command starts."""
    with Runner(None, port=0) as gateway:
        yield gateway.url


def test_the_readme_s_curl_line_streams_an_answer(without_a_file: str) -> None:
    """The first thing that a newcomer types works as it is written, but for the port."""
    line = next(block for block in readme("") if block.startswith("curl "))
    words = shlex.split(line.replace("http://127.0.0.1:5000", without_a_file))
    body, header = words[words.index("-d") + 1], words[words.index("-H") + 1]
    request = urllib.request.Request(words[2], body.encode(), dict([header.split(": ")]))
    with urllib.request.urlopen(request, timeout=30) as reply:
        text = reply.read().decode()
    assert text.count("data: ") > 3
    assert text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("code", readme("python"), ids=lambda code: code.split()[1].partition(".")[0])
def test_the_readme_s_python_runs(without_a_file: str, code: str) -> None:
    """Each client library that the README names works against the gateway, as written there."""
    environ = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "LANGSMITH_TRACING": "false", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", code.replace("http://127.0.0.1:5000", without_a_file)],
        check=False,
        capture_output=True,
        text=True,
        env=environ,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


# Routes and providers


def test_every_route_is_documented() -> None:
    """Each path and method that the application serves is on the page about the HTTP API."""
    text = page("http-api.md")
    app = GatewayAPI(EMPTY)
    served = {f"POST {path}" for path in (*Doors(EMPTY).paths(), *(pattern.example for pattern in PATTERNS))}
    for methods, path in routes(app.routes):
        served |= {f"{method} {path}" for method in methods - {"HEAD"}}
    assert [route for route in sorted(served) if f"`{route}`" not in text] == []


def routes(found: Any) -> Iterator[tuple[set[str], str]]:
    """Methods and path of each route, those of included routers too."""
    for route in found:
        if getattr(route, "methods", None):
            yield set(route.methods), re.sub(r"\{(\w+):path\}", r"{\1}", route.path)
        else:
            yield from routes(getattr(getattr(route, "original_router", None), "routes", ()))


def test_every_provider_is_documented() -> None:
    """The table of providers has a row for each built-in one, and the row is right."""
    registry = default_registry()
    rows = page("providers.md").splitlines()
    built_in = [name for name in registry.names() if registry.origin(name) == BUILT_IN]
    assert [row for row in map(provider_row, built_in) if row not in rows] == []


def provider_row(name: str) -> str:
    """The row as it should be: name, words for people, what it can do (+ streamed), environment variables."""
    provider = default_registry().get(name)
    abilities = (f"{op}+" if op in provider.STREAMS else op for op in Operation if op in provider.OPERATIONS)
    variables = (f"`{name}`" for name in provider.ENV_KEYS)
    return f"| `{name}` | {provider.DISPLAY_NAME} | {', '.join(abilities)} | {', '.join(variables)} |"


# Pages


@pytest.mark.parametrize("block", blocks("python"), ids=id_of)
def test_shown_python_compiles(block: tuple[str, str]) -> None:
    """Python on a page is Python."""
    compile(block[1], block[0], "exec")


@pytest.mark.parametrize("block", blocks("json"), ids=id_of)
def test_shown_json_parses(block: tuple[str, str]) -> None:
    """JSON on a page is JSON."""
    json.loads(block[1])


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    text = BLOCK.sub("", path.read_text())
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    """A link within the project names a file that is there, and a heading that is in it."""
    for link in LINK.findall(BLOCK.sub("", path.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_found() -> None:
    """The README, or a page that it leads to, links to each page of the documentation."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md" or not path.exists():
            continue
        reached.add(path)
        links = (link.partition("#")[0] for link in LINK.findall(path.read_text()))
        waiting += [(path.parent / link).resolve() for link in links if link and not re.match(r"[a-z]+:", link)]
    assert [str(path.relative_to(ROOT)) for path in PAGES if path not in reached] == []
