"""`limen check`: every problem, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from checking import KEY, demo, openai
from limen.cli.check import check


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.yaml"


def run(*arguments: object, **environ: str) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments], env=environ)


def test_a_good_file_is_called_so(path: Path) -> None:
    """One line, and exit status 0."""
    path.write_text(openai("{openai_api_key: $THE_KEY}"))
    done = run(path, THE_KEY=KEY)
    assert (done.exit_code, done.output) == (0, f"{path} is valid.\n")


def test_every_problem_has_place_fault_and_mend(path: Path) -> None:
    """In a form that editors and terminals can jump to; exit status 2."""
    path.write_text(f"endpoints:\n{demo(kind='llm/v1/chats')}{demo('a', 'limits: 1')}")
    done = run(path)
    assert done.exit_code == 2
    assert done.output.splitlines() == [
        f"{path}:2:33: error: endpoints[0].endpoint_type: The endpoint type 'llm/v1/chats' is not supported",
        "    did you mean `llm/v1/chat`?",
        f"{path}:3:68: warning: endpoints[1].limits: unknown key `limits`, which has no effect",
        "    did you mean `limit`?",
        f"{path} is not valid: 1 error and 1 warning.",
    ]


def test_warnings_alone_are_no_failure_unless_strict(path: Path) -> None:
    """`--strict` refuses unknown keys."""
    path.write_text(f"endpoints:\n{demo(rest='limits: 1')}")
    lenient, strict = run(path), run("--strict", path)
    assert (lenient.exit_code, lenient.output.splitlines()[-1]) == (0, f"{path} is valid, with 1 warning.")
    assert (strict.exit_code, strict.output.splitlines()[-1]) == (2, f"{path} is not valid: 1 error.")


def test_json_says_the_same_for_programs(path: Path) -> None:
    """All parts of a problem, and whether the file can be served."""
    path.write_text(f"endpoints:\n{demo(kind='llm/v1/chats')}")
    done = run("--json", path)
    assert done.exit_code == 2
    assert json.loads(done.output) == {
        "file": str(path),
        "valid": False,
        "problems": [
            {
                "severity": "error",
                "path": "endpoints[0].endpoint_type",
                "line": 2,
                "column": 33,
                "message": "The endpoint type 'llm/v1/chats' is not supported",
                "hint": "did you mean `llm/v1/chat`?",
            }
        ],
    }
    path.write_text(f"endpoints:\n{demo()}")
    assert json.loads(run("--json", path).output) == {"file": str(path), "valid": True, "problems": []}


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_file_that_is_not_there(path: Path, as_json: tuple[str, ...]) -> None:
    """A problem like any other, in MLflow's words."""
    done = run(*as_json, path)
    assert done.exit_code == 2
    assert "does not exist" in done.output
    assert "Traceback" not in done.output


def test_a_file_that_is_no_text_or_no_yaml(path: Path) -> None:
    """Neither ends in an exception."""
    path.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in run(path).output
    path.write_text("endpoints: [")
    done = run(path)
    assert done.exit_code == 2
    assert done.output.startswith(f"{path}:1:")
    assert ": error: " in done.output


def test_long_lines_are_not_wrapped_in_a_pipe(path: Path) -> None:
    """Programs read line by line; square brackets are no markup."""
    name = "x" * 300 + " [bold]"
    path.write_text(f"endpoints:\n{demo(repr(name))}")
    assert f"{name!r} contains disallowed" in run(path).output


def test_keys_are_never_shown(path: Path) -> None:
    """From the file, the environment or a key file."""
    (path.parent / "key").write_text(f"{KEY} \n")
    for config in (
        f"{{openai_api_key: '{KEY} '}}",
        "{openai_api_key: $THE_KEY}",
        f"{{openai_api_key: {path.parent}/key}}",
    ):
        path.write_text(openai(config))
        for options in ((), ("--json",)):
            done = run(*options, path, THE_KEY=f"{KEY} ")
            assert done.exit_code == 2
            assert "the key has a blank" in done.output
            assert KEY not in done.output
