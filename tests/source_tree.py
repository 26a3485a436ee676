"""The source as the meta-tests see it: parsed, never imported."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "limen"
TESTS = ROOT / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file under `src/limen`."""

    path: Path

    @property
    def inner(self) -> Path:
        """The path below the package: `net/pool.py`."""
        return self.path.relative_to(SOURCE)

    @property
    def name(self) -> str:
        parts = ("limen", *self.inner.with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def part(self) -> str:
        """The folder or the file at the top: what the arrows are drawn between. Empty for the package itself."""
        return self.name.split(".")[1] if "." in self.name else ""

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(), str(self.path))

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def at(self, node: ast.AST) -> str:
        """Where `node` is, as an editor takes it."""
        return f"src/limen/{self.inner}:{getattr(node, 'lineno', 1)}"


@functools.cache
def modules() -> tuple[Module, ...]:
    """All of the source."""
    return tuple(Module(path) for path in sorted(SOURCE.rglob("*.py")))


@functools.cache
def names() -> frozenset[str]:
    """The dotted names of all modules."""
    return frozenset(module.name for module in modules())
