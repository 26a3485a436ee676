"""Pydantic's errors in words for people, with places, without values."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field

from limen.config.document import read_document
from limen.config.findings import Findings
from limen.config.problems import Mistake
from limen.model.secret import Secret


def refuse(value: str) -> str:
    raise Mistake(f"{value!r} is not nice", "be nice")


class Inner(BaseModel):
    x: int
    y: str = ""


class Other(BaseModel):
    z: int


class Model(BaseModel):
    text: str = ""
    number: float = Field(default=1, gt=0, le=10)
    truth: bool = False
    word: Literal["a", "b"] = "a"
    inner: Inner | None = None
    either: Inner | Other | None = None
    items: list[Inner] = []
    key: Secret | None = None
    nice: Annotated[str, AfterValidator(refuse)] | None = None


def findings(text: str, *secrets: str) -> list[str]:
    document = read_document(text)
    collected = Findings(document)
    collected.validated(Model, document.data, (), secrets=secrets)
    return [str(problem) for problem in collected]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text: 1", "`text`: this must be a text, and YAML reads it as a number; put quotes round it"),
        ("text: 2024-01-02", "`text`: this must be a text, and YAML reads it as a date; put quotes round it"),
        ("text: [a]", "`text`: this must be a text, and YAML reads it as a list"),
        ("text:", "`text`: this must be a text, and is empty; write a value, or take the key out"),
        ("number: x", "`number`: this must be a number, and is a text"),
        ("number: 0", "`number`: this must be more than 0"),
        ("number: 11", "`number`: this must be 10 or less"),
        ("truth: maybe", "`truth`: this must be true or false, and is a text"),
        ("word: c", "`word`: this must be 'a' or 'b'"),
        ("inner: [x]", "`inner`: this must be a mapping, and is a list; take out the dash before its first key"),
        ("inner: x", "`inner`: this must be a mapping, and is a text; write `key: value` lines"),
        ("inner: {}", "`inner.x`: this key is missing: Field required; add `x:`"),
        (
            "items: {x: 1}",
            "`items`: this must be a list, and is a mapping; write each entry on a line of its own, after `- `",
        ),
        ("items: [{x: 1}, {x: a}]", "`items[1].x`: this must be a whole number, and is a text"),
        ("key: 5", "`key`: this must be a text, and YAML reads it as a number; put quotes round it"),
        ("nice: no", "`nice`: this must be a text, and YAML reads it as true or false; put quotes round it"),
        ("nice: me", "`nice`: 'me' is not nice; be nice"),
    ],
)
def test_errors_are_in_plain_words(text: str, said: str) -> None:
    """What it must be, what it is, and how to mend it."""
    assert findings(text) == [f"line 1: {said}"]


def test_every_error_is_found_each_once() -> None:
    """All at once; the branches of a union do not each complain about one value."""
    said = findings("text: 1\nnumber: x\neither: 5\n")
    assert [line.split(":")[0] for line in said] == ["line 1", "line 2", "line 3"]


def test_branches_of_a_union_leave_no_trace_in_the_path() -> None:
    """Pydantic puts names of models into its locations; the file has none of them."""
    assert findings("either: {x: a, z: b}") == [
        "line 1: `either.x`: this must be a whole number, and is a text",
        "line 1: `either.z`: this must be a whole number, and is a text",
    ]


def test_known_secrets_are_masked() -> None:
    """A validator that repeats its value does not give away a key that it was given."""
    (said,) = findings("nice: hunter22", "hunter22")
    assert "hunter22" not in said


def test_the_top_may_be_of_another_shape() -> None:
    """A part that is a list is one error, not one for each missing key."""
    assert findings("- a") == ["line 1: this must be a mapping, and is a list; take out the dash before its first key"]
    assert "only one is possible here" in findings("[a, b]")[0]


def test_unknown_keys_warn_or_refuse() -> None:
    """With the nearest name if there is one, else with all; strict makes them errors."""
    document = read_document("txt: 1\nqqq: 1\nroute_type: 1")
    lenient, strict = Findings(document), Findings(document, strict=True)
    for collected in (lenient, strict):
        collected.unknown_keys((Model,), document.data, (), ignore=("route_type",))
    first, second = lenient
    assert str(first) == "line 1: `txt`: unknown key `txt`, which has no effect; did you mean `text`?"
    assert second.hint.startswith("the keys here are `either`, `inner`")
    assert not lenient.has_errors
    assert [problem.severity for problem in strict] == ["error", "error"]


def test_what_is_outside_the_file_has_no_line() -> None:
    """An environment variable is named, without a place."""
    collected = Findings(read_document("a: 1"))
    collected.outside("TIMEOUT", "this is no number", "set it")
    assert [str(problem) for problem in collected] == ["`TIMEOUT`: this is no number; set it"]
    assert collected.line(("a",)) == 1
