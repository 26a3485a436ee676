"""The arrows between the parts run one way, and the core stays pure. Walks the syntax trees; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from source_tree import Module, modules, names

# What each part may import directly; what those may import, it may import too. Everything may import these three.
EVERYWHERE = frozenset({"errors", "model", "version"})
ARROWS: dict[str, tuple[str, ...]] = {
    "errors": (),
    "version": (),
    "model": (),
    "wire": ("model",),
    "dialects": ("wire",),
    "providers": ("dialects",),
    "provider_registry": ("providers",),
    "config": ("provider_registry", "net"),
    "credentials": ("providers",),
    "net": (),
    "policy": (),
    "answers": ("providers",),
    "plan": ("config", "policy"),
    "provider_request": ("plan",),
    "explanation": ("provider_request",),
    "exchange": ("answers", "provider_request", "net"),
    "streaming": ("exchange",),
    "server": ("streaming", "explanation"),
    "app": ("server",),
    "runner": ("app", "credentials"),
    "cli": ("runner",),
    "__main__": ("cli",),
}

PURE = ("model", "wire", "dialects", "providers")
# Event loops, sockets, clients, clocks, the environment, processes, randomness, logs, files.
# fmt: off
IMPURE = frozenset({
    "aiohttp", "anyio", "asyncio", "concurrent", "fastapi", "ftplib", "glob", "http.client", "http.server", "httpcore",
    "httptools", "httpx", "logging", "multiprocessing", "os", "pathlib", "random", "requests", "secrets", "select",
    "selectors", "shutil", "signal", "socket", "socketserver", "ssl", "starlette", "subprocess", "tempfile", "threading",
    "time", "trio", "urllib.request", "urllib3", "uuid", "uvicorn", "uvloop", "warnings",
})
# fmt: on
IMPURE_CALLS = frozenset({"open", "print", "input", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"})

# Imports that wait until they are used, and why.
DEFERRED = {
    "limen.cli": {"rich": "costs 50 ms and 8 MB that a serving process should not carry"},
    # Extras: a plain install has none of them, and they cost up to 100 ms and 20 MB each.
    "limen.credentials.aws": {"botocore": "an extra"},
    "limen.credentials.azure": {"azure": "an extra"},
    "limen.credentials.databricks": {"databricks": "an extra"},
    "limen.credentials.google": {"google": "an extra"},
    "limen.credentials.snowflake": {"cryptography": "an extra"},
}


def imports(module: Module, tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Every import in `tree`, as dotted names; `from limen import x` is `limen.x` where that is a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield node, whole if whole in names() or not base.startswith("limen") else base


def reachable(part: str) -> frozenset[str]:
    """The parts that `part` may import."""
    found = {part} | EVERYWHERE
    waiting = list(ARROWS[part])
    while waiting:
        following = waiting.pop()
        if following not in found:
            found.add(following)
            waiting.extend(ARROWS[following])
    return frozenset(found)


def test_every_part_has_its_place() -> None:
    """A new folder or file at the top of the package is put into the table of arrows, and a removed one taken out."""
    assert {module.part for module in modules()} - {""} == set(ARROWS)


@pytest.mark.parametrize("part", ["errors", "version", "model"])
def test_the_ground_stands_on_nothing(part: str) -> None:
    """What everything may import imports nothing but itself and the errors."""
    allowed = {part, "errors"}
    for module in modules():
        if module.part == part:
            own = {name.split(".")[1] for _, name in imports(module, module.tree) if name.startswith("limen.")}
            assert own <= allowed, f"{module.name} imports {sorted(own - allowed)}"


def test_arrows_have_no_circle() -> None:
    """No part may import one that may import it."""
    for part in ARROWS:
        for other in reachable(part) - {part} - EVERYWHERE:
            assert part not in reachable(other), f"{part} and {other} may import each other"


def test_imports_follow_the_arrows() -> None:
    """Each part imports only what lies before it."""
    wrong = []
    for module in modules():
        if not module.part:
            continue
        allowed = reachable(module.part)
        for node, name in imports(module, module.tree):
            if name == "limen":
                wrong.append(f"{module.at(node)}: import from the module that has it, not from the package")
            elif name.startswith("limen.") and name.split(".")[1] not in allowed:
                wrong.append(f"{module.at(node)}: {module.part} must not import {name}")
    assert not wrong, "\n".join(wrong)


def is_impure(name: str) -> bool:
    """Whether `name` is, or lies in, a module that touches the world."""
    parts = name.split(".")
    return any(".".join(parts[:end]) in IMPURE for end in range(1, len(parts) + 1))


def test_pure_parts_import_nothing_of_the_world() -> None:
    """No event loop, client, clock, environment, file, randomness or logger in the core."""
    wrong = [
        f"{module.at(node)}: {name}"
        for module in modules()
        if module.part in PURE
        for node, name in imports(module, module.tree)
        if is_impure(name)
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_parts_call_nothing_of_the_world() -> None:
    """Nor do they read a clock or a file through what needs no import."""
    wrong = [
        f"{module.at(node)}: {ast.unparse(node.func)}()"
        for module in modules()
        if module.part in PURE
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and any(ast.unparse(node.func) == name or ast.unparse(node.func).endswith(f".{name}") for name in IMPURE_CALLS)
    ]
    assert not wrong, "\n".join(wrong)


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides an arrow; only what is listed with a reason may be deferred."""
    wrong = [
        f"{module.at(node)}: {name}"
        for module in modules()
        for function in module.functions()
        for node, name in imports(module, function)
        if name.split(".")[0] not in deferred(module)
    ]
    assert not wrong, "\n".join(wrong)


def deferred(module: Module) -> set[str]:
    """What `module` may import late."""
    return {name for where, found in DEFERRED.items() if module.name.startswith(where) for name in found}
