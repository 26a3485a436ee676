"""`limen check`: every problem of a configuration at once, without serving."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from limen.config.load import check as find_problems
from limen.config.problems import Problem
from limen.credentials.store import CredentialStore
from limen.errors import ConfigError
from limen.net.client import Client
from limen.provider_registry import default_registry
from limen.runner.watch import ConfigFile

MANY_COLUMNS = 1000  # of a file or a pipe: nothing is wrapped or cut there
STYLES = {"error": "bold red", "warning": "yellow"}


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--strict", is_flag=True, help="Refuse keys that limen does not know, instead of warning.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def check(file: str, strict: bool, as_json: bool) -> None:
    r"""Find every problem of the configuration FILE, without serving it.

    Each one is shown with its line, what is wrong, and how to mend it. Keys are looked up as for serving (environment
    variables, files), and never printed. The exit status is 0 if the file can be served, else 2.

    \b
    Examples:
      limen check gateway.yaml
      limen check --strict gateway.yaml          unknown keys are errors
      limen check --json gateway.yaml | jq -r '.problems[].message'
    """
    problems = examine(file, strict=strict)
    valid = not any(problem.is_error for problem in problems)
    if as_json:
        click.echo(json.dumps(document(file, problems), indent=2, ensure_ascii=False))
    else:
        show(file, problems)
    sys.exit(0 if valid else 2)


def examine(file: str, *, strict: bool) -> list[Problem]:
    """The problems of `file`; one that can't be read is a problem as well."""
    try:
        text = ConfigFile(file).read().text or ""
    except ConfigError as error:
        return [Problem("error", "", error.message, "look at the path")]
    return find_problems(
        text,
        environ=os.environ,
        registry=default_registry(),
        source=file,
        credentials=CredentialStore(Client(), eager=False),
        strict=strict,
    )


def document(file: str, problems: Sequence[Problem]) -> dict[str, object]:
    """Everything that is shown, as JSON has it."""
    return {
        "file": file,
        "valid": not any(problem.is_error for problem in problems),
        "problems": [
            {
                "severity": problem.severity,
                "path": problem.path,
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in problems
        ],
    }


def show(file: str, problems: Sequence[Problem]) -> None:
    """Print the problems for people, one paragraph each, in colours where the output has them."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else MANY_COLUMNS)
    for problem in problems:
        console.print(_paragraph(file, problem), soft_wrap=True)
    errors = sum(problem.is_error for problem in problems)
    warnings = len(problems) - errors
    summary = f"{file} is not valid: {_count(errors, 'error')}" if errors else f"{file} is valid"
    if warnings:
        summary += f"{' and' if errors else ', with'} {_count(warnings, 'warning')}"
    console.print(Text(f"{summary}.", style="red" if errors else "green"), soft_wrap=True)


def _paragraph(file: str, problem: Problem) -> Text:
    place = file if problem.line is None else f"{file}:{problem.line}:{problem.column}"
    text = Text.assemble((place, "bold"), ": ", (problem.severity, STYLES[problem.severity]), ": ")
    if problem.path:
        text.append(problem.path, style="cyan").append(": ")
    text.append(problem.message)
    if problem.hint:
        text.append(f"\n    {problem.hint}", style="dim")
    return text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
