"""What the package shows, and that all of it is explained."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import pytest

import limen
from source_tree import Module, modules

PARTS = {
    "GatewayAPI": "limen.app",
    "run_app": "limen.runner",
    "Runner": "limen.runner",
    "ProviderRegistry": "limen.provider_registry",
    "BaseProvider": "limen.providers.base",
    "ProviderAdapter": "limen.providers.base",
    "make_streaming_response": "limen.streaming",
}


def test_the_package_exports_the_six_parts() -> None:
    """The six parts (the runner is two names) and the version, sorted, and nothing else."""
    assert sorted(limen.__all__) == sorted([*PARTS, "__version__"])


@pytest.mark.parametrize(("name", "module"), PARTS.items())
def test_a_part_is_the_same_object_in_both_places(name: str, module: str) -> None:
    """`from limen import X` and `from limen.where_it_lives import X` give one thing."""
    assert getattr(limen, name) is getattr(importlib.import_module(module), name)


def test_dir_lists_what_is_exported() -> None:
    """A reader at the prompt sees every part before it was used."""
    assert set(limen.__all__) <= set(dir(limen))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A wrong name fails as it does in any module."""
    with pytest.raises(AttributeError, match="nothing_here"):
        limen.nothing_here  # noqa: B018


def test_the_core_can_be_imported_alone() -> None:
    """A pure module does not pull in a server, a client or the command line."""
    code = "import sys, limen.wire.sse; print(*sorted({'fastapi', 'uvicorn', 'asyncio', 'click'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def public(module: Module) -> list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public classes and functions of a module, and the public methods of those classes that override nothing said."""
    return [
        node
        for node in module.tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]


def test_every_module_says_what_it_is() -> None:
    """Each file begins with a docstring."""
    silent = [f"src/limen/{module.inner}" for module in modules() if not ast.get_docstring(module.tree)]
    assert not silent, "\n".join(silent)


def test_everything_public_is_explained() -> None:
    """Each public class and function at the top of a module has a docstring."""
    silent = [
        f"{module.at(node)}: {node.name}"
        for module in modules()
        for node in public(module)
        if not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)
