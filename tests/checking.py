"""Texts of configurations, checked and built as the product does it, with an environment and files of the test's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.config.load import build, check
from limen.config.problems import Problem
from limen.config.snapshot import Snapshot
from limen.provider_registry import ProviderRegistry, default_registry

KEY = "sk-this-must-not-be-shown"


def found(
    text: str,
    *,
    environ: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    registry: ProviderRegistry | None = None,
    strict: bool = False,
) -> list[Problem]:
    """What `limen check` finds in `text`."""
    return check(
        text,
        environ=environ or {},
        registry=registry or default_registry(),
        read_file=(files or {}).get,
        strict=strict,
    )


def errors(text: str, **given: Any) -> list[str]:
    """The errors of `text`, each as a line."""
    return [str(problem) for problem in found(text, **given) if problem.is_error]


def only(text: str, **given: Any) -> Problem:
    """The one problem of `text`."""
    problems = found(text, **given)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def built(
    text: str,
    *,
    environ: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    registry: ProviderRegistry | None = None,
) -> Snapshot:
    """The snapshot of `text`."""
    return build(
        text,
        source="gateway.yaml",
        environ=environ or {},
        registry=registry or default_registry(),
        transport=None,
        read_file=(files or {}).get,
    )


def demo(name: str = "chat", rest: str = "", kind: str = "llm/v1/chat") -> str:
    """An endpoint that is right, on one line, with more keys behind it."""
    return f"  - {{name: {name}, endpoint_type: {kind}, model: {{provider: demo}}{rest and f', {rest}'}}}\n"


def openai(config: str) -> str:
    """A file with one endpoint of OpenAI's, with this `config:` block."""
    return (
        "endpoints:\n"
        f"  - {{name: chat, endpoint_type: llm/v1/chat, model: {{provider: openai, name: m, config: {config}}}}}\n"
    )
