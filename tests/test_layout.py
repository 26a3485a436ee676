"""Files are where a reader looks for them, and small enough to be read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from source_tree import ROOT, TESTS, Function, Module, modules

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_POSITIONAL = 6

# Names that say nothing of what is inside, so that anything ends up there.
EMPTY_NAMES = {"common", "helper", "helpers", "lib", "manager", "managers", "misc", "shared", "util", "utils"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")

# Tests of the project as a whole, at the top of `tests/`, and of what lies beside the package.
OF_THE_WHOLE = frozenset({"layers", "layout", "exports", "docs", "packaging"})
BESIDE = {"bench": ROOT / "bench", "examples": ROOT / "examples", "fuzz": ROOT / "fuzz"}
# Folders of tests that run the whole gateway against foreign software and so mirror no single module.
ACCEPTANCE = frozenset({"clients", "conformance"})


def has_behaviour(module: Module) -> bool:
    """Whether there is something to test: a function that does more than declare a shape or a protocol."""
    protocols = {
        function
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for function in node.body
    }
    return any(body_of(function) for function in module.functions() if function not in protocols)


def body_of(function: Function) -> list[ast.stmt]:
    """The statements of a function without its docstring and bare `...`."""
    return [
        statement
        for statement in function.body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def mirror(module: Module) -> Path:
    """Where the test of `module` is. A package's own `__init__` is tested by `test_main.py`, the whole one's by its exports."""
    inner = module.inner
    if inner.stem != "__init__":
        return inner.with_name(f"test_{inner.stem}.py")
    return inner.with_name("test_main.py" if module.part else "test_exports.py")


def test_each_module_has_its_test() -> None:
    """`src/limen/x/y.py` is tested by `tests/x/test_y.py`."""
    missing = [
        f"src/limen/{module.inner} has no tests/{mirror(module)}"
        for module in modules()
        if has_behaviour(module) and not (TESTS / mirror(module)).exists()
    ]
    assert not missing, "\n".join(missing)


def test_each_test_has_its_module() -> None:
    """A test file mirrors a module, so that the test of a thing is found without a search."""
    mirrored = {mirror(module) for module in modules()}
    lost = []
    for path in sorted(TESTS.rglob("test_*.py")):
        inner = path.relative_to(TESTS)
        stem = inner.stem.removeprefix("test_")
        top = inner.parts[0] if len(inner.parts) > 1 else stem.split("_")[0]
        beside = BESIDE.get(top) is not None and BESIDE[top].exists()
        of_the_whole = len(inner.parts) == 1 and stem in OF_THE_WHOLE
        if not (inner in mirrored or of_the_whole or beside or top in ACCEPTANCE):
            lost.append(f"tests/{inner} tests no module of that name")
    assert not lost, "\n".join(lost)


def test_names_say_what_is_inside() -> None:
    """No `utils`, `helpers`, `common` or `manager`, not even as a part of a name."""
    wrong = [
        f"src/limen/{module.inner}"
        for module in modules()
        for part in (*module.inner.parent.parts, module.inner.stem)
        if EMPTY_NAMES & {part, *part.split("_")}
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_short() -> None:
    """At most 400 lines; a longer file holds two concepts."""
    lengths = {f"src/limen/{module.inner}": len(module.path.read_text().splitlines()) for module in modules()}
    long = [f"{name} has {lines} lines" for name, lines in lengths.items() if lines > MAX_FILE_LINES]
    assert not long, "\n".join(long)


def test_functions_are_short() -> None:
    """At most 60 lines, decorators and docstring left out."""
    long = []
    for module in modules():
        for function in module.functions():
            body = body_of(function)
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > MAX_FUNCTION_LINES:
                long.append(f"{module.at(function)}: {function.name} has {lines} lines")
    assert not long, "\n".join(long)


def test_functions_take_few_positional_arguments() -> None:
    """At most six by position, `self` left out: more are told apart by name or go into a value of their own."""
    many = [
        f"{module.at(function)}: {function.name}"
        for module in modules()
        for function in module.functions()
        if sum(arg.arg not in ("self", "cls") for arg in (*function.args.posonlyargs, *function.args.args))
        > MAX_POSITIONAL
    ]
    assert not many, "\n".join(many)


def test_nothing_is_left_unfinished() -> None:
    """What is not built is not there: no marker of later work in the source."""
    marks = [
        f"src/limen/{module.inner}:{number}: {line.strip()}"
        for module in modules()
        for number, line in enumerate(module.path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not marks, "\n".join(marks)


def test_tests_say_what_they_show() -> None:
    """Each test function has a sentence that names the behaviour."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)
