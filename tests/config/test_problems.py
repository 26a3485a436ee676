"""How a finding reads, and what it must not say."""

from __future__ import annotations

import pytest

from limen.config.problems import Problem, in_order, invalid, show_path, without_secrets
from limen.model.secret import MASK


def test_a_problem_reads_as_place_fault_and_mend() -> None:
    """One line says where, what and how to mend; parts that are not known are left out."""
    assert str(Problem("error", "a[0].b", "it is wrong", "mend it", 3, 7)) == "line 3: `a[0].b`: it is wrong; mend it"
    assert str(Problem("error", "", "the file is empty")) == "the file is empty"


def test_paths_read_as_people_write_them() -> None:
    """Keys after dots, numbers in brackets."""
    assert show_path(("endpoints", 0, "model", "config", "key")) == "endpoints[0].model.config.key"
    assert show_path(()) == ""


def test_problems_are_sorted_by_place_each_once() -> None:
    """The order is that of the file, whatever was found first; what is outside the file leads."""
    late, early = Problem("error", "b", "x", "", 9, 1), Problem("warning", "a", "x", "", 2, 5)
    outside = Problem("error", "PROXY", "x")
    assert in_order([late, early, outside, late]) == [outside, early, late]


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("'hunter22' is wrong", ["hunter22"]),
        ("'hunter22x' and 'hunter22'", ["hunter22", "hunter22x"]),
        ("ftp://me:hunter22@host/ is wrong", []),
        ("'sk-hunter22hunter22' is no URL", []),
        ("'gsk_hunter22hunter22' is no URL", []),
    ],
)
def test_secrets_are_masked(text: str, secrets: list[str]) -> None:
    """Known secrets, passwords in URLs and what looks like a key in the wrong field never stay in a message."""
    shown = without_secrets(text, secrets)
    assert "hunter22" not in shown
    assert MASK in shown


def test_ordinary_words_stay() -> None:
    """Messages are not garbled: a one-letter key is not masked everywhere, nor are words with hyphens."""
    text = "the key 'task-type' of 'https://host/key-store/v1' is wrong"
    assert without_secrets(text, ["k", ""]) == text


def test_the_refusal_holds_every_error() -> None:
    """The error counts and lists the errors, not the warnings, and names the file in MLflow's words."""
    problems = [
        Problem("error", "a", "one", "", 1, 1),
        Problem("warning", "b", "two", "", 2, 1),
        Problem("error", "c", "three", "", 3, 1),
    ]
    error = invalid(problems, "gateway.yaml")
    assert error.message.splitlines() == [
        "The gateway configuration is invalid: 2 problems in gateway.yaml:",
        "  line 1: `a`: one",
        "  line 3: `c`: three",
    ]
    assert error.problems == (problems[0], problems[2])
    assert "x.yaml is not a valid yaml file" in invalid(problems[:1], "x.yaml", is_yaml=False).message
    assert "1 problem in the configuration" in invalid(problems[:1], None).message
